/**
 * One timeout for many requests. A race for each would cost more than the request itself: here one sleeper watches
 * them all.
 */
import { Cause, Clock, Effect, Exit, Fiber } from "effect"

interface Watched {
  readonly deadline: number
  readonly expire: () => void
}

/** Starts something that calls back once; what is returned cancels it, and nothing is called back then. */
export type Started<A, E> = (done: (result: Effect.Effect<A, E>) => void) => () => void

/** Deadlines of many things that may all take equally long. */
export interface Deadlines {
  /** Runs an effect, and interrupts it and fails with `onTimeout` where it takes longer. */
  readonly within: <A, E>(effect: Effect.Effect<A, E>, onTimeout: () => E) => Effect.Effect<A, E>
  /** The same for what calls back, which needs no fiber of its own. */
  readonly calledBack: <A, E>(start: Started<A, E>, onTimeout: () => E) => Effect.Effect<A, E>
}

/** A watch over what may take so long (milliseconds). The sleeper ends with the scope. */
export const makeDeadlines = Effect.fnUntraced(function*(timeout: number) {
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
      next.expire()
    }
    sleeper = undefined
  })

  yield* Effect.addFinalizer(() => sleeper === undefined ? Effect.void : Fiber.interrupt(sleeper))

  const awake = Effect.map(Effect.forkDaemon(Effect.interruptible(watch)), (fiber) => {
    sleeper = fiber
  })

  const calledBack: Deadlines["calledBack"] = <A, E>(start: Started<A, E>, onTimeout: () => E) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const started = Effect.async<A, E>((resume) => {
        const one: Watched = {
          deadline: now + timeout,
          expire: () => {
            cancel()
            resume(Effect.fail(onTimeout()))
          }
        }
        watched.add(one)
        const cancel = start((result) => {
          watched.delete(one)
          resume(result)
        })
        return Effect.sync(() => {
          watched.delete(one)
          cancel()
        })
      })
      return sleeper === undefined ? Effect.zipRight(awake, started) : started
    })

  const within: Deadlines["within"] = <A, E>(effect: Effect.Effect<A, E>, onTimeout: () => E) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatMap(Effect.forkDaemon(restore(effect)), (fiber) => {
          let expired = false
          const one: Watched = {
            deadline: now + timeout,
            expire: () => {
              expired = true
              fiber.unsafeInterruptAsFork(fiber.id())
            }
          }
          watched.add(one)
          const waited = Effect.onInterrupt(restore(Fiber.await(fiber)), () => {
            watched.delete(one)
            return Fiber.interrupt(fiber)
          })
          return Effect.zipRight(
            sleeper === undefined ? awake : Effect.void,
            Effect.flatMap(waited, (exit): typeof effect => {
              watched.delete(one)
              return Exit.isFailure(exit) && expired && Cause.isInterruptedOnly(exit.cause)
                ? Effect.fail(onTimeout())
                : exit
            })
          )
        }))
    )

  const service: Deadlines = { calledBack, within }
  return service
})
