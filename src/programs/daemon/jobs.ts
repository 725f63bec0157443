/**
 * What the daemon keeps running, by the settings: a line for each job, which lives in a folder of its own.
 */
import { Effect, Option } from "effect"
import { catalogOptions, tellSkipped } from "../catalog/fromSettings.js"
import { keep } from "../catalog/SyncCatalog.js"
import type { AllServices } from "../cli/CommandLayers.js"
import type { SettingsValues } from "../settings/Settings.js"
import { syncOptions } from "../sync/fromSettings.js"
import { sync } from "../sync/Sync.js"
import { nightly } from "../updates/Nightly.js"
import { upkeep } from "../upkeep/Upkeep.js"
import { watchOptions } from "../watch/fromSettings.js"
import { watch } from "../watch/Watch.js"
import type { Job } from "./Job.js"

const syncJob = (settings: SettingsValues): Job<AllServices> => ({
  name: "sync",
  run: Effect.asVoid(sync(syncOptions(settings, { once: false, only: Option.none(), includeDeferred: false })))
})

const watchJob = (settings: SettingsValues): Job<AllServices> => ({
  name: "watch",
  run: Effect.asVoid(watch(watchOptions(settings, { once: false, jitter: true })))
})

const catalogJob = (settings: SettingsValues): Job<AllServices> => ({
  name: "catalog",
  run: Effect.zipRight(tellSkipped(settings), keep(catalogOptions(settings)))
})

const updatesJob = ({ store, updates }: SettingsValues): ReadonlyArray<Job<AllServices>> =>
  Option.toArray(Option.map(updates.hour, (hour) => ({
    name: "updates",
    run: Effect.asVoid(nightly({ hour, lease: store.lease }))
  })))

const upkeepJob = ({ dockerhub, retention }: SettingsValues): Job<AllServices> => ({
  name: "upkeep",
  run: upkeep({
    keepPulls: retention.pulls,
    keepTagHistory: retention.tagHistory,
    keepEvents: retention.events,
    intervals: { discovery: dockerhub.discoveryInterval, refresh: dockerhub.refreshInterval }
  })
})

/** The jobs that these settings ask for, in the order in which the log names them. */
export const jobsOf = (settings: SettingsValues): ReadonlyArray<Job<AllServices>> => [
  syncJob(settings),
  watchJob(settings),
  ...(settings.catalog.enabled ? [catalogJob(settings)] : []),
  ...updatesJob(settings),
  upkeepJob(settings)
]
