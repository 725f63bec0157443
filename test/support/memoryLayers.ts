/**
 * Layers of the command line in memory, over a store that lives as long as the test.
 */
import { Effect, Layer, Option } from "effect"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryMemory from "../../src/layers/dockerhub/DockerHubRegistryMemory.js"
import * as GitHubProbeMemory from "../../src/layers/github/GitHubProbeMemory.js"
import * as FirstSightsMemory from "../../src/layers/memory/FirstSightsMemory.js"
import * as ImageCatalogMemory from "../../src/layers/memory/ImageCatalogMemory.js"
import * as LinkStoreMemory from "../../src/layers/memory/LinkStoreMemory.js"
import * as ProcessBoardMemory from "../../src/layers/memory/ProcessBoardMemory.js"
import * as RepoDockerStoreMemory from "../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../src/layers/memory/store/tables.js"
import * as WatchStoreMemory from "../../src/layers/memory/WatchStoreMemory.js"
import * as QuayApiMemory from "../../src/layers/quay/QuayApiMemory.js"
import * as ContentCacheMemory from "../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryMemory from "../../src/layers/registry/OciRegistryMemory.js"
import * as UpdateFinderRegistries from "../../src/layers/updates/UpdateFinderRegistries.js"
import * as DigestWatcherRegistry from "../../src/layers/watch/DigestWatcherRegistry.js"
import type { CommandLayers, WorldServices } from "../../src/programs/cli/CommandLayers.js"
import * as RequestStores from "../../src/programs/server/RequestStores.js"
import * as SyncProgress from "../../src/programs/sync/SyncProgress.js"
import { CensusPages } from "../../src/services/CensusPages.js"
import { type CredentialReport, GitHubAccount } from "../../src/services/GitHubAccount.js"
import { ImageCatalog } from "../../src/services/ImageCatalog.js"
import { LinkStore } from "../../src/services/LinkStore.js"
import { ReleaseProjects } from "../../src/services/ReleaseProjects.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { Retention } from "../../src/services/Retention.js"
import { WatchActions } from "../../src/services/WatchActions.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { testProcess } from "./embeddedDatabase.js"

const keepsAll = Layer.succeed(Retention, {
  dropPulls: () => Effect.succeed({ rows: 0, months: 0 }),
  dropTagHistory: () => Effect.succeed(0)
})

/** Pages are what SQL is for: tests of them have a database. */
export const noPages: CensusPages["Type"] = {
  schema: Effect.succeed({ current: 1, known: 1 }),
  repositories: () => Effect.succeed([]),
  repository: () => Effect.succeedNone,
  images: () => Effect.succeed([]),
  image: () => Effect.succeedNone,
  counts: () => Effect.succeed(new Map()),
  doneOn: () => Effect.succeed(0),
  days: () => Effect.succeed([]),
  keepDay: () => Effect.void
}

const facts = (image: string, pulls: bigint) => ({ image, pulls, stars: 7, lastUpdated: Option.some(86_400_000) })

const probe = (owner: string, name: string, dockerfiles: ReadonlyArray<"Dockerfile" | "docker/Dockerfile">) => ({
  repository: { owner, name },
  headOid: Option.some("0123456789abcdef0123456789abcdef01234567"),
  dockerfiles
})

const works: CredentialReport = {
  label: "token 1",
  outcome: { _tag: "Works", detail: "4,999 of 5,000 points left", reading: {} }
}

/** A small world: `Acme/App` publishes an image, `acme/tool` does not, `acme/docs` has no Dockerfile. */
export const smallWorld: Layer.Layer<WorldServices> = Layer.mergeAll(
  GitHubProbeMemory.layer([
    ["Acme/App", probe("Acme", "App", ["Dockerfile"])],
    ["acme/tool", probe("acme", "tool", ["docker/Dockerfile"])],
    ["acme/docs", probe("acme", "docs", [])],
    ["old/name", probe("acme", "tool", ["Dockerfile"])]
  ]),
  DockerHubRegistryMemory.layerMemory([facts("acme/app", 1_234_567n)]),
  Layer.succeed(GitHubAccount, { check: Effect.succeed([works]) }),
  QuayApiMemory.layerMemory(),
  SyncProgress.layer
).pipe(Layer.provideMerge(RateBudgetsMemory.layer))

/** Command layers over a store of their own, which several calls share. */
export const makeLayers = (world: Layer.Layer<WorldServices> = smallWorld) => {
  const tables = emptyTables()
  const watches = WatchStoreMemory.make("memory")
  const store = Layer.mergeAll(
    Layer.sync(RepoDockerStore, () => RepoDockerStoreMemory.make("memory", tables)),
    Layer.sync(ImageCatalog, () => ImageCatalogMemory.make("memory", tables)),
    Layer.sync(LinkStore, () => LinkStoreMemory.make("memory", tables)),
    Layer.succeed(WatchStore, watches)
  )
  const actions = Layer.succeed(WatchActions, {
    problemOf: () => Effect.succeedNone,
    deliver: () => Effect.succeed({ ok: true, result: "HTTP 204", output: Option.none(), retryAt: Option.none() })
  })
  const board = ProcessBoardMemory.layer(testProcess)
  const registries = Layer.merge(OciRegistryMemory.layer, ContentCacheMemory.layer())
  const updates = UpdateFinderRegistries.layer().pipe(
    Layer.provide(Layer.merge(
      FirstSightsMemory.layer,
      Layer.succeed(ReleaseProjects, { startsWithV: () => Effect.succeedSome(true) })
    ))
  )
  const everything = Layer.mergeAll(updates, DigestWatcherRegistry.layer, actions).pipe(
    Layer.provideMerge(Layer.mergeAll(store, board, registries, Layer.succeed(CensusPages, noPages), keepsAll)),
    Layer.provideMerge(world)
  )
  const layers: CommandLayers = {
    store: Layer.merge(store, Layer.provide(board, RateBudgetsMemory.layer)),
    world,
    actions,
    all: everything,
    server: Layer.provideMerge(RequestStores.layer, everything),
    updates: () => updates.pipe(Layer.provide(Layer.merge(registries, world))),
    registries: Layer.merge(registries, RateBudgetsMemory.layer),
    migrate: Effect.succeed(["1_tables"])
  }
  return { layers, tables, store: RepoDockerStoreMemory.make("memory", tables), watches }
}
