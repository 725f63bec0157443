import type { Effect } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { UtcDay } from "../domain/UtcDay.js"

/** Forgets what is older than somebody wants to keep. What a call did before it failed stays done. */
export class Retention extends Context.Tag("image-census/Retention")<Retention, {
  /**
   * Forgets rows of pulls before a day, but never the newest row of an image: months that hold nothing else go as a whole.
   */
  readonly dropPulls: (
    before: UtcDay
  ) => Effect.Effect<{ readonly rows: number; readonly months: number }, Transient>
  /** Forgets what tags pointed to until an instant (epoch milliseconds). Returns how many rows. */
  readonly dropTagHistory: (before: number) => Effect.Effect<number, Transient>
}>() {}
