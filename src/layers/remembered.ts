/**
 * Answers that hold for long, and failures that hold for a little while; one question at a time for each key.
 */
import { Clock, Effect, Exit } from "effect"
import { makeFlights } from "./flights.js"

interface Kept<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** Epoch milliseconds. */
  readonly until: number
}

export interface RememberedOptions {
  /** How long (milliseconds) an answer is repeated, and a failure. */
  readonly answers: number
  readonly failures: number
  /** So many keys at most; the oldest go first. */
  readonly keys: number
}

/** Runs an effect, or repeats what came of it the last time. */
export const makeRemembered = <A, E>(options: RememberedOptions) => {
  const kept = new Map<string, Kept<A, E>>()
  const fly = makeFlights<A, E>()

  const keep = (key: string, exit: Exit.Exit<A, E>, now: number): void => {
    if (Exit.isInterrupted(exit)) return
    kept.delete(key)
    kept.set(key, { exit, until: now + (Exit.isSuccess(exit) ? options.answers : options.failures) })
    for (const oldest of kept.keys()) {
      if (kept.size <= options.keys) return
      kept.delete(oldest)
    }
  }

  return (key: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const known = kept.get(key)
      if (known !== undefined && now < known.until) return known.exit
      return fly(
        key,
        Effect.onExit(effect, (exit) => Effect.map(Clock.currentTimeMillis, (now) => keep(key, exit, now)))
      )
    })
}
