import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Logger, LogLevel, Option, Stream, TestClock } from "effect"
import { key } from "../../../src/domain/GitHubRepository.js"
import { embedded } from "../../support/pipeline.js"
import { makeStage, noWrongs } from "../../support/stage.js"

const world = { repositories: 120, proportions: { hits: 0.3, misses: 0.3, unknown: 0.05 } }

// A stage on whose first day these were looked at; the Hub takes its time.
const afterFirstDay = (looked: number, hubLatency: Duration.DurationInput = 0) =>
  Effect.gen(function*() {
    const stage = yield* makeStage({ world, dockerhub: { limit: 1_000_000, latency: hubLatency } })
    yield* stage.onStage(Effect.gen(function*() {
      yield* stage.store.addRepositories(stage.listed.slice(0, looked))
      yield* stage.join(yield* Effect.fork(stage.run()), "10 minutes")
    }))
    stage.resetCounters()
    return { ...stage, found: yield* stage.snapshots("2026-03-01") }
  })

const at = (text: string) => TestClock.setTime(Date.parse(text))

layer(embedded, { excludeTestServices: true })("from day to day", (it) => {
  const quietly = Logger.withMinimumLogLevel(LogLevel.None)

  it.scoped("an image is due when the UTC day changes, and once a day", () =>
    Effect.gen(function*() {
      const stage = yield* afterFirstDay(120)
      const { counters, found, join, onStage, run, snapshots } = stage
      yield* onStage(Effect.gen(function*() {
        const runNow = Effect.flatMap(Effect.fork(run()), (fiber) => join(fiber, "1 minute"))
        yield* at("2026-03-01T23:59:58Z")
        assert.strictEqual((yield* runNow).refresh.refreshed, 0)
        assert.strictEqual(counters()["dockerhub"]?.requests, 0)
        yield* at("2026-03-02T00:00:00Z")
        assert.strictEqual((yield* runNow).refresh.refreshed, found.length)
        assert.isAtMost(counters()["dockerhub"]?.requests ?? 0, found.length)
        assert.strictEqual(counters()["github"]?.requests, 0, "no repository is asked for again")
        assert.deepStrictEqual(yield* snapshots("2026-03-02"), found)
        assert.strictEqual((yield* runNow).refresh.refreshed, 0)
        assert.deepStrictEqual(yield* stage.wrongs, noWrongs)
      }))
    }).pipe(quietly))

  it.scoped("a run that outlasts midnight ends with the new day complete, and keeps what it had of the old one", () =>
    Effect.gen(function*() {
      const { found, join, onStage, run, snapshots } = yield* afterFirstDay(120, "1 second")
      yield* onStage(Effect.gen(function*() {
        yield* at("2026-03-02T23:59:50Z")
        yield* join(yield* Effect.fork(run()), "10 minutes")
        assert.deepStrictEqual(yield* snapshots("2026-03-03"), found)
        const before = yield* snapshots("2026-03-02")
        assert.isAbove(before.length, 0)
        assert.isBelow(before.length, found.length)
      }))
    }).pipe(quietly))

  it.scoped("below 24 hours an image is due again within the day, with one row for it", () =>
    Effect.gen(function*() {
      const { found, join, onStage, run, snapshots } = yield* afterFirstDay(120)
      yield* onStage(Effect.gen(function*() {
        const sixHourly = Effect.flatMap(
          Effect.fork(run({ refreshInterval: Duration.hours(6) })),
          (fiber) => join(fiber, "1 minute")
        )
        yield* TestClock.adjust("5 hours")
        assert.strictEqual((yield* sixHourly).refresh.refreshed, 0)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* sixHourly).refresh.refreshed, found.length)
        assert.deepStrictEqual(yield* snapshots("2026-03-01"), found)
      }))
    }).pipe(quietly))

  it.scoped("an image is gone when two days say so; its history stays, and it may come back", () =>
    Effect.gen(function*() {
      const { found, join, onStage, run, sql, state, store } = yield* afterFirstDay(120)
      const [gone = "", away = ""] = found
      const goneSince = (image: string) =>
        Effect.map(store.image(image), (one) => Option.flatMap(one, (one) => one.goneSince))
      const runFor = (interval: Duration.DurationInput) =>
        Effect.flatMap(
          Effect.fork(run({ refreshInterval: Duration.decode(interval) })),
          (fiber) => join(fiber, "1 minute")
        )
      yield* onStage(Effect.gen(function*() {
        yield* state.deleteImage(gone)
        yield* state.deleteImage(away)
        yield* TestClock.adjust("1 day")
        assert.strictEqual((yield* runFor("24 hours")).refresh.gone, 2)
        yield* TestClock.adjust("6 hours")
        yield* runFor("6 hours")
        assert.deepStrictEqual(yield* goneSince(gone), Option.none(), "the same day does not count twice")
        yield* state.restoreImage(away)
        yield* at("2026-03-03T09:00:00Z")
        assert.strictEqual((yield* runFor("24 hours")).refresh.gone, 1)
        assert.deepStrictEqual(yield* goneSince(gone), Option.some("2026-03-02"))
        assert.deepStrictEqual(yield* goneSince(away), Option.none())
        yield* at("2026-03-04T09:00:00Z")
        assert.strictEqual((yield* runFor("24 hours")).refresh.gone, 0, "it is looked at more rarely now")
        yield* state.restoreImage(gone)
        yield* at("2026-03-12T09:00:00Z")
        yield* runFor("24 hours")
        assert.deepStrictEqual(yield* goneSince(gone), Option.none())
        const days = yield* sql`select date::text from repo_docker_pulls_daily where image_name = ${gone} order by 1`
        assert.deepStrictEqual(days, [{ date: "2026-03-01" }, { date: "2026-03-12" }])
      }))
    }).pipe(quietly))

  it.scoped("a renamed repository is stored under its new name, and known by the old one", () =>
    Effect.gen(function*() {
      const { onStage, state, store } = yield* afterFirstDay(120)
      yield* onStage(Effect.gen(function*() {
        const renamed = state.world.listed.filter(({ asked, now }) => now !== undefined && key(now.name) !== key(asked))
        assert.isNotEmpty(renamed)
        const rows = yield* Stream.runCollect(store.repositories({ search: Option.none() }))
        const names = new Set([...rows].map(({ repository }) => key(repository)))
        for (const { asked, now } of renamed) {
          assert.isTrue(now !== undefined && names.has(key(now.name)))
          assert.isFalse(names.has(key(asked)))
        }
        const again = yield* store.addRepositories(renamed.map(({ asked }) => asked))
        assert.deepStrictEqual(again, { added: 0, known: renamed.length })
      }))
    }).pipe(quietly))

  it.scoped("discovery keeps a tenth of the Hub's calls while refresh has work, and refresh the rest", () =>
    Effect.gen(function*() {
      const { counters, found, onStage, run, store, listed } = yield* afterFirstDay(80, "1 second")
      yield* onStage(Effect.gen(function*() {
        yield* TestClock.adjust("1 day")
        yield* store.addRepositories(listed.slice(80))
        yield* Effect.fork(run())
        yield* TestClock.adjust("20 seconds")
        const refresh = new Set(found.map((image) => image.replace("/", "/repositories/")))
        const calls = Object.keys(counters()["dockerhub"]?.byPath ?? {})
        const ofRefresh = calls.filter((path) => refresh.has(path.replace("GET /v2/namespaces/", "")))
        const ofDiscovery = calls.length - ofRefresh.length
        assert.isAtLeast(calls.length, 18)
        assert.isAtLeast(ofDiscovery, 1, calls.join("\n"))
        assert.isAtMost(ofDiscovery, 6, calls.join("\n"))
      }))
    }).pipe(quietly))

  it.scoped("with nothing due it sleeps, and looks again when it wakes", () =>
    Effect.gen(function*() {
      const { counters, listed, onStage, run, store, unchecked } = yield* afterFirstDay(80)
      const looks = { discovery: 0, refresh: 0 }
      yield* onStage(Effect.gen(function*() {
        yield* Effect.fork(run({ once: false, idleSleep: Duration.minutes(5) }, {
          claimRepositories: (options) => Effect.suspend(() => (looks.discovery++, store.claimRepositories(options))),
          claimImages: (options) => Effect.suspend(() => (looks.refresh++, store.claimImages(options)))
        }))
        yield* TestClock.adjust("29 minutes")
        assert.deepStrictEqual(looks, { discovery: 6, refresh: 6 })
        assert.strictEqual(counters()["github"]?.requests, 0)
        assert.strictEqual(counters()["dockerhub"]?.requests, 0)
        yield* store.addRepositories(listed.slice(80))
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* unchecked, [])
      }))
    }).pipe(quietly))
})
