import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Fiber, Logger, LogLevel, Ref, TestClock } from "effect"
import { Auth } from "../../../src/domain/Errors.js"
import { pass } from "../../../src/programs/sync/Pass.js"
import { whileRefused } from "../../../src/programs/sync/whileRefused.js"
import { embedded } from "../../support/pipeline.js"
import { makeStage, noWrongs } from "../../support/stage.js"

const quietly = Logger.withMinimumLogLevel(LogLevel.None)

const aStage = makeStage({
  world: { repositories: 60, proportions: { hits: 0.4, misses: 0.3, unknown: 0.05 } },
  dockerhub: { limit: 1_000_000 }
})

describe("a lane of a run without end", () => {
  it.effect("gives back what it could not look at, waits five minutes, and goes on when the credentials are taken", () =>
    Effect.gen(function*() {
      const claims = yield* Ref.make<ReadonlyArray<number>>([])
      const looked = yield* Ref.make<ReadonlyArray<number>>([])
      const back = yield* Ref.make<ReadonlyArray<number>>([])
      const since = Effect.map(TestClock.currentTimeMillis, (now) => now / 60_000)
      const lane = yield* whileRefused<number, never>({
        name: "discovery",
        ahead: 3,
        claim: Effect.flatMap(since, (now) => Effect.as(Ref.update(claims, (all) => [...all, now]), [1, 2, 3])),
        work: (row) =>
          Effect.flatMap(since, (now) =>
            now < 11
              ? Effect.fail(new Auth({ service: "GitHub", message: "no credential is left" }))
              : Effect.zipRight(Effect.sleep("1 minute"), Ref.update(looked, (all) => [...all, row])))
      }, (row) => Ref.update(back, (all) => [...all, row]))
      const running = yield* Effect.fork(pass(lane, false))
      yield* TestClock.adjust("16 minutes")
      assert.deepStrictEqual((yield* Ref.get(claims)).slice(0, 4), [0, 5, 10, 15])
      assert.deepStrictEqual((yield* Ref.get(back)).toSorted(), [1, 1, 1, 2, 2, 2, 3, 3, 3])
      assert.deepStrictEqual((yield* Ref.get(looked)).slice(0, 3).toSorted(), [1, 2, 3])
      yield* Fiber.interrupt(running)
    }))
})

layer(embedded, { excludeTestServices: true })("while a service refuses everything, a run without end", (it) => {
  it.scoped("refreshes although GitHub takes no credential, puts nothing off, and holds nothing", () =>
    Effect.gen(function*() {
      const {
        counters,
        faults,
        join,
        onStage,
        resetCounters,
        run,
        snapshots,
        sql,
        store,
        unchecked,
        wrongs,
        ...stage
      } = yield* aStage
      yield* onStage(Effect.gen(function*() {
        yield* store.addRepositories(stage.listed.slice(0, 30))
        yield* join(yield* Effect.fork(run()), "1 minute")
        const known = yield* snapshots("2026-03-01")
        yield* TestClock.adjust("1 day")
        yield* store.addRepositories(stage.listed.slice(30))
        resetCounters()
        yield* faults.add({ service: "github", kind: "unauthorized" })
        const running = yield* Effect.fork(run({ once: false }))
        yield* TestClock.adjust("6 minutes")
        assert.deepStrictEqual(yield* snapshots("2026-03-02"), known)
        assert.strictEqual((yield* unchecked).length, 30)
        const tokens = stage.github.tokens.length
        assert.isAtMost(counters()["github"]?.requests ?? 0, 2 * tokens, "each credential is asked twice")
        assert.deepStrictEqual(
          yield* sql`select name from repos where docker_attempts > 0 or docker_not_before > '-infinity'`,
          []
        )
        // What was claimed is for whoever has a credential that works.
        assert.deepStrictEqual(yield* sql`select repo_id from repos_docker_leases`, [])
        yield* Fiber.interrupt(running)
        yield* faults.clear
        yield* join(yield* Effect.fork(run()), "1 minute")
        assert.deepStrictEqual(yield* unchecked, [])
        assert.deepStrictEqual(yield* wrongs, noWrongs)
      }))
    }).pipe(quietly))

  it.scoped("goes on where GitHub answered 401 for a moment", () =>
    Effect.gen(function*() {
      const { faults, join, onStage, run, store, unchecked, wrongs, ...stage } = yield* aStage
      yield* onStage(Effect.gen(function*() {
        yield* store.addRepositories(stage.listed)
        yield* faults.add({ service: "github", kind: "unauthorized", times: 1 })
        const { discovery } = yield* join(yield* Effect.fork(run()), "5 minutes")
        assert.strictEqual(discovery.deferred, 0)
        assert.deepStrictEqual(yield* unchecked, [])
        assert.deepStrictEqual(yield* wrongs, noWrongs)
      }))
    }).pipe(quietly))

  it.scoped("puts off one image for each 401 that Docker Hub gives a stranger, and changes nothing that is known", () =>
    Effect.gen(function*() {
      const { faults, join, onStage, run, snapshots, store, unchecked, wrongs, ...stage } = yield* aStage
      yield* onStage(Effect.gen(function*() {
        yield* store.addRepositories(stage.listed)
        yield* faults.add({ service: "dockerhub", kind: "unauthorized" })
        const first = yield* join(yield* Effect.fork(run()), "30 minutes")
        assert.isAbove(first.discovery.deferred, 5)
        assert.deepStrictEqual(yield* wrongs, noWrongs)
        assert.deepStrictEqual(yield* snapshots("2026-03-01"), [])
        yield* faults.clear
        yield* join(yield* Effect.fork(run({ includeDeferred: true })), "30 minutes")
        assert.deepStrictEqual(yield* unchecked, [])
        assert.deepStrictEqual(yield* wrongs, noWrongs)
      }))
    }).pipe(quietly))
})
