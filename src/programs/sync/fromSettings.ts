import { Option } from "effect"
import type { SettingsValues } from "../settings/Settings.js"
import type { SyncOptions } from "./SyncOptions.js"

/** One of the two halves of a run. */
export type Part = "discovery" | "refresh"

/** How a run behaves by the settings; both halves where no part is named. */
export const syncOptions = (
  { discovery, dockerhub, registries, store }: SettingsValues,
  flags: { readonly once: boolean; readonly only: Option.Option<Part>; readonly includeDeferred: boolean }
): SyncOptions => ({
  once: flags.once,
  discovery: Option.getOrElse(flags.only, () => "discovery") === "discovery",
  refresh: Option.getOrElse(flags.only, () => "refresh") === "refresh",
  includeDeferred: flags.includeDeferred,
  batchSize: dockerhub.batchSize,
  lease: store.lease,
  refreshInterval: dockerhub.refreshInterval,
  discoveryInterval: dockerhub.discoveryInterval,
  registries: discovery.registries,
  idleSleep: dockerhub.idleSleep,
  verifyPullsPerDay: registries.verifyPullsPerDay
})
