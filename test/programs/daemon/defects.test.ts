import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Fiber, Layer, Logger, Option, Stream, TestClock } from "effect"
import { parseName } from "../../../src/domain/CatalogImage.js"
import * as Digest from "../../../src/domain/Digest.js"
import { NotFound } from "../../../src/domain/Errors.js"
import { parse } from "../../../src/domain/ImageReference.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import { makeJournal } from "../../../src/layers/contained.js"
import * as CatalogMemory from "../../../src/layers/memory/ImageCatalogMemory.js"
import * as LinksMemory from "../../../src/layers/memory/LinkStoreMemory.js"
import * as ProcessBoardMemory from "../../../src/layers/memory/ProcessBoardMemory.js"
import * as StoreMemory from "../../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../../src/layers/memory/store/tables.js"
import * as WatchesMemory from "../../../src/layers/memory/WatchStoreMemory.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import { keep } from "../../../src/programs/catalog/SyncCatalog.js"
import type { Job } from "../../../src/programs/daemon/Job.js"
import { supervise } from "../../../src/programs/daemon/supervise.js"
import { sync } from "../../../src/programs/sync/Sync.js"
import * as SyncProgress from "../../../src/programs/sync/SyncProgress.js"
import { nightly } from "../../../src/programs/updates/Nightly.js"
import { watch } from "../../../src/programs/watch/Watch.js"
import { DefectJournal } from "../../../src/services/DefectJournal.js"
import { DigestWatcher } from "../../../src/services/DigestWatcher.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { DockerHubTags } from "../../../src/services/DockerHubTags.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { ImageCatalog } from "../../../src/services/ImageCatalog.js"
import { LinkStore } from "../../../src/services/LinkStore.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import type { ProcessBoard } from "../../../src/services/ProcessBoard.js"
import { QuayApi } from "../../../src/services/QuayApi.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { UpdateFinder } from "../../../src/services/UpdateFinder.js"
import { WatchActions } from "../../../src/services/WatchActions.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { testProcess } from "../../support/databases.js"
import { repository } from "../../support/findings.js"
import { once } from "../../support/pipeline.js"

const start = Date.parse("2026-11-29T10:00:00Z")
const day = Duration.toMillis("1 day")
const digest = Either.getOrThrow(Digest.parse(`sha256:${"a".repeat(64)}`))

/** Whoever is asked for something with this in its name dies. */
const isPoisoned = (text: string) => text.includes("poisoned")
const dieOf = (text: string) => {
  throw new TypeError(`nobody foresaw ${text}`)
}
const orDie = <A, E>(text: string, answer: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  isPoisoned(text) ? dieOf(text) : answer

const facts = (image: string) => ({ image, pulls: 5n, stars: 1, lastUpdated: Option.none() })

/** A world in which everything that is not poisoned is well. */
const world = Layer.mergeAll(
  Layer.mock(GitHubProbe, {
    probe: (name) =>
      orDie(
        name.name === "poisoned-on-github" ? "poisoned" : "",
        Effect.succeed({ repository: name, headOid: Option.none(), dockerfiles: ["Dockerfile"] })
      )
  }),
  Layer.mock(DockerHubRegistry, {
    repository: (image) => orDie(image, Effect.succeed(facts(image))),
    namespace: (namespace) =>
      Stream.make({ images: [], count: 1_000, complete: false, walled: false }).pipe(
        Stream.tap(() => orDie(namespace, Effect.void))
      )
  }),
  Layer.mock(DockerHubTags, { pages: () => Stream.empty }),
  Layer.mock(OciRegistry, {
    namedBy: OciRegistryMemory.make().namedBy,
    tags: ({ repository }) => Stream.fromEffect(orDie(repository, Effect.succeed("latest"))),
    resolve: ({ repository }) => orDie(repository, new NotFound({ service: "ghcr.io", what: "latest" })),
    manifest: ({ repository }) => orDie(repository, new NotFound({ service: "ghcr.io", what: "latest" }))
  }),
  Layer.mock(QuayApi, {}),
  Layer.mock(DigestWatcher, {
    look: (claims) =>
      orDie(
        claims[0].watch.reference.repository,
        Effect.succeed(claims.map(() => ({ _tag: "Seen" as const, digest, platformDigest: Option.none() })))
      )
  }),
  Layer.mock(WatchActions, {
    deliver: ({ reference }) =>
      orDie(
        reference.tag.pipe(Option.getOrElse(() => "")),
        Effect.succeed({ ok: true, result: "HTTP 204", output: Option.none(), retryAt: Option.none() })
      )
  }),
  Layer.mock(UpdateFinder, {
    find: ({ reference }) =>
      orDie(reference.repository, new NotFound({ service: "ghcr.io", what: reference.repository }))
  }),
  SyncProgress.layer
).pipe(Layer.provideMerge(RateBudgetsMemory.layer))

type Services =
  | Layer.Layer.Success<typeof world>
  | RepoDockerStore
  | LinkStore
  | ImageCatalog
  | WatchStore
  | ProcessBoard

const image = (text: string) => Either.getOrThrow(parse(text))

describe("the daemon", () => {
  it.effect("handles all rows but the poisoned ones, and again after a restart", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const tables = emptyTables()
      const store = StoreMemory.make("test", tables)
      const links = LinksMemory.make("test", tables)
      const catalog = CatalogMemory.make("test", tables)
      const watches = WatchesMemory.make("test")

      const repositories = ["acme/poisoned-on-github", "acme/poisoned", "acme/well"].map(repository)
      yield* store.addRepositories(repositories)
      for (const name of ["poisoned", "well"]) {
        yield* links.add(repository("acme/well"), `ghcr.io/acme/${name}`, "ghcr.io")
        yield* links.add(repository("acme/well"), `known/${name}`, "docker.io")
        yield* catalog.add([Either.getOrThrow(parseName(`ghcr.io/catalog/${name}`))], "published")
        yield* watches.add([`ghcr.io/watched/${name}:1`, `ghcr.io/told/well:${name}`].map((text) => ({
          reference: image(text),
          platform: Option.none(),
          every: Duration.hours(1),
          actions: [{ _tag: "Webhook", url: "https://example.com/", allowPrivate: false }],
          updates: Option.none()
        })))
        yield* watches.fire({ reference: `ghcr.io/told/well:${name}`, platform: Option.none() })
      }

      const lines: Array<string> = []
      const errors = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ cause, logLevel, message }) => {
          if (logLevel.label === "ERROR") lines.push(String(message))
          return cause
        })
      )
      const settings = { hour: 4, lease: Duration.minutes(10) }
      const jobs = Effect.gen(function*() {
        const options = { ...once, once: false, registries: ["docker.io", "ghcr.io"], verifyPullsPerDay: 1_000 }
        const jobs: ReadonlyArray<Job<Services>> = [
          { name: "sync", run: Effect.scoped(Effect.asVoid(sync(options))) },
          {
            name: "watch",
            run: Effect.asVoid(watch({
              once: false,
              lease: Duration.minutes(10),
              jitter: 0,
              looksPerRegistry: 4,
              concurrency: 4,
              attempts: 20,
              deliveryLease: Duration.minutes(10),
              poll: Duration.seconds(5)
            }))
          },
          {
            name: "catalog",
            run: keep({
              images: Option.some([]),
              fromLinks: false,
              newAs: "published",
              interval: Duration.days(1),
              maxTags: Option.none(),
              lease: Duration.minutes(1),
              idleSleep: Duration.seconds(10)
            })
          },
          { name: "updates", run: nightly(settings) },
          { name: "broken", run: Effect.zipRight(Effect.sleep("1 minute"), Effect.sync(() => dieOf("a job"))) }
        ]
        return yield* supervise(jobs)
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            world,
            Layer.succeed(RepoDockerStore, store),
            Layer.succeed(LinkStore, links),
            Layer.succeed(ImageCatalog, catalog),
            Layer.succeed(WatchStore, watches)
          ).pipe(
            Layer.provideMerge(Layer.provide(ProcessBoardMemory.layer(testProcess), RateBudgetsMemory.layer)),
            Layer.merge(errors)
          )
        )
      )

      const intervals = { discovery: Duration.days(14), refresh: Duration.days(1) }
      const held = Effect.map(store.status(intervals), ({ defects }) =>
        new Map(defects.newest.map((one) => [`${one.job} ${one.subject}`, one])))

      const oneLife = Effect.gen(function*() {
        const journal = yield* makeJournal
        const fiber = yield* Effect.fork(Effect.provideService(jobs, DefectJournal, journal))
        yield* TestClock.adjust("5 minutes")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)), "nothing has ended the daemon")
        yield* Fiber.interrupt(fiber)
        return yield* journal.met
      })

      const checkWell = (now: number) =>
        Effect.gen(function*() {
          const rows = [...(yield* Stream.runCollect(store.repositories({ search: Option.none() })))]
          const outcome = new Map(rows.map((row) => [row.repository.name, row.outcome]))
          assert.deepStrictEqual(outcome.get("well"), Option.some("hit"))
          assert.deepStrictEqual(outcome.get("poisoned"), Option.none())
          const known = yield* Effect.flatten(store.image("known/well"))
          assert.isAtLeast(known.lastSyncedAt, now)
          const checks = yield* links.status(["ghcr.io"])
          assert.strictEqual(checks[0]?.found, 1)
          const entry = yield* Effect.flatten(catalog.image(Either.getOrThrow(parseName("ghcr.io/catalog/well"))))
          assert.isTrue(Option.isSome(entry.lookedAt))
          const seen = [...(yield* Stream.runCollect(watches.list(Option.none())))]
          const stateOf = (text: string) =>
            seen.find(({ watch }) => watch.reference.repository === text)
          assert.deepStrictEqual(stateOf("watched/well")?.state.digest, Option.some(digest))
          assert.match(
            Option.getOrThrow(stateOf("watched/poisoned")?.state.problem ?? Option.none()),
            /^internal error: /
          )
          assert.match(
            Option.getOrThrow(stateOf("watched/poisoned")?.updates.problem ?? Option.none()),
            /^internal error: /
          )
          const [dead, told] = yield* watches.events({ limit: 10, type: "image-census.watch.fired" }).pipe(
            Effect.map((events) => events.map(({ deliveries }) => deliveries[0]))
          )
          assert.deepStrictEqual([dead?.status, told?.status].sort(), ["delivered", "pending"])
        })

      const met = yield* oneLife
      yield* checkWell(start)
      const first = yield* held
      assert.deepStrictEqual(
        [...first.keys()].sort(),
        [
          "catalog ghcr.io/catalog/poisoned",
          "discovery acme/poisoned",
          "discovery acme/poisoned-on-github",
          "refresh known/poisoned",
          "registries ghcr.io/acme/poisoned",
          "verification ghcr.io/acme/poisoned",
          "verification known/poisoned"
        ]
      )
      for (const { reason, retryAt } of first.values()) {
        assert.match(reason, /^internal error: nobody foresaw /)
        assert.isAbove(Option.getOrThrow(retryAt), start + 60_000)
      }
      // Each was told once with its trace, however often it was tried.
      const told = met.map(({ job, subject }) => `${job} ${subject}`)
      assert.includeMembers(told, [...first.keys(), "watch ghcr.io/watched/poisoned:1", "broken broken"])
      assert.strictEqual(new Set(told).size, told.length)
      for (const { job, reason, subject } of met) {
        const line = `${job}: ${subject}: ${reason}`
        assert.strictEqual(lines.filter((one) => one.startsWith(line)).length, 1, line)
      }

      // The next start meets the same rows, a day later.
      yield* TestClock.setTime(start + day)
      yield* oneLife
      yield* checkWell(start + day)
      for (const [row, one] of yield* held) {
        assert.isAbove(one.times, first.get(row)?.times ?? 0, row)
        assert.strictEqual(one.since, first.get(row)?.since, row)
      }
    }), 120_000)
})
