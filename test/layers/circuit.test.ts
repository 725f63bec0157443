import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, DateTime, Deferred, Effect, Exit, Fiber, Queue, Ref, TestClock } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../src/domain/Errors.js"
import { makeCircuit } from "../../src/layers/circuit.js"

const down = new Transient({ service: "Docker Hub", reason: "server", message: "503" })
const failing = Effect.fail(down)
const swallow = Effect.catchAll(() => Effect.void)

describe("circuit", () => {
  it.effect("during ten minutes of failures, thirty callers make one request per step", () =>
    Effect.gen(function*() {
      const circuit = yield* makeCircuit("Docker Hub")
      const starts = yield* Queue.unbounded<number>()
      const call = Clock.currentTimeMillis.pipe(
        Effect.tap((now) => Queue.offer(starts, now)),
        Effect.zipRight(Effect.sleep("100 millis")),
        Effect.zipRight(failing)
      )
      const caller = Effect.forever(swallow(circuit.run(call)))
      // One after another until it opens, as a lane would; then all at once.
      yield* Effect.fork(Effect.repeatN(swallow(circuit.run(call)), 2))
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* circuit.view).open)
      const fiber = yield* Effect.fork(Effect.all(Array.from({ length: 30 }, () => caller), { concurrency: 30 }))
      yield* TestClock.adjust("10 minutes")
      const at = Chunk.toReadonlyArray(yield* Queue.takeAll(starts))
      assert.isAtMost(at.length, 3 + 7)
      assert.isAtLeast(at.length, 3 + 6)
      const gaps = at.slice(3).map((start, index) => start - (at[index + 2] ?? 0))
      gaps.reduce((before, gap) => {
        assert.isAbove(gap, before * 1.5)
        return gap
      }, 0)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("opens the way for everyone when a probe is answered", () =>
    Effect.gen(function*() {
      const circuit = yield* makeCircuit("Docker Hub")
      const healthy = yield* Ref.make(false)
      const call = Effect.if(Ref.get(healthy), { onTrue: () => Effect.succeed("yes"), onFalse: () => failing })
      yield* Effect.repeatN(swallow(circuit.run(call)), 2)
      yield* Ref.set(healthy, true)
      const callers = yield* Effect.fork(Effect.all(Array.from({ length: 10 }, () => circuit.run(call)), {
        concurrency: "unbounded"
      }))
      yield* TestClock.adjust("4 seconds")
      assert.isTrue((yield* circuit.view).open)
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(yield* Fiber.join(callers), 10)
      const view = yield* circuit.view
      assert.deepStrictEqual(view, { open: false, openUntil: undefined, failingSince: undefined, answers: 10 })
    }))

  const cases: ReadonlyArray<readonly [string, CensusError, boolean]> = [
    ["TRANSIENT", down, true],
    ["NOT_FOUND", new NotFound({ service: "Docker Hub", what: "a/b" }), false],
    ["AUTH", new Auth({ service: "Docker Hub", scope: "one", message: "refused" }), false],
    [
      "RATE_LIMIT",
      new RateLimit({
        budget: { service: "dockerhub", payer: "here" },
        until: DateTime.unsafeMake(60_000),
        reason: "429"
      }),
      false
    ]
  ]
  for (const [name, error, opens] of cases) {
    it.effect(`${name} ${opens ? "is" : "is not"} a failure of the service`, () =>
      Effect.gen(function*() {
        const circuit = yield* makeCircuit("Docker Hub")
        const exits = yield* Effect.all(Array.from({ length: 3 }, () => Effect.exit(circuit.run(Effect.fail(error)))))
        assert.deepStrictEqual(exits, Array.from({ length: 3 }, () => Exit.fail(error)))
        assert.strictEqual((yield* circuit.view).open, opens)
      }))
  }

  it.effect("can be interrupted while it waits, and an interrupted probe leaves its place to the next", () =>
    Effect.gen(function*() {
      const circuit = yield* makeCircuit("Docker Hub")
      yield* Effect.repeatN(swallow(circuit.run(failing)), 2)
      const waiting = yield* Effect.fork(circuit.run(Effect.succeed("never asked")))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))

      const started = yield* Deferred.make<void>()
      const probe = yield* Effect.fork(circuit.run(Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)))
      yield* TestClock.adjust("10 seconds")
      yield* Deferred.await(started)
      const next = yield* Effect.fork(circuit.run(Effect.succeed("asked")))
      yield* TestClock.adjust("1 hour")
      assert.isFalse((yield* Fiber.status(next))._tag === "Done")
      yield* Fiber.interrupt(probe)
      assert.strictEqual(yield* Fiber.join(next), "asked")
    }))

  it.effect("counts answers, so that a caller can tell its own fault from an outage", () =>
    Effect.gen(function*() {
      const circuit = yield* makeCircuit("Docker Hub")
      yield* swallow(circuit.run(failing))
      const before = (yield* circuit.view).answers
      yield* swallow(circuit.run(Effect.fail(new NotFound({ service: "Docker Hub", what: "a/b" }))))
      yield* circuit.run(Effect.void)
      assert.strictEqual((yield* circuit.view).answers, before + 2)
    }))
})
