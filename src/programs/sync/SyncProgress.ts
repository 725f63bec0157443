/**
 * What a run of sync has done so far: counted by the pipeline, read by whoever shows it.
 */
import { Context, Effect, Layer, Ref } from "effect"

export interface DiscoveryCounts {
  /** Repositories with a definite answer: hits + misses + notFound. */
  readonly checked: number
  readonly hits: number
  /** Checked, and no image of the repository's name: with or without a Dockerfile. */
  readonly misses: number
  /** GitHub knows no such repository. */
  readonly notFound: number
  /** No definite answer; due again later. */
  readonly deferred: number
}

export interface RefreshCounts {
  readonly refreshed: number
  /** Definite 404. */
  readonly gone: number
  readonly deferred: number
}

/** What was asked of one registry, besides name guesses on Docker Hub. */
export interface RegistryCounts {
  readonly registry: string
  readonly found: number
  readonly absent: number
  /** Missing or private: the registry does not tell. */
  readonly notVisible: number
  /** Images whose label was read. */
  readonly read: number
  readonly deferred: number
}

/** Times are epoch milliseconds. */
export interface SyncState {
  readonly startedAt: number
  readonly discovery: DiscoveryCounts
  readonly refresh: RefreshCounts
  /** In the order in which they first answered. */
  readonly registries: ReadonlyArray<RegistryCounts>
  /** Due rows when last counted, less what was done since; undefined before the first count. */
  readonly repositoriesDue: number | undefined
  readonly imagesDue: number | undefined
  /** While Docker Hub keeps failing: when the next single probe is made. */
  readonly circuitOpenUntil: number | undefined
  /** What the run does now, in a word or two: `working`, `idle`, `stopping`. */
  readonly phase: string
}

const initial = (startedAt: number): SyncState => ({
  startedAt,
  discovery: { checked: 0, hits: 0, misses: 0, notFound: 0, deferred: 0 },
  refresh: { refreshed: 0, gone: 0, deferred: 0 },
  registries: [],
  repositoriesDue: undefined,
  imagesDue: undefined,
  circuitOpenUntil: undefined,
  phase: "starting"
})

/** The state of this process's sync, shared between the pipeline and the screen. */
export class SyncProgress extends Context.Tag("image-census/SyncProgress")<SyncProgress, Ref.Ref<SyncState>>() {}

/** A fresh state that starts now. */
export const layer: Layer.Layer<SyncProgress> = Layer.effect(
  SyncProgress,
  Effect.flatMap(Effect.clock, (clock) => Effect.flatMap(clock.currentTimeMillis, (now) => Ref.make(initial(now))))
)
