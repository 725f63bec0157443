import { Option } from "effect"
import type { SettingsValues } from "../settings/Settings.js"
import type { DiscoverOptions } from "./Discover.js"
import type { SyncOptions } from "./SyncOptions.js"

/** One of the two halves of a run. */
export type Part = "discovery" | "refresh"

/** How single repositories are looked at by the settings. */
export const discoverOptions = ({ discovery, registries }: SettingsValues): DiscoverOptions => ({
  registries: discovery.registries,
  verifyPullsPerDay: registries.verifyPullsPerDay
})

/** How a run behaves by the settings; both halves where no part is named. */
export const syncOptions = (
  settings: SettingsValues,
  flags: { readonly once: boolean; readonly only: Option.Option<Part>; readonly includeDeferred: boolean }
): SyncOptions => ({
  ...discoverOptions(settings),
  once: flags.once,
  discovery: Option.getOrElse(flags.only, () => "discovery") === "discovery",
  refresh: Option.getOrElse(flags.only, () => "refresh") === "refresh",
  includeDeferred: flags.includeDeferred,
  batchSize: settings.dockerhub.batchSize,
  lease: settings.store.lease,
  refreshInterval: settings.dockerhub.refreshInterval,
  discoveryInterval: settings.dockerhub.discoveryInterval,
  idleSleep: settings.dockerhub.idleSleep
})
