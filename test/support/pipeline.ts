/**
 * The whole pipeline over a simulated world: the real layers from GitHub to the database, for tests and benchmarks.
 */
import { HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Duration, Layer, Option, Redacted } from "effect"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryHttp from "../../src/layers/dockerhub/DockerHubRegistryHttp.js"
import * as GitHubProbeHttp from "../../src/layers/github/GitHubProbeHttp.js"
import type { GitHubOptions } from "../../src/layers/github/options.js"
import * as ProcessBoardMemory from "../../src/layers/memory/ProcessBoardMemory.js"
import * as Database from "../../src/layers/store/Database.js"
import * as RepoDockerStoreSql from "../../src/layers/store/RepoDockerStoreSql.js"
import type { SyncOptions } from "../../src/programs/sync/SyncOptions.js"
import * as SyncProgress from "../../src/programs/sync/SyncProgress.js"

/** How the simulated services are reached, and who pays. */
export interface PipelineOptions {
  readonly client: HttpClient.HttpClient
  readonly github: GitHubOptions
  /** Default: the real address, which a simulation's in-process client answers under. */
  readonly hubUrl?: string
}

const self = { id: "test", host: "here", pid: 0, command: "test", startedAt: 0 }

/** Everything that `sync` needs, but for the store. */
export const services = (options: PipelineOptions) =>
  Layer.mergeAll(
    GitHubProbeHttp.layer(options.github),
    DockerHubRegistryHttp.layer({ baseUrl: options.hubUrl, egress: "test" }),
    ProcessBoardMemory.layer(self),
    SyncProgress.layer
  ).pipe(
    Layer.provideMerge(RateBudgetsMemory.layer),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, options.client))
  )

/** An embedded database that ends with the test. */
export const embedded = Layer.provideMerge(
  RepoDockerStoreSql.layer({ holder: "test" }),
  Database.layer({
    url: Option.none(),
    dataDir: "memory:",
    process: { ...self, exists: () => true }
  })
).pipe(Layer.provide(NodeContext.layer))

/** The credentials of a simulated GitHub. */
export const tokens = (secrets: ReadonlyArray<string>): GitHubOptions => ({
  tokens: secrets.map((secret) => Redacted.make(secret))
})

/** `sync --once` with the usual settings. */
export const once: SyncOptions = {
  once: true,
  discovery: true,
  refresh: true,
  includeDeferred: false,
  batchSize: 100,
  lease: Duration.minutes(10),
  refreshInterval: Duration.hours(24),
  discoveryInterval: Duration.days(14),
  idleSleep: Duration.minutes(1)
}
