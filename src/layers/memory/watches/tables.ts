/**
 * The tables of the watch store in memory.
 */
import { Option } from "effect"
import type { DayWindow } from "../../../domain/DayWindow.js"
import { canonical } from "../../../domain/ImageReference.js"
import { platformText, type Watch } from "../../../domain/Watch.js"
import type { DeliveryState } from "../../../domain/WatchDelivery.js"
import type { WatchEvent } from "../../../domain/WatchEvent.js"
import type { WatchState } from "../../../domain/WatchState.js"
import type { UpdateState } from "../../../domain/WatchUpdates.js"
import type { WatchSelection } from "../../../services/WatchStore.js"

/** Who holds a row, and until when (epoch milliseconds). */
export interface Lease {
  readonly holder: string
  readonly until: number
}

export interface WatchRow {
  readonly watch: Watch
  readonly addedAt: number
  readonly state: WatchState
  readonly lease: Option.Option<Lease>
  readonly updates: UpdateState
  readonly updatesLease: Option.Option<Lease>
}

export interface DeliveryRow {
  readonly position: number
  readonly state: DeliveryState
  readonly bound: number | undefined
  readonly window: Option.Option<DayWindow>
  readonly lease: Option.Option<Lease>
}

export interface EventRow {
  readonly event: WatchEvent
  readonly deliveries: Map<number, DeliveryRow>
}

/** Several stores with different holders may share tables, as processes share a database. */
export interface WatchTables {
  readonly watches: Map<string, WatchRow>
  /** By their sequence, in its order. */
  readonly events: Map<number, EventRow>
  nextWatch: number
  nextSequence: number
}

export const emptyWatchTables = (): WatchTables => ({
  watches: new Map(),
  events: new Map(),
  nextWatch: 1,
  nextSequence: 1
})

/** Nobody else's. */
export const isFree = (lease: Option.Option<Lease>, now: number): boolean =>
  Option.match(lease, { onNone: () => true, onSome: ({ until }) => until <= now })

/** Held by this holder, also when it has lapsed and nobody took it. */
export const isMine = (lease: Option.Option<Lease>, holder: string): boolean =>
  Option.exists(lease, (held) => held.holder === holder)

/** Whether a row is one of the selection. */
export const isChosen = ({ platform, reference }: WatchSelection, { watch }: WatchRow): boolean =>
  canonical(watch.reference) === reference &&
  Option.match(platform, { onNone: () => true, onSome: (text) => platformText(watch.platform) === text })

/** Rows in the order of references and platforms. */
export const inOrder = (tables: WatchTables): ReadonlyArray<WatchRow> => {
  const key = ({ watch }: WatchRow) => `${canonical(watch.reference)}\n${platformText(watch.platform)}`
  return [...tables.watches.values()].sort((first, second) => key(first) < key(second) ? -1 : 1)
}
