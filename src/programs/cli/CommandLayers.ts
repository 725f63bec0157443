import type { Effect, Layer } from "effect"
import type { SettingsError, Transient } from "../../domain/Errors.js"
import type { CensusPages } from "../../services/CensusPages.js"
import type { ContentCache } from "../../services/ContentCache.js"
import type { DigestWatcher } from "../../services/DigestWatcher.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { DockerHubTags } from "../../services/DockerHubTags.js"
import type { GitHubAccount } from "../../services/GitHubAccount.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import type { QuayApi } from "../../services/QuayApi.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import type { Retention } from "../../services/Retention.js"
import type { UpdateFinder } from "../../services/UpdateFinder.js"
import type { WatchActions } from "../../services/WatchActions.js"
import type { RequestStores, Stores } from "../server/RequestStores.js"
import type { Settings } from "../settings/Settings.js"
import type { SyncProgress } from "../sync/SyncProgress.js"

/** The database with its schema up to date. */
export type StoreServices = Stores

/** The world outside, with budgets of this process alone or shared through the database. */
export type WorldServices =
  | GitHubProbe
  | GitHubAccount
  | DockerHubRegistry
  | DockerHubTags
  | QuayApi
  | RateBudgets
  | SyncProgress

/** Any registry, with its cache. Needs no database. */
export type RegistryServices = OciRegistry | ContentCache | RateBudgets

/** What the daemon's jobs run on. */
export type AllServices =
  | StoreServices
  | WorldServices
  | RegistryServices
  | UpdateFinder
  | Retention
  | DigestWatcher
  | WatchActions
  | CensusPages

/** Why layers with a database cannot be had: a person has to act, or the database is away for now. */
export type LayerError = SettingsError | Transient

/** What commands run on. The program passes the real layers, tests pass theirs. */
export interface CommandLayers {
  readonly store: Layer.Layer<StoreServices, LayerError, Settings>
  /** The world alone, for what neither reads nor writes the database. */
  readonly world: Layer.Layer<WorldServices, SettingsError, Settings>
  /** Everything, with one set of budgets for the world and the registries. */
  readonly all: Layer.Layer<AllServices, LayerError, Settings>
  /** As `all`, with connections of their own for the requests of the HTTP server. */
  readonly server: Layer.Layer<AllServices | RequestStores, LayerError, Settings>
  /** What is done with the events of watched references. Needs no database. */
  readonly actions: Layer.Layer<WatchActions, SettingsError, Settings>
  /** Any registry, for the length of one command. */
  readonly registries: Layer.Layer<RegistryServices, SettingsError, Settings>
  /**
   * Newer versions, for the length of one command. Needs no database, unless first sights of tags are to be remembered
   * for later commands.
   */
  readonly updates: (options: { readonly remember: boolean }) => Layer.Layer<UpdateFinder, LayerError, Settings>
  /** Brings the database's schema up to date, and nothing else; the names of the migrations that were applied. */
  readonly migrate: Effect.Effect<ReadonlyArray<string>, LayerError, Settings>
}
