/**
 * The catalog: what the official list costs from empty and on the next day, with a Hub of 60 ms a call, and how fast
 * 100,000 tags are written and read.
 */
import { HttpClient } from "@effect/platform"
import { Clock, Console, Duration, Effect, Layer, Option } from "effect"
import { officialImages } from "../../src/domain/OfficialImages.js"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryHttp from "../../src/layers/dockerhub/DockerHubRegistryHttp.js"
import * as ProcessBoardMemory from "../../src/layers/memory/ProcessBoardMemory.js"
import * as OciRegistryMemory from "../../src/layers/registry/OciRegistryMemory.js"
import * as ImageCatalogSql from "../../src/layers/store/ImageCatalogSql.js"
import type { CatalogOptions } from "../../src/programs/catalog/CatalogOptions.js"
import { syncOnce } from "../../src/programs/catalog/SyncCatalog.js"
import { ImageCatalog } from "../../src/services/ImageCatalog.js"
import { makeSimulation } from "../sandbox/Simulation.js"
import { claimOne, listing, look, name, tag } from "../support/catalogFindings.js"
import { embedded } from "../support/pipeline.js"
import { database } from "./server.js"
import { line } from "./table.js"

const latency = Duration.millis(60)
const day = 86_400_000
const widths = [58, 12] as const

const options: CatalogOptions = {
  images: Option.none(),
  fromLinks: false,
  newAs: "published",
  maxTags: Option.some(10),
  interval: Duration.hours(24),
  lease: Duration.minutes(10),
  idleSleep: Duration.minutes(1)
}

const catalogOn = Layer.provideMerge(ImageCatalogSql.layer({ holder: "bench" }), embedded)

const self = { id: "bench", host: "here", pid: 0, command: "bench", startedAt: 0 }

const seconds = (value: number): string => `${value.toFixed(1)} s`

const later = (clock: Clock.Clock): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  sleep: (duration) => clock.sleep(duration),
  currentTimeNanos: clock.currentTimeNanos,
  unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + day),
  unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + day
})

const row = (what: string, figure: number | string, bound: string, held: boolean) =>
  Effect.as(Console.log(`${line(widths, [what, figure])}  ${held ? "within" : "OVER"} ${bound}`), held)

const hub = Effect.gen(function*() {
  const simulation = yield* makeSimulation({
    world: { repositories: 1, official: { names: officialImages.map(({ name }) => name), tags: 10 } },
    dockerhub: { latency, limit: 1_000_000 }
  })
  const services = Layer.mergeAll(
    DockerHubRegistryHttp.layer({ egress: "bench" }),
    ProcessBoardMemory.layer(self),
    OciRegistryMemory.layer
  ).pipe(
    Layer.provideMerge(RateBudgetsMemory.layer),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, simulation.client))
  )
  const images = officialImages.length
  const sync = Effect.provide(syncOnce(options, Option.none()), services)
  const first = yield* sync
  const { busyMillis, requests } = simulation.dockerhub.counters.read()
  simulation.resetCounters()
  const clock = yield* Effect.clock
  const second = yield* Effect.withClock(sync, later(clock))
  const again = simulation.dockerhub.counters.read()
  const ratio = first.seconds / (busyMillis / 1000)
  return [
    yield* row(
      "images, with their tags",
      `${first.looked} / ${first.tagsAdded}`,
      "144 / 1440",
      first.tagsAdded === images * 10
    ),
    yield* row("from empty: Hub requests", requests, `2 an image (${2 * images})`, requests <= 2 * images),
    yield* row("from empty: the Hub, one call at a time", seconds(busyMillis / 1000), "-", true),
    yield* row("from empty: wall time", seconds(first.seconds), "1.2 times that", ratio <= 1.2),
    yield* row("next day, unchanged: Hub requests", again.requests, `1 an image (${images})`, again.requests <= images),
    yield* row("next day, unchanged: images written", second.changed, "0", second.changed === 0)
  ]
})

const imagesOfWrites = 100
const tagsOfEach = 1000
const platforms = ["linux/amd64", "linux/arm/v7", "linux/arm64"]
const bound = 2000

const perSecond = (rows: number, seconds: number): number => Math.round(rows / seconds)

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration]) => Duration.toSeconds(duration))

const writes = (where: string) =>
  Effect.gen(function*() {
    const catalog = yield* ImageCatalog
    const names = Array.from({ length: imagesOfWrites }, (_, i) => `bench/i${String(i).padStart(3, "0")}`)
    yield* catalog.add(names.map(name), "published")
    const at = yield* Clock.currentTimeMillis
    const tags = Array.from({ length: tagsOfEach }, (_, i) =>
      tag(`1.${i}.0`, "abcdef0123"[i % 10] ?? "a", at - i * 1000, platforms))
    const all = (when: number) =>
      Effect.forEach(names, (image) =>
        Effect.flatMap(claimOne(catalog, image), (claim) =>
          catalog.record(look(claim, when, listing(tags)))))
    const first = yield* timed(all(at))
    const again = yield* timed(all(at + 1))
    const page = yield* timed(Effect.forEach(names, (image) =>
      catalog.tags(image, { limit: 100 })))
    const count = imagesOfWrites * tagsOfEach
    return [
      // A tag and what it points to are a row each.
      yield* row(
        `${where}: rows a second, ${count} tags from empty`,
        perSecond(2 * count, first),
        `${bound} at least`,
        2 * count / first >= bound
      ),
      yield* row(
        `${where}: tags a second, compared and unchanged`,
        perSecond(count, again),
        `${bound} at least`,
        count / again >= bound
      ),
      yield* row(
        `${where}: a page of 100 tags, ms`,
        (page * 1000 / imagesOfWrites).toFixed(1),
        "50 at most",
        page * 1000 / imagesOfWrites <= 50
      )
    ]
  })

/** Prints the figures; false where a bound is broken. */
export const catalogBench = Effect.gen(function*() {
  yield* Console.log("catalog: the official images, 10 tags each, at 60 ms a call and no limit")
  const held = [
    ...(yield* Effect.provide(hub, catalogOn)),
    ...(yield* Effect.provide(writes("embedded"), catalogOn)),
    ...(yield* Effect.provide(
      writes("server"),
      Layer.provideMerge(ImageCatalogSql.layer({ holder: "bench" }), database)
    ))
  ]
  return held.every((one) => one)
}).pipe(Effect.scoped)
