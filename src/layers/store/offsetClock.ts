/**
 * A clock that is set by another one, and how far off this machine's is. See `DatabaseClock.ts`.
 */
import { Clock, Duration, Effect, MutableRef } from "effect"

/** Differences up to this are no reason to distrust a clock. */
export const tolerated = Duration.minutes(5)

/** A clock that is set by the database's. */
export class OffsetClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos: Effect.Effect<bigint>

  /** @param ahead milliseconds by which the base is ahead of the database's clock; 0 while that is tolerated. */
  constructor(readonly base: Clock.Clock, readonly ahead: MutableRef.MutableRef<number>) {
    this.currentTimeNanos = base.currentTimeNanos
  }

  unsafeCurrentTimeMillis(): number {
    return this.base.unsafeCurrentTimeMillis() - MutableRef.get(this.ahead)
  }

  unsafeCurrentTimeNanos(): bigint {
    return this.base.unsafeCurrentTimeNanos()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return this.base.sleep(duration)
  }
}

/**
 * Milliseconds by which this machine's clock is ahead of the database's (negative: behind), where the database's is gone
 * by; 0 where both agree, or there is no database.
 */
export const aheadOfDatabase: Effect.Effect<number> = Effect.map(
  Effect.clock,
  (clock) => clock instanceof OffsetClock ? MutableRef.get(clock.ahead) : 0
)
