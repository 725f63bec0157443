/**
 * One timeout for many requests. A race for each would cost more than the request itself: here one sleeper watches
 * them all.
 */
import { Cause, Clock, Effect, Exit, Fiber } from "effect"

interface Watched {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly deadline: number
  expired: boolean
}

/** Runs an effect, and interrupts it and fails with `onTimeout` where it takes longer. */
export type Within = <A, E>(effect: Effect.Effect<A, E>, onTimeout: () => E) => Effect.Effect<A, E>

/** A watch over effects that may all take equally long (milliseconds). The sleeper ends with the scope. */
export const makeWithin = Effect.fnUntraced(function*(timeout: number) {
  // In the order in which they began, which is that of their deadlines.
  const watched = new Set<Watched>()
  let sleeper: Fiber.RuntimeFiber<void> | undefined

  const watch: Effect.Effect<void> = Effect.gen(function*() {
    while (true) {
      const [next] = watched
      if (next === undefined) break
      const now = yield* Clock.currentTimeMillis
      if (next.deadline > now) {
        yield* Effect.sleep(next.deadline - now)
        continue
      }
      watched.delete(next)
      next.expired = true
      yield* Fiber.interruptFork(next.fiber)
    }
    sleeper = undefined
  })

  yield* Effect.addFinalizer(() => sleeper === undefined ? Effect.void : Fiber.interrupt(sleeper))

  const awake = Effect.suspend(() =>
    sleeper !== undefined ? Effect.void : Effect.map(Effect.forkDaemon(Effect.interruptible(watch)), (fiber) => {
      sleeper = fiber
    })
  )

  const within = <A, E>(effect: Effect.Effect<A, E>, onTimeout: () => E): Effect.Effect<A, E> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatMap(Effect.forkDaemon(restore(effect)), (fiber) => {
          const one: Watched = { fiber, deadline: now + timeout, expired: false }
          watched.add(one)
          const waited = Effect.onInterrupt(restore(Fiber.await(fiber)), () => {
            watched.delete(one)
            return Fiber.interrupt(fiber)
          })
          return Effect.zipRight(
            sleeper === undefined ? awake : Effect.void,
            Effect.flatMap(waited, (exit): typeof effect => {
              watched.delete(one)
              return Exit.isFailure(exit) && one.expired && Cause.isInterruptedOnly(exit.cause)
                ? Effect.fail(onTimeout())
                : exit
            })
          )
        }))
    )

  const service: Within = within
  return service
})
