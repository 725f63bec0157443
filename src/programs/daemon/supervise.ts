/**
 * One supervisor over the daemon's jobs.
 */
import { Clock, Duration, Effect, Random } from "effect"
import { jobFailed, jobRuns, jobsBegin } from "../../domain/telemetry.js"
import type { Job } from "./Job.js"

const firstPause = Duration.seconds(1)
const longestPause = Duration.minutes(5)
/** A run that lasted so long was a good one: the next failure is the first again. */
const goodRun = Duration.minutes(10)

/** How long to pause before a job is started again after so many failures in a row, before jitter. */
export const pauseAfter = (failures: number): Duration.Duration =>
  Duration.min(Duration.times(firstPause, 2 ** Math.min(failures - 1, 20)), longestPause)

/** A job whose credentials are refused looks again after this; the services' layers ask hours apart. */
const refusedPause = longestPause

const jittered = (pause: Duration.Duration) =>
  Effect.map(Random.nextRange(0.8, 1.2), (factor) => Duration.times(pause, factor))

const keepRunning = <R>(job: Job<R>): Effect.Effect<void, never, R> => {
  const attempt = (failures: number): Effect.Effect<void, never, R> =>
    Effect.gen(function*() {
      const started = yield* Clock.currentTimeMillis
      yield* jobRuns(job.name, true)
      return yield* job.run.pipe(
        Effect.catchAll((error) =>
          Effect.gen(function*() {
            const lasted = (yield* Clock.currentTimeMillis) - started
            const inRow = lasted >= Duration.toMillis(goodRun) ? 1 : failures + 1
            yield* Effect.zipRight(jobRuns(job.name, false), jobFailed(job.name))
            const pause = yield* jittered(error._tag === "AUTH" ? refusedPause : pauseAfter(inRow))
            yield* Effect.logWarning(`${job.name} failed and starts again in ${Duration.format(pause)}`, error.message)
            yield* Effect.sleep(pause)
            return yield* attempt(inRow)
          })
        )
      )
    }).pipe(Effect.annotateLogs("job", job.name))
  return attempt(0)
}

/** Runs the jobs side by side until all have ended. A job that fails, for whatever reason, leaves the others alone. */
export const supervise = Effect.fn("supervise")(
  <R>(jobs: ReadonlyArray<Job<R>>): Effect.Effect<void, never, R> =>
    Effect.zipRight(
      jobsBegin(jobs.map(({ name }) => name)),
      Effect.forEach(jobs, keepRunning, { concurrency: "unbounded", discard: true })
    )
)
