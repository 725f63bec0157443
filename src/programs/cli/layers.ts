/**
 * The composition root: which layers the commands run on, by the settings. Loaded only when a command needs them, for
 * they bring the embedded database and the HTTP client along.
 */
import type { CommandExecutor, FileSystem, Path } from "@effect/platform"
import type { SqlClient } from "@effect/sql"
import { Effect, Layer, Option, Redacted } from "effect"
import * as RateBudgetsMemory from "../../layers/budgets/RateBudgetsMemory.js"
import * as RateBudgetsSql from "../../layers/budgets/RateBudgetsSql.js"
import * as DockerHubRegistryHttp from "../../layers/dockerhub/DockerHubRegistryHttp.js"
import * as GitHubAccountHttp from "../../layers/github/GitHubAccountHttp.js"
import * as GitHubProbeHttp from "../../layers/github/GitHubProbeHttp.js"
import type { GitHubOptions } from "../../layers/github/options.js"
import * as HttpClientUndici from "../../layers/http/HttpClientUndici.js"
import * as FirstSightsMemory from "../../layers/memory/FirstSightsMemory.js"
import * as QuayApiHttp from "../../layers/quay/QuayApiHttp.js"
import * as ContentCacheDisk from "../../layers/registry/ContentCacheDisk.js"
import * as ContentCacheMemory from "../../layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../layers/registry/OciRegistryHttp.js"
import * as RegistryCredentialsChain from "../../layers/registry/RegistryCredentialsChain.js"
import * as ReleaseProjectsHttp from "../../layers/releases/ReleaseProjectsHttp.js"
import * as CensusPagesSql from "../../layers/store/CensusPagesSql.js"
import * as Database from "../../layers/store/Database.js"
import * as DatabaseClock from "../../layers/store/DatabaseClock.js"
import type { FolderProcess } from "../../layers/store/dataFolder.js"
import * as FirstSightsSql from "../../layers/store/FirstSightsSql.js"
import * as ImageCatalogSql from "../../layers/store/ImageCatalogSql.js"
import * as LinkStoreSql from "../../layers/store/LinkStoreSql.js"
import { migrate } from "../../layers/store/migrate.js"
import * as ProcessBoardSql from "../../layers/store/ProcessBoardSql.js"
import * as RepoDockerStoreSql from "../../layers/store/RepoDockerStoreSql.js"
import * as RetentionSql from "../../layers/store/RetentionSql.js"
import * as WatchStoreSql from "../../layers/store/WatchStoreSql.js"
import * as UpdateFinderRegistries from "../../layers/updates/UpdateFinderRegistries.js"
import * as DigestWatcherRegistry from "../../layers/watch/DigestWatcherRegistry.js"
import * as WatchActionsNode from "../../layers/watch/WatchActionsNode.js"
import * as WorkflowReaderNode from "../../layers/workflows/WorkflowReaderNode.js"
import type { CensusPages } from "../../services/CensusPages.js"
import type { ContentCache } from "../../services/ContentCache.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import * as RequestStores from "../server/RequestStores.js"
import { secretNames } from "../settings/definitions.js"
import { Settings, type SettingsValues } from "../settings/Settings.js"
import * as SyncProgress from "../sync/SyncProgress.js"
import type { CommandLayers, LayerError } from "./CommandLayers.js"

/** What the program knows of itself. */
export interface Program {
  readonly version: string
  readonly process: FolderProcess
  /** The user's folder, in which Docker keeps its configuration. */
  readonly home: string
}

/** Where the operators of the services that are asked can read who asks. */
const address = "https://github.com/image-census/image-census"

const withSettings = <A, E, R>(f: (settings: SettingsValues) => Layer.Layer<A, E, R>) =>
  Layer.unwrapEffect(Effect.map(Settings, f))

const databaseOptions = ({ store }: SettingsValues, { process }: Program): Database.DatabaseOptions => ({
  url: store.databaseUrl,
  dataDir: store.dataDir,
  process
})

const http = ({ version }: Program) =>
  withSettings(({ http }) =>
    HttpClientUndici.layer({
      version,
      address,
      proxy: {
        https: Option.getOrUndefined(Option.map(http.httpsProxy, Redacted.value)),
        http: Option.getOrUndefined(Option.map(http.httpProxy, Redacted.value)),
        no: Option.getOrUndefined(http.noProxy)
      }
    })
  )

const githubOptions = ({ discovery, github }: SettingsValues): GitHubOptions => ({
  tokens: github.tokens,
  app: Option.getOrUndefined(Option.map(github.app, ({ id, installationIds, privateKey }) => ({
    appId: id,
    privateKey,
    installationIds: Option.getOrElse(installationIds, () => []).map(String)
  }))),
  apiUrl: github.apiUrl,
  batchSize: github.batchSize,
  files: discovery.workflows
})

const github = withSettings((settings) =>
  Layer.merge(GitHubProbeHttp.layer(githubOptions(settings)), GitHubAccountHttp.layer(githubOptions(settings)))
)

const dockerHub = withSettings(({ dockerhub, store }) =>
  DockerHubRegistryHttp.layer({
    baseUrl: dockerhub.apiBaseUrl,
    egress: store.egress,
    credentials: Option.getOrUndefined(dockerhub.login)
  })
)

const quay = withSettings(({ registries }) => QuayApiHttp.layer({ baseUrl: registries.quayApiBaseUrl }))

// Bodies in memory, in bytes. A daemon does other things too, and has to fit into a small machine.
const cacheBytes = { command: 64 * 1024 * 1024, daemon: 16 * 1024 * 1024 } as const

const contentCache = (length: keyof typeof cacheBytes) =>
  withSettings(({ registries }) => {
    const options = { maxBytes: cacheBytes[length] }
    return Option.match(registries.cacheDir, {
      onNone: (): Layer.Layer<ContentCache, never, FileSystem.FileSystem | Path.Path> =>
        ContentCacheMemory.layer(options),
      onSome: (directory) => ContentCacheDisk.layer({ ...options, directory })
    })
  })

const credentials = ({ home }: Program) =>
  withSettings(({ registries }) =>
    RegistryCredentialsChain.layer({
      given: registries.auths,
      dockerConfig: Option.orElse(registries.dockerConfig, () => Option.some(`${home}/.docker`)),
      withheld: secretNames
    })
  )

/** Registries and their cache. What a tag pointed to is remembered only for the length of one command. */
const registries = (program: Program, length: keyof typeof cacheBytes) =>
  withSettings(({ discovery, registries }) =>
    OciRegistryHttp.layer({
      mirrors: registries.endpoints,
      configured: [...discovery.registries, ...registries.auths.map(({ registry }) => registry)],
      concurrency: registries.concurrency,
      requestsPerSecond: registries.requestsPerSecond,
      longestWait: registries.maxWait,
      rememberTags: length === "command"
    })
  ).pipe(
    Layer.provide(Layer.merge(http(program), credentials(program))),
    Layer.provideMerge(contentCache(length))
  )

const outside = (program: Program) =>
  Layer.mergeAll(github, dockerHub, quay, SyncProgress.layer, WorkflowReaderNode.layer()).pipe(
    Layer.provide(http(program))
  )

/** Newer versions, over the world and the registries of a command or of the daemon. */
const updates = (program: Program) =>
  withSettings(({ github, registries, store }) =>
    UpdateFinderRegistries.layer({ egress: store.egress, longestWait: registries.maxWait }).pipe(
      Layer.provide(ReleaseProjectsHttp.layer({ githubUrl: github.apiUrl, githubToken: github.tokens[0] }))
    )
  ).pipe(Layer.provide(http(program)))

// The embedded database has one process, so its budgets need no sharing.
const budgets = (program: Program) =>
  withSettings(({ store }) =>
    Option.match(store.databaseUrl, {
      onNone: (): Layer.Layer<RateBudgets, never, SqlClient.SqlClient> => RateBudgetsMemory.layer,
      onSome: (url) => RateBudgetsSql.layer({ url, process: program.process.id })
    })
  )

const board = (program: Program) => ProcessBoardSql.layer(program.process)

const store = ({ process: { id } }: Program) =>
  Layer.mergeAll(
    RepoDockerStoreSql.layer({ holder: id }),
    ImageCatalogSql.layer({ holder: id }),
    LinkStoreSql.layer({ holder: id }),
    WatchStoreSql.layer({ holder: id })
  )

const requestConnections = 5

// One process has one board to write on: what requests have of it only reads.
const requestStores = (program: Program) =>
  Layer.provide(RequestStores.layer, Layer.merge(store(program), ProcessBoardSql.reading))

const actions = (program: Program) =>
  withSettings(({ http, watch }) =>
    WatchActionsNode.layer({
      secret: watch.webhookSecret,
      webhookTimeout: watch.webhookTimeout,
      commandTimeout: watch.commandTimeout,
      withheld: secretNames,
      userAgent: HttpClientUndici.userAgent({ version: program.version, address }),
      proxy: {
        https: Option.getOrUndefined(Option.map(http.httpsProxy, Redacted.value)),
        http: Option.getOrUndefined(Option.map(http.httpProxy, Redacted.value)),
        no: Option.getOrUndefined(http.noProxy)
      }
    })
  )

/** The layers of the real program. */
export const make = (
  program: Program,
  platform: Layer.Layer<FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor>
): CommandLayers => {
  // On a server, everything that is built on it goes by its clock, where this machine's is wrong.
  const database = withSettings((settings) => {
    const opened = Database.layer(databaseOptions(settings, program))
    return Option.isSome(settings.store.databaseUrl) ? Layer.provideMerge(DatabaseClock.layer, opened) : opened
  }).pipe(Layer.provide(platform))
  // Requests have connections of their own, so that they never wait for one that a job holds.
  const requests = withSettings((settings) =>
    Option.isSome(settings.store.databaseUrl)
      ? Layer.provide(
        Database.connection({ ...databaseOptions(settings, program), connections: requestConnections }),
        platform
      )
      : database
  )
  const everything = <R>(pages: Layer.Layer<CensusPages, LayerError, R>) =>
    Layer.mergeAll(updates(program), DigestWatcherRegistry.layer, actions(program)).pipe(
      Layer.provide(FirstSightsSql.layer),
      Layer.provideMerge(
        Layer.mergeAll(
          store(program),
          board(program),
          outside(program),
          registries(program, "daemon"),
          pages,
          RetentionSql.layer
        )
      ),
      Layer.provideMerge(budgets(program)),
      Layer.provide(Layer.merge(database, platform))
    )
  return {
    store: Layer.mergeAll(
      store(program),
      // What only reads has no budgets of its own to show.
      board(program).pipe(Layer.provide(RateBudgetsMemory.layer))
    ).pipe(Layer.provide(database)),
    world: outside(program).pipe(Layer.provideMerge(RateBudgetsMemory.layer)),
    registries: registries(program, "command").pipe(
      Layer.provideMerge(RateBudgetsMemory.layer),
      Layer.provide(platform)
    ),
    actions: actions(program).pipe(Layer.provide(platform)),
    all: everything(CensusPagesSql.layer),
    server: Layer.merge(
      everything(Layer.provide(CensusPagesSql.layer, requests)),
      Layer.provide(requestStores(program), requests)
    ),
    updates: ({ remember }) =>
      updates(program).pipe(
        Layer.provide(remember ? FirstSightsSql.layer.pipe(Layer.provide(database)) : FirstSightsMemory.layer),
        Layer.provide(Layer.merge(dockerHub.pipe(Layer.provide(http(program))), registries(program, "command"))),
        Layer.provide(RateBudgetsMemory.layer),
        Layer.provide(platform)
      ),
    migrate: Effect.gen(function*() {
      const options = databaseOptions(yield* Settings, program)
      const connection = Database.connection(options).pipe(Layer.provide(platform))
      return yield* Effect.provide(migrate(Database.settingOf(options)), connection)
    })
  }
}
