import type { Duration } from "effect"
import type { DiscoveryCounts, RefreshCounts, RegistryCounts } from "./SyncProgress.js"

/** How a run of sync behaves. */
export interface SyncOptions {
  /** End when nothing is due now; parks are waited for, rows that were put off to later are not. */
  readonly once: boolean
  readonly discovery: boolean
  readonly refresh: boolean
  /** Take what was put off to later, now. */
  readonly includeDeferred: boolean
  /** Rows claimed at a time (`DOCKERHUB_BATCH_SIZE`). */
  readonly batchSize: number
  /** How long a claim is held before it comes back by itself. */
  readonly lease: Duration.Duration
  readonly refreshInterval: Duration.Duration
  readonly discoveryInterval: Duration.Duration
  /** Where images of repositories are looked for (`DISCOVERY_REGISTRIES`). Default: `docker.io` alone. */
  readonly registries?: ReadonlyArray<string>
  /** How long to wait before looking again when nothing is due. */
  readonly idleSleep: Duration.Duration
  /**
   * Manifests that may be fetched from each registry in a UTC day to read what images say of their origin
   * (`VERIFY_PULLS_PER_DAY`). Default 0: none are read.
   */
  readonly verifyPullsPerDay?: number | undefined
}

/** The summary that `sync` prints, in the form of its `--json`. */
export interface SyncSummary {
  readonly discovery: DiscoveryCounts
  readonly refresh: RefreshCounts
  readonly registries: ReadonlyArray<RegistryCounts>
  readonly requests: {
    readonly github: { readonly requests: number; readonly points: number }
    readonly dockerhub: { readonly requests: number }
    /** Of registries and their APIs, by who was asked. */
    readonly registries: ReadonlyArray<{ readonly service: string; readonly requests: number }>
  }
  readonly seconds: number
}
