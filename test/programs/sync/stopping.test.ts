import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, LogLevel, Option, Ref, TestClock } from "effect"
import { Transient } from "../../../src/domain/Errors.js"
import type { Fault } from "../../sandbox/service/Faults.js"
import { embedded } from "../../support/pipeline.js"
import { makeStage, noWrongs } from "../../support/stage.js"

const world = { repositories: 120, proportions: { hits: 0.3, misses: 0.3, unknown: 0.05 } }
const intervals = { discovery: Duration.days(14), refresh: Duration.hours(24) }

const stageOf = (hubLatency: Duration.DurationInput) =>
  Effect.gen(function*() {
    const stage = yield* makeStage({ world, dockerhub: { limit: 1_000_000, latency: hubLatency } })
    yield* stage.store.addRepositories(stage.listed)
    return stage
  })

const lost = (reason: "network" | "server") =>
  new Transient({ service: "the database", reason, message: "does not answer" })

/** What goes on while the run is stopped. */
const moments: ReadonlyArray<
  { readonly name: string; readonly fault?: Fault; readonly hubLatency?: Duration.DurationInput }
> = [
  { name: "in the middle of its work", hubLatency: "500 millis" },
  { name: "during a park of Docker Hub", fault: { kind: "rate-limit", service: "dockerhub", retryAfter: 3000 } },
  { name: "during a park of GitHub", fault: { kind: "secondary-limit", service: "github", retryAfter: 3000 } },
  { name: "while Docker Hub keeps failing", fault: { kind: "unavailable", service: "dockerhub" } },
  { name: "while GitHub keeps failing", fault: { kind: "unavailable", service: "github" } },
  { name: "while Docker Hub does not answer", fault: { kind: "hang", service: "dockerhub" } }
]

layer(embedded, { excludeTestServices: true })("a run that is stopped", (it) => {
  const quietly = Logger.withMinimumLogLevel(LogLevel.None)

  for (const { fault, hubLatency = 0, name } of moments) {
    it.scoped(`${name} has written what it learnt and given the rest back, within two seconds`, () =>
      Effect.gen(function*() {
        const { faults, join, listed, onStage, run, store, unchecked, wrongs } = yield* stageOf(hubLatency)
        yield* onStage(Effect.gen(function*() {
          if (fault !== undefined) yield* faults.add(fault)
          const running = yield* Effect.fork(run({ once: false }))
          yield* TestClock.adjust("6 seconds")
          assert.isAbove((yield* store.status(intervals)).leased, 0)
          yield* Effect.exit(join(yield* Effect.fork(Fiber.interrupt(running)), "2 seconds"))
          assert.isTrue(Option.isSome(yield* Fiber.poll(running)))
          const { leased, repositoriesDue } = yield* store.status(intervals)
          assert.strictEqual(leased, 0)
          const open = yield* unchecked
          assert.strictEqual(repositoriesDue, open.length)
          assert.isAbove(open.length, 0)
          if (fault?.service !== "github") assert.isBelow(open.length, listed.length - 40)
          assert.deepStrictEqual(yield* wrongs, noWrongs)
          yield* faults.clear
          const { discovery } = yield* join(yield* Effect.fork(run()), "10 minutes")
          assert.strictEqual(discovery.checked, open.length, "nothing is done twice, nothing is left out")
          assert.deepStrictEqual(yield* wrongs, noWrongs)
        }))
      }).pipe(quietly))
  }

  it.scoped("does not wait for a database that answers no more", () =>
    Effect.gen(function*() {
      const { join, onStage, run } = yield* stageOf(0)
      yield* onStage(Effect.gen(function*() {
        const running = yield* Effect.fork(
          run({ once: false }, { recordDiscovery: () => Effect.never, releaseLeases: () => Effect.never })
        )
        yield* TestClock.adjust("6 seconds")
        yield* join(yield* Effect.fork(Fiber.interrupt(running)), "1800 millis")
        assert.isTrue(Option.isSome(yield* Fiber.poll(running)))
      }))
    }).pipe(quietly))
})

layer(embedded, { excludeTestServices: true })("a run whose database", (it) => {
  const quietly = Logger.withMinimumLogLevel(LogLevel.None)

  it.scoped("is lost for five minutes waits for it, and ends with the right result", () =>
    Effect.gen(function*() {
      const { counters, expected, join, onStage, run, store, wrongs } = yield* stageOf("100 millis")
      const away = yield* Ref.make(false)
      const orLost = <A>(effect: Effect.Effect<A, Transient>) =>
        Effect.flatMap(Ref.get(away), (away): Effect.Effect<A, Transient> => away ? lost("network") : effect)
      yield* onStage(Effect.gen(function*() {
        const running = yield* Effect.fork(run({ batchSize: 10 }, {
          claimRepositories: (options) => orLost(store.claimRepositories(options)),
          claimImages: (options) => orLost(store.claimImages(options)),
          recordDiscovery: (findings) => orLost(store.recordDiscovery(findings)),
          recordRefresh: (findings) => orLost(store.recordRefresh(findings)),
          extendLeases: (claims, lease) => orLost(store.extendLeases(claims, lease)),
          status: (options) => orLost(store.status(options))
        }))
        yield* TestClock.adjust("1 second")
        yield* Ref.set(away, true)
        yield* TestClock.adjust("5 minutes")
        yield* Ref.set(away, false)
        const { discovery } = yield* join(running, "5 minutes")
        const { checked, hits, misses, notFound } = expected
        assert.deepStrictEqual(discovery, { checked, hits, misses, notFound, deferred: 0 })
        assert.isAtMost(counters()["dockerhub"]?.requests ?? 0, expected.candidates, "no call is made twice")
        assert.deepStrictEqual(yield* wrongs, noWrongs)
      }))
    }).pipe(quietly))

  for (const once of [true, false]) {
    it.scoped(`refuses one write leaves its rows due, and writes the others (${once ? "once" : "for ever"})`, () =>
      Effect.gen(function*() {
        const { expected, onStage, run, store, unchecked, wrongs } = yield* stageOf("100 millis")
        const writes = yield* Ref.make(0)
        yield* onStage(Effect.gen(function*() {
          yield* Effect.fork(run({ once, batchSize: 10, lease: Duration.minutes(3) }, {
            recordDiscovery: (findings) =>
              Effect.flatMap(
                Ref.getAndUpdate(writes, (count) => count + 1),
                (count): ReturnType<typeof store.recordDiscovery> =>
                  count === 0 ? lost("server") : store.recordDiscovery(findings)
              )
          }))
          yield* TestClock.adjust("1 minute")
          const left = yield* unchecked
          assert.isAbove(left.length, 0)
          assert.isBelow(left.length, expected.checked)
          // The lease of the refused rows runs out, and then an idle look finds them.
          yield* TestClock.adjust("4 minutes")
          if (once) yield* Effect.fork(run())
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(yield* unchecked, [])
          assert.deepStrictEqual(yield* wrongs, noWrongs)
        }))
      }).pipe(quietly))
  }
})
