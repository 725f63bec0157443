/**
 * Wakes everybody who waits, once.
 */
import { Deferred, Effect, Ref } from "effect"

/** Nobody waits yet. */
export const makeSignal = Effect.gen(function*() {
  const arrival = yield* Ref.make(yield* Deferred.make<void>())

  /** Wakes all who wait now. */
  const wake = Effect.gen(function*() {
    const next = yield* Deferred.make<void>()
    yield* Deferred.succeed(yield* Ref.getAndSet(arrival, next), undefined)
  })

  /** Waits until the condition holds; it is looked at again after every `wake`. */
  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.gen(function*() {
      while (true) {
        const arrived = yield* Ref.get(arrival)
        if (holds()) return
        yield* Deferred.await(arrived)
      }
    })

  return { wake, until } as const
})

export type Signal = Effect.Effect.Success<typeof makeSignal>
