import type { Duration, Effect, Option, Stream } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { NewWatch, Watch, WatchAction } from "../domain/Watch.js"
import type { Attempt, DeliveryState, EventStatus } from "../domain/WatchDelivery.js"
import type { WatchEvent } from "../domain/WatchEvent.js"
import type { Observation, WatchState } from "../domain/WatchState.js"
import type { UpdateLookResult, UpdateState } from "../domain/WatchUpdates.js"

/** A watch with what is known of it. Times are epoch milliseconds. */
export interface StoredWatch {
  readonly watch: Watch
  readonly state: WatchState
  readonly addedAt: number
  readonly updates: UpdateState
  /** Its deliveries that are not done. */
  readonly pending: number
  readonly dead: number
}

/** Which watches: all of a reference, or the one for a platform. The platform as `Watch.platformText` writes it. */
export interface WatchSelection {
  /** In full: `docker.io/library/nginx:latest`. */
  readonly reference: string
  /** None: whatever the platform; the empty text: the watch without one. */
  readonly platform: Option.Option<string>
}

/** A watch that this process alone looks at until its lease ends. */
export interface ClaimedWatch {
  readonly watch: Watch
  readonly state: WatchState
}

/** A look at a claimed watch. */
export interface WatchFinding {
  readonly claim: ClaimedWatch
  readonly observation: Observation
}

/** What a bulk of findings changed. */
export interface Recorded {
  /** Seen for the first time. */
  readonly seeded: number
  /** Moved for the watch: these events were written. */
  readonly events: ReadonlyArray<WatchEvent>
  /** Moved, but not for the watch's platform. */
  readonly elsewhere: number
  /** Findings whose lease had passed to another process: they were dropped. */
  readonly lost: number
}

/** The way of an event to one action. */
export interface StoredDelivery extends DeliveryState {
  /** Which of the watch's actions; from 0. */
  readonly position: number
  /** None when the watch has been removed. */
  readonly action: Option.Option<WatchAction>
}

/** An event with what became of it. */
export interface StoredEvent {
  readonly event: WatchEvent
  readonly status: EventStatus
  readonly deliveries: ReadonlyArray<StoredDelivery>
}

/** Which events, and in which order. */
export interface EventQuery {
  readonly limit: number
  /** Newest first; then `from` is where older ones begin. Default false. */
  readonly newestFirst?: boolean
  /** Only events behind this `sequence`, in the order that was asked for; none begins at the end. */
  readonly from?: number | undefined
  readonly status?: EventStatus | undefined
  /** Only the event with this id, in whichever case it is written. */
  readonly id?: string | undefined
  readonly watch?: string | undefined
  readonly type?: WatchEvent["type"] | undefined
}

/** A delivery that this process alone attempts until its lease ends. */
export interface ClaimedDelivery {
  readonly event: WatchEvent
  readonly position: number
  readonly action: WatchAction
  /** Attempts so far; all of them failed. */
  readonly attempts: number
}

/** An attempt at a claimed delivery. */
export interface DeliveryAttempt {
  readonly claim: ClaimedDelivery
  readonly attempt: Attempt
}

/** A look for newer versions of a claimed watch. `at` is epoch milliseconds. */
export interface UpdateFinding {
  readonly watch: string
  readonly at: number
  readonly result: UpdateLookResult
}

/** Watched references whose newer versions are to be looked up. */
export interface ClaimedUpdateLook {
  readonly watch: Watch
  readonly known: UpdateState
}

/** How to claim. Claims are leases: they come back by themselves when `lease` has passed. */
export interface WatchClaimOptions {
  readonly limit: number
  readonly lease: Duration.Duration
}

/**
 * Watched references, what was last seen of them, and the outbox of their events. Several processes share it. Every
 * failure is TRANSIENT: what the failed call was to write is as it was.
 */
export class WatchStore extends Context.Tag("image-census/WatchStore")<WatchStore, {
  /**
   * Adds watches; one that is there (same reference and platform) takes the new interval, actions and rule, and keeps
   * what was seen. What waits for an action uses the new ones; what waited for an action that is gone is dropped. With
   * `onlyNew` one that is there stays as it is, and is not counted.
   */
  readonly add: (
    watches: ReadonlyArray<NewWatch>,
    options?: { readonly onlyNew: boolean }
  ) => Effect.Effect<{ readonly added: number; readonly changed: number }, Transient>
  /** Takes watches out, with what waits for their actions; their events stay. Returns how many went. */
  readonly remove: (selection: WatchSelection) => Effect.Effect<number, Transient>
  /** All watches, or those of a reference, in the order of references. */
  readonly list: (selection: Option.Option<WatchSelection>) => Stream.Stream<StoredWatch, Transient>

  /**
   * Claims watches that are due, longest first. The registries of `without` are left out: they are parked, or being asked.
   * With `since` (epoch milliseconds), due or not, what was not looked at since then, unless its registry asked to wait.
   */
  readonly claim: (
    options: WatchClaimOptions & {
      readonly without?: ReadonlyArray<string>
      readonly since?: number | undefined
    }
  ) => Effect.Effect<ReadonlyArray<ClaimedWatch>, Transient>
  /** Gives leases back: the watches are due as they were. */
  readonly release: (claims: ReadonlyArray<ClaimedWatch>) => Effect.Effect<void, Transient>
  /** When the next watch is due (epoch milliseconds), leased ones and these registries left out. None: there is none. */
  readonly nextDue: (without?: ReadonlyArray<string>) => Effect.Effect<Option.Option<number>, Transient>
  /**
   * Writes what a pass saw, in one transaction, and ends the leases: a move and its event together, of what is unchanged
   * only the stamp.
   */
  readonly record: (findings: ReadonlyArray<WatchFinding>) => Effect.Effect<Recorded, Transient>
  /** Writes an event for each of these watches, by hand. Returns them. */
  readonly fire: (selection: WatchSelection) => Effect.Effect<ReadonlyArray<WatchEvent>, Transient>

  /** A page of events. */
  readonly events: (query: EventQuery) => Effect.Effect<ReadonlyArray<StoredEvent>, Transient>
  /**
   * Claims deliveries that may be attempted now. For each action of a watch one at a time, in the order of events: not
   * before all earlier ones are delivered or dead. What an update fires waits for the rule's part of the day.
   */
  readonly claimDeliveries: (
    options: WatchClaimOptions
  ) => Effect.Effect<ReadonlyArray<ClaimedDelivery>, Transient>
  /** When the next delivery may be attempted (epoch milliseconds), not counting those that are being attempted. */
  readonly nextDelivery: Effect.Effect<Option.Option<number>, Transient>
  /** Writes how attempts ended. `bound`: so many failures set a delivery aside (three for those of updates). */
  readonly settle: (
    attempts: ReadonlyArray<DeliveryAttempt>,
    bound: number
  ) => Effect.Effect<{ readonly delivered: number; readonly failed: number; readonly dead: number }, Transient>
  /** Gives leases back, without counting an attempt. */
  readonly releaseDeliveries: (claims: ReadonlyArray<ClaimedDelivery>) => Effect.Effect<void, Transient>
  /** Tries again what was set aside: of one event, or of all. Returns how many deliveries. */
  readonly retry: (event: Option.Option<string>) => Effect.Effect<number, Transient>
  /** Forgets events before an instant (epoch milliseconds) that are delivered, or had no action. Returns how many. */
  readonly prune: (before: number) => Effect.Effect<number, Transient>

  /** Claims watches whose newer versions were looked up longer ago than `interval`, or never. */
  readonly claimUpdateLooks: (
    options: WatchClaimOptions & { readonly interval: Duration.Duration }
  ) => Effect.Effect<ReadonlyArray<ClaimedUpdateLook>, Transient>
  /**
   * Writes what was found, and ends the leases. The newest version keeps the time of its first sight while it is the same
   * tag; a deferral changes nothing but when to look again.
   */
  readonly recordUpdates: (findings: ReadonlyArray<UpdateFinding>) => Effect.Effect<void, Transient>
  /**
   * Writes an event (`image-census.update.found`) for each update that a rule asks to tell, that is old enough, and that
   * was not told before, within the rule's part of the day. Returns them.
   */
  readonly fireUpdates: Effect.Effect<ReadonlyArray<WatchEvent>, Transient>
}>() {}
