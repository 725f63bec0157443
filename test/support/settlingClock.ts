/**
 * A TestClock for pipelines with a real database below: before time passes, what is under way in the database settles.
 * `TestClock.adjust` and its sisters work on it as on any other.
 */
import { Chunk, Clock, Duration, Effect, Fiber, Option, type TestClock } from "effect"
import { setImmediate } from "node:timers/promises"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export interface SettlingClock {
  readonly clock: TestClock.TestClock
  /** Marks work that takes real time: the clock stands still until it has ended. */
  readonly real: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Lets time pass, from one wake-up to the next, until the fiber has ended. Dies where it has not within `most`. */
  readonly join: <A, E>(fiber: Fiber.RuntimeFiber<A, E>, most: Duration.DurationInput) => Effect.Effect<A, E>
}

// So many quiet turns of Node's loop in a row, and nothing goes on by itself any more.
const quietTurns = 3

/** A clock that shows this time (epoch milliseconds) until it is adjusted. */
export const makeSettlingClock = (start: number): SettlingClock => {
  const sleepers = new Set<Sleeper>()
  const state = { now: start, busy: 0 }

  const settle = Effect.promise(async () => {
    for (let quiet = 0; quiet < quietTurns;) {
      await setImmediate()
      quiet = state.busy === 0 ? quiet + 1 : 0
    }
  })

  const earliest = (): Sleeper | undefined => {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (first === undefined || sleeper.at < first.at) first = sleeper
    return first
  }

  /** Wakes the next one that sleeps no longer than until `end`; false where there is none. */
  const step = (end: number) =>
    Effect.map(settle, () => {
      const next = earliest()
      if (next === undefined || next.at > end) return false
      state.now = Math.max(state.now, next.at)
      sleepers.delete(next)
      next.wake()
      return true
    })

  const setTime = (end: number) =>
    Effect.gen(function*() {
      while (yield* step(end));
      state.now = Math.max(state.now, end)
      yield* settle
    })
  const adjust = (duration: Duration.DurationInput) =>
    Effect.suspend(() => setTime(state.now + Duration.toMillis(duration)))

  const clock: TestClock.TestClock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => state.now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(state.now)) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => state.now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(state.now)) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = { at: state.now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      }),
    adjust,
    adjustWith: (duration) => (effect) => Effect.zipLeft(effect, adjust(duration), { concurrent: true }),
    setTime,
    save: Effect.sync(() => {
      const { now } = state
      return Effect.sync(() => void (state.now = now))
    }),
    sleeps: Effect.sync(() => Chunk.fromIterable(Array.from(sleepers, ({ at }) => at)))
  }

  const join: SettlingClock["join"] = (fiber, most) =>
    Effect.gen(function*() {
      const end = state.now + Duration.toMillis(most)
      while (Option.isNone(yield* Fiber.poll(fiber))) {
        if (!(yield* step(end)) && Option.isNone(yield* Fiber.poll(fiber))) {
          return yield* Effect.dieMessage(`not ended within ${Duration.format(most)}`)
        }
      }
      return yield* Fiber.join(fiber)
    })

  return {
    clock,
    real: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => void state.busy++),
        () => effect,
        () => Effect.sync(() => void state.busy--)
      ),
    join
  }
}
