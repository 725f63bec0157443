/**
 * How late this process' event loop is: how long what is due waits until something else has let go of the thread.
 */
import { Duration, Effect } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"

/** Delays in seconds, of the last half minute to minute. */
export interface LoopDelay {
  readonly median: number
  readonly p99: number
  readonly longest: number
}

// How often Node looks, in milliseconds; what it measures contains the time that it meant to wait.
const resolution = 10
const window = Duration.seconds(30)

const none: LoopDelay = { median: 0, p99: 0, longest: 0 }

const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolution / 1e3)

/** Measures until the scope closes; answers what was measured, however many ask. */
export const loopDelay = Effect.gen(function*() {
  const histogram = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution })
      histogram.enable()
      return histogram
    }),
    (histogram) => Effect.sync(() => histogram.disable())
  )
  const now = (): LoopDelay =>
    histogram.count === 0 ? none : {
      median: delay(histogram.percentile(50)),
      p99: delay(histogram.percentile(99)),
      longest: delay(histogram.max)
    }
  let before = none
  const turn = Effect.sync(() => {
    before = now()
    histogram.reset()
  })
  yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(window), turn)))
  return Effect.sync((): LoopDelay => {
    const { longest, median, p99 } = now()
    return {
      median: Math.max(before.median, median),
      p99: Math.max(before.p99, p99),
      longest: Math.max(before.longest, longest)
    }
  })
})
