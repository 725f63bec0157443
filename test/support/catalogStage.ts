/**
 * The catalog's sync over a simulated Docker Hub and other registries, with catalogs in memory that several processes may
 * share, on TestClock.
 */
import { HttpClient } from "@effect/platform"
import { Duration, Effect, Fiber, Layer, Option, TestClock } from "effect"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryHttp from "../../src/layers/dockerhub/DockerHubRegistryHttp.js"
import * as CatalogMemory from "../../src/layers/memory/ImageCatalogMemory.js"
import * as ProcessBoardMemory from "../../src/layers/memory/ProcessBoardMemory.js"
import * as StoreMemory from "../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../src/layers/memory/store/tables.js"
import * as OciRegistryMemory from "../../src/layers/registry/OciRegistryMemory.js"
import type { CatalogOptions } from "../../src/programs/catalog/CatalogOptions.js"
import { syncOnce } from "../../src/programs/catalog/SyncCatalog.js"
import { ImageCatalog } from "../../src/services/ImageCatalog.js"
import { OciRegistry } from "../../src/services/OciRegistry.js"
import { RateBudgets } from "../../src/services/RateBudgets.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { makeSimulation, type SimulationOptions } from "../sandbox/Simulation.js"
import { name } from "./catalogFindings.js"

export const startOfTests = Date.parse("2026-11-21T08:00:00Z")

const self = { id: "test", host: "here", pid: 0, command: "test", startedAt: 0 }

export interface StageOptions {
  readonly names: ReadonlyArray<string>
  readonly tags?: number
  readonly dockerhub?: SimulationOptions["dockerhub"]
  readonly options?: Partial<CatalogOptions>
  /** How long a sync may take at most. Default a second. */
  readonly patience?: Duration.DurationInput
}

/** The usual settings, for these images. */
export const optionsFor = (images: ReadonlyArray<string>, more: Partial<CatalogOptions> = {}): CatalogOptions => ({
  images: Option.some(images.map(name)),
  fromLinks: false,
  newAs: "published",
  maxTags: Option.some(10),
  interval: Duration.hours(24),
  lease: Duration.minutes(10),
  idleSleep: Duration.minutes(1),
  ...more
})

/** A stage with these official images. Time is `startOfTests`. */
export const makeCatalogStage = (stage: StageOptions) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(startOfTests)
    const simulation = yield* makeSimulation({
      world: { repositories: 1, official: { names: stage.names, tags: stage.tags ?? 10 } },
      dockerhub: { limit: 1_000_000, ...stage.dockerhub }
    })
    const tables = emptyTables()
    const catalog = CatalogMemory.make("reader", tables)
    const budgets = yield* Effect.provide(RateBudgets, RateBudgetsMemory.layer)
    const registry = yield* Effect.provide(OciRegistry, OciRegistryMemory.layer)
    const processes = (holder: string) =>
      Layer.mergeAll(
        Layer.succeed(ImageCatalog, CatalogMemory.make(holder, tables)),
        Layer.succeed(RepoDockerStore, StoreMemory.make(holder, tables)),
        Layer.succeed(OciRegistry, registry),
        ProcessBoardMemory.layer(self),
        DockerHubRegistryHttp.layer({ egress: "test" })
      ).pipe(
        Layer.provideMerge(Layer.succeed(RateBudgets, budgets)),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, simulation.client))
      )
    const options = optionsFor(stage.names, stage.options)
    /** One sync of one process, not yet under way. */
    const sync = (more: Partial<CatalogOptions> = {}, holder = "one", named = Option.none<ReadonlyArray<string>>()) =>
      Effect.provide(syncOnce({ ...options, ...more }, named), processes(holder))
    /** Runs it while time passes. */
    const run = (...args: Parameters<typeof sync>) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(sync(...args))
        yield* TestClock.adjust(stage.patience ?? "900 millis")
        return yield* Fiber.join(fiber)
      })
    const requests = () => simulation.dockerhub.counters.read().byPath
    /** Everything that is stored, but for when it was looked at. */
    const dump = Effect.gen(function*() {
      const { items } = yield* catalog.list({ visibility: ["published", "draft", "hidden"] }, { limit: 1000 })
      return yield* Effect.forEach(items, (entry) =>
        Effect.gen(function*() {
          const image = entry.name.image
          const { items: tags } = yield* catalog.tags(image, { limit: 1000, gone: true })
          const { items: history } = yield* catalog.history(image, Option.none(), { limit: 1000 })
          return {
            ...entry,
            lookedAt: Option.isSome(entry.lookedAt),
            tags: tags.map((tag) => ({ ...tag, firstSeen: 0, goneSince: Option.isSome(tag.goneSince) })),
            history: history.map(({ digest, since, tag, until }) => [tag, digest, since, Option.isSome(until)])
          }
        }))
    })
    return { ...simulation, registry, tables, catalog, sync, run, requests, dump, processes }
  })
