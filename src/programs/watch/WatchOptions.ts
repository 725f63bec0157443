import type { Duration } from "effect"

/** How watching runs. */
export interface WatchOptions {
  /**
   * Look at everything once, due or not, deliver what can be delivered now, and end: what was put off is not waited for.
   */
  readonly once: boolean
  /** How long claimed watches stay claimed when their process has died. */
  readonly lease: Duration.Duration
  /** How far the next look may stray to either side of the interval, as a share of it (0 to 1); 0 switches it off. */
  readonly jitter: number
  /**
   * References of one registry that are looked at together. The client has its own limit of requests; what waits for it
   * costs memory, so this need not be much more.
   */
  readonly looksPerRegistry: number
  /** Deliveries under way at once. */
  readonly concurrency: number
  /** So many failures set a delivery aside. */
  readonly attempts: number
  /** How long a delivery stays claimed when its process has died: longer than any action may take. */
  readonly deliveryLease: Duration.Duration
  /** How often the database is asked for what other processes added. */
  readonly poll: Duration.Duration
}

/** What a run has done so far. */
export interface WatchSummary {
  readonly looked: number
  readonly seeded: number
  readonly moved: number
  /** Moved, but not for the platform that is watched. */
  readonly elsewhere: number
  /** The registry's word that the tag does not exist or may not be seen. */
  readonly unseen: number
  readonly deferred: number
  readonly delivered: number
  readonly failed: number
  readonly dead: number
}

export const nothingYet: WatchSummary = {
  looked: 0,
  seeded: 0,
  moved: 0,
  elsewhere: 0,
  unseen: 0,
  deferred: 0,
  delivered: 0,
  failed: 0,
  dead: 0
}

/** Adds what was done. */
export const plus = (summary: WatchSummary, more: Partial<WatchSummary>): WatchSummary => ({
  looked: summary.looked + (more.looked ?? 0),
  seeded: summary.seeded + (more.seeded ?? 0),
  moved: summary.moved + (more.moved ?? 0),
  elsewhere: summary.elsewhere + (more.elsewhere ?? 0),
  unseen: summary.unseen + (more.unseen ?? 0),
  deferred: summary.deferred + (more.deferred ?? 0),
  delivered: summary.delivered + (more.delivered ?? 0),
  failed: summary.failed + (more.failed ?? 0),
  dead: summary.dead + (more.dead ?? 0)
})
