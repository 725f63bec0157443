/**
 * Equal calls in flight are one call.
 */
import { Deferred, Effect, Exit, FiberId, Option } from "effect"

/** Runs an effect unless one of the same key is already running: then it shares that one's end. */
export type Flights<A, E> = (key: string, effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

interface Flight<A, E> {
  /** Made when the first passenger comes. None: the pilot was interrupted, and somebody else has to fly. */
  ended: Deferred.Deferred<Option.Option<Exit.Exit<A, E>>> | undefined
}

/**
 * Flights of one kind. The first caller runs the effect; if it is interrupted, one of those who wait runs it anew, so
 * that nobody fails because of somebody else's hurry.
 */
export const makeFlights = <A, E>(): Flights<A, E> => {
  const flying = new Map<string, Flight<A, E>>()

  const land = (key: string, flight: Flight<A, E>, exit: Exit.Exit<A, E>): Effect.Effect<void> =>
    Effect.suspend(() => {
      flying.delete(key)
      if (flight.ended === undefined) return Effect.void
      return Effect.asVoid(
        Deferred.succeed(flight.ended, Exit.isInterrupted(exit) ? Option.none() : Option.some(exit))
      )
    })

  const run: Flights<A, E> = (key, effect) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const known = flying.get(key)
        if (known !== undefined) {
          known.ended ??= Deferred.unsafeMake(FiberId.none)
          return Effect.flatMap(
            restore(Deferred.await(known.ended)),
            Option.match({ onNone: () => restore(run(key, effect)), onSome: (exit) => exit })
          )
        }
        const flight: Flight<A, E> = { ended: undefined }
        flying.set(key, flight)
        return Effect.onExit(restore(effect), (exit) => land(key, flight, exit))
      })
    )

  return run
}
