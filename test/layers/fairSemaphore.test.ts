import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck as fc, Fiber } from "effect"
import { unsafeMakeFairSemaphore } from "../../src/layers/fairSemaphore.js"

const holding = (semaphore: ReturnType<typeof unsafeMakeFairSemaphore>) =>
  Effect.gen(function*() {
    const held = yield* Deferred.make<void>()
    const release = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      semaphore.withPermit(Effect.zipRight(Deferred.succeed(held, undefined), Deferred.await(release)))
    )
    yield* Deferred.await(held)
    return { fiber, release: Effect.zipRight(Deferred.succeed(release, undefined), Fiber.await(fiber)) }
  })

const pauses = (count: number) => Effect.repeatN(Effect.yieldNow(), count)

describe("fair semaphore", () => {
  it.effect("hands a permit on where the one whose turn it is was interrupted at that moment", () =>
    Effect.gen(function*() {
      const semaphore = unsafeMakeFairSemaphore(1)
      const first = yield* holding(semaphore)
      const second = yield* Effect.fork(semaphore.withPermit(Effect.never))
      const third = yield* Effect.fork(semaphore.withPermit(Effect.succeed("third")))
      yield* Effect.yieldNow()
      // The release and the interruption reach the second one together.
      yield* Effect.all([first.release, Fiber.interruptFork(second)], { concurrency: "unbounded" })
      yield* Fiber.interrupt(second)
      assert.strictEqual(yield* Fiber.join(third), "third")
    }))

  it.effect("loses no permit and never gives more than it has, whatever ends how", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 3 }),
          fc.array(fc.record({ steps: fc.nat(6), fails: fc.boolean(), stopAfter: fc.option(fc.nat(12)) }), {
            maxLength: 30
          }),
          (permits, callers) =>
            Effect.runPromise(Effect.gen(function*() {
              const semaphore = unsafeMakeFairSemaphore(permits)
              let running = 0
              let most = 0
              const fibers = yield* Effect.forEach(callers, ({ fails, steps, stopAfter }) =>
                Effect.gen(function*() {
                  const work = Effect.acquireUseRelease(
                    Effect.sync(() => {
                      running += 1
                      most = Math.max(most, running)
                    }),
                    () => Effect.zipRight(pauses(steps), fails ? Effect.fail("broken") : Effect.void),
                    () => Effect.sync(() => running -= 1)
                  )
                  const fiber = yield* Effect.fork(semaphore.withPermit(work))
                  if (stopAfter !== null) {
                    yield* Effect.forkDaemon(Effect.zipRight(pauses(stopAfter), Fiber.interrupt(fiber)))
                  }
                  return fiber
                }))
              yield* Effect.forEach(fibers, (fiber) => Fiber.await(fiber))
              assert.strictEqual(running, 0)
              assert.isAtMost(most, permits)
              // All permits are there: so many can be held at once.
              const all = yield* Effect.forEach(Array.from({ length: permits }), () => holding(semaphore))
              yield* Effect.forEach(all, ({ release }) => release)
            }))
        ),
        { numRuns: 200 }
      )
    ))
})
