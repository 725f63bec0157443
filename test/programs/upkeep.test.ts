/**
 * What a daemon keeps of its own books, and what it forgets: nothing, unless it is told to.
 */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, TestClock } from "effect"
import * as RepoDockerStoreMemory from "../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../src/layers/memory/store/tables.js"
import * as WatchStoreMemory from "../../src/layers/memory/WatchStoreMemory.js"
import { upkeep, type UpkeepOptions } from "../../src/programs/upkeep/Upkeep.js"
import { CensusPages, type DayCounts } from "../../src/services/CensusPages.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { Retention } from "../../src/services/Retention.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { noPages } from "../support/memoryLayers.js"

const noon = Date.UTC(2026, 10, 21, 12)
const forEver: UpkeepOptions = {
  keepPulls: Option.none(),
  keepTagHistory: Option.none(),
  keepEvents: Option.none(),
  intervals: { discovery: Duration.days(14), refresh: Duration.hours(24) }
}

/** Runs for so long, and tells what was forgotten up to when, and which days were counted. */
const running = (options: UpkeepOptions, hours: number) =>
  Effect.gen(function*() {
    const forgotten: Array<readonly [what: string, before: string | number]> = []
    const kept: Array<readonly [day: string, counts: DayCounts]> = []
    const note = (what: string) => (before: string | number) => Effect.sync(() => forgotten.push([what, before]))
    yield* TestClock.setTime(noon)
    const fiber = yield* Effect.fork(
      upkeep(options).pipe(Effect.provide(Layer.mergeAll(
        Layer.succeed(RepoDockerStore, RepoDockerStoreMemory.make("test", emptyTables())),
        Layer.succeed(WatchStore, { ...WatchStoreMemory.make("test"), prune: note("events") }),
        Layer.succeed(CensusPages, {
          ...noPages,
          keepDay: (day, counts) => Effect.sync(() => void kept.push([day, counts]))
        }),
        Layer.succeed(Retention, {
          dropPulls: (before) => Effect.as(note("pulls")(before), { rows: 0, months: 0 }),
          dropTagHistory: note("tag history")
        })
      )))
    )
    yield* TestClock.adjust(Duration.hours(hours))
    yield* Fiber.interrupt(fiber)
    return { forgotten, kept }
  })

it.effect("counts the day every ten minutes, and forgets nothing", () =>
  Effect.gen(function*() {
    const { forgotten, kept } = yield* running(forEver, 24)
    assert.deepStrictEqual(forgotten, [])
    assert.strictEqual(kept.length, 24 * 6)
    assert.deepStrictEqual(kept[0], ["2026-11-21", { repositories: 0, images: 0, backlog: 0, snapshots: 0 }])
    assert.deepStrictEqual(new Set(kept.map(([day]) => day)), new Set(["2026-11-21", "2026-11-22"]))
  }))

it.effect("forgets what is older than it is to be kept, every six hours", () =>
  Effect.gen(function*() {
    const options = {
      ...forEver,
      keepPulls: Option.some(365),
      keepTagHistory: Option.some(30),
      keepEvents: Option.some(7)
    }
    const { forgotten } = yield* running(options, 7)
    const start = noon + 30_000
    const day = 86_400_000
    const once = (
      at: number
    ): typeof forgotten => [["pulls", "2025-11-21"], ["tag history", at - 30 * day], ["events", at - 7 * day]]
    assert.deepStrictEqual(forgotten, [...once(start), ...once(start + 6 * 3_600_000)])
  }))
