/**
 * A semaphore that gives its permits in the order in which they were asked for. Effect's own wakes all who wait at every
 * release, and lets whoever comes at that moment in before them: beside somebody who comes back at once they wait for
 * ever, each try nested in the one before, so that stopping them took seconds.
 */
import { Deferred, Effect, FiberId } from "effect"

export interface FairSemaphore {
  /** Runs an effect while holding a permit. Waiting is interruptible. */
  readonly withPermit: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** A semaphore of so many permits, all of them free. */
export const unsafeMakeFairSemaphore = (permits: number): FairSemaphore => {
  const waiting = new Set<Deferred.Deferred<void>>()
  let free = permits

  // A permit that somebody waits for is handed over, and never free in between.
  const release = Effect.suspend(() => {
    const [next] = waiting
    if (next === undefined) {
      free += 1
      return Effect.void
    }
    waiting.delete(next)
    return Effect.asVoid(Deferred.succeed(next, undefined))
  })

  const taken = (restore: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>) =>
    Effect.suspend(() => {
      if (free > 0) {
        free -= 1
        return Effect.void
      }
      const turn = Deferred.unsafeMake<void>(FiberId.none)
      waiting.add(turn)
      // It may have been handed over at the moment of the interruption.
      return Effect.onInterrupt(restore(Deferred.await(turn)), () => waiting.delete(turn) ? Effect.void : release)
    })

  return {
    withPermit: (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(taken(restore), Effect.ensuring(restore(effect), release))
      )
  }
}
