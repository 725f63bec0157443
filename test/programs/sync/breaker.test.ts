import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, TestClock } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../../src/domain/Errors.js"
import * as Breaker from "../../../src/programs/sync/breaker.js"

const down = new Transient({ service: "ghcr.io", reason: "server", message: "503" })

/** A look that answers with these, the last one again and again; counts how often it was made. */
const looks = (...ends: ReadonlyArray<Effect.Effect<string, CensusError>>) => {
  const made = { count: 0 }
  const look = Effect.suspend(() => {
    const end = ends[Math.min(made.count, ends.length - 1)]
    made.count += 1
    return end ?? Effect.succeed("yes")
  })
  return { made, look }
}

const limit = (millis: number) =>
  Effect.flatMap(Effect.clock, (clock) =>
    Effect.flatMap(clock.currentTimeMillis, (now) =>
      new RateLimit({
        budget: { service: "ghcr.io", payer: "anonymous" },
        until: DateTime.unsafeMake(now + millis),
        reason: "429"
      })))

const reasonOf = (end: string | { readonly reason: string }) => typeof end === "string" ? end : end.reason

const row = { image: "ghcr.io/o/n", attempts: 0 }

describe("a registry's breaker", () => {
  it.effect("lets answers through", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      assert.strictEqual(yield* guard(row, Effect.succeed("yes")), "yes")
    }))

  const indefinite = [
    down,
    new Auth({ service: "ghcr.io", message: "bad credential" }),
    new NotFound({ service: "ghcr.io", what: "o/n" })
  ]

  it.effect.each(indefinite)("puts off what ends in %o, longer with every attempt", (error) =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      const first = yield* guard(row, Effect.fail(error))
      const later = yield* guard({ ...row, attempts: 4 }, Effect.fail(error))
      if (typeof first !== "object" || typeof later !== "object") return assert.fail("no deferral")
      assert.isAtLeast(first.notBefore, 3 * 60_000)
      assert.isAbove(later.notBefore, first.notBefore)
    }))

  it.effect("goes on asking a registry that is well, however many images there are none", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      const none = new Transient({ service: "ghcr.io", reason: "malformed", scope: "one", message: "nested too deep" })
      const { look, made } = looks(Effect.fail(none))
      for (let n = 0; n < 20; n++) assert.isObject(yield* guard(row, look))
      assert.strictEqual(made.count, 20)
    }))

  it.effect("stops asking a registry that keeps failing, probes it, and goes on when it answers", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      const { look, made } = looks(Effect.fail(down), Effect.fail(down), Effect.fail(down), Effect.succeed("yes"))
      for (let n = 0; n < 20; n++) yield* guard(row, look)
      assert.strictEqual(made.count, 3)
      assert.strictEqual(reasonOf(yield* guard(row, look)), "ghcr.io keeps failing")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* guard(row, look), "yes")
      assert.strictEqual(yield* guard(row, look), "yes")
      assert.strictEqual(made.count, 5)
    }))

  it.effect("probes with one look at a time", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      for (let n = 0; n < 3; n++) yield* guard(row, Effect.fail(down))
      yield* TestClock.adjust("2 minutes")
      const probe = yield* Effect.fork(guard(row, Effect.as(Effect.sleep("10 seconds"), "yes")))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(reasonOf(yield* guard(row, Effect.succeed("yes"))), "ghcr.io keeps failing")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(probe), "yes")
    }))

  it.effect("leaves an interrupted probe's place to the next", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      for (let n = 0; n < 3; n++) yield* guard(row, Effect.fail(down))
      yield* TestClock.adjust("2 minutes")
      const probe = yield* Effect.fork(guard(row, Effect.never))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(probe)))
      assert.strictEqual(yield* guard(row, Effect.succeed("yes")), "yes")
    }))

  it.effect("waits a short park out, and puts off until a long one ends", () =>
    Effect.gen(function*() {
      const guard = yield* Breaker.make("ghcr.io")
      const short = looks(limit(30_000), Effect.succeed("yes"))
      const waiting = yield* Effect.fork(guard(row, short.look))
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(short.made.count, 1)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(waiting), "yes")
      const long = yield* guard(row, limit(3_600_000))
      assert.strictEqual(typeof long === "object" ? long.notBefore : 0, 31_000 + 3_600_000)
    }))
})
