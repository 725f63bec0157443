/**
 * One supervisor over the daemon's jobs.
 */
import { Clock, Duration, Effect, Random } from "effect"
import type { Auth } from "../../domain/Errors.js"
import { jobFailed, jobRuns, jobsBegin } from "../../domain/telemetry.js"
import type { Job } from "./Job.js"

const firstPause = Duration.seconds(1)
const longestPause = Duration.minutes(5)
/** A run that lasted so long was a good one: the next failure is the first again. */
const goodRun = Duration.minutes(10)

/** How long to pause before a job is started again after so many failures in a row, before jitter. */
export const pauseAfter = (failures: number): Duration.Duration =>
  Duration.min(Duration.times(firstPause, 2 ** Math.min(failures - 1, 20)), longestPause)

const jittered = (pause: Duration.Duration) =>
  Effect.map(Random.nextRange(0.8, 1.2), (factor) => Duration.times(pause, factor))

const keepRunning = <R>(job: Job<R>): Effect.Effect<void, Auth, R> => {
  const attempt = (failures: number): Effect.Effect<void, Auth, R> =>
    Effect.gen(function*() {
      const started = yield* Clock.currentTimeMillis
      yield* jobRuns(job.name, true)
      return yield* job.run.pipe(
        Effect.catchTag("TRANSIENT", (error) =>
          Effect.gen(function*() {
            const lasted = (yield* Clock.currentTimeMillis) - started
            const inRow = lasted >= Duration.toMillis(goodRun) ? 1 : failures + 1
            yield* Effect.zipRight(jobRuns(job.name, false), jobFailed(job.name))
            const pause = yield* jittered(pauseAfter(inRow))
            yield* Effect.logWarning(`${job.name} failed and starts again in ${Duration.format(pause)}`, error.message)
            yield* Effect.sleep(pause)
            return yield* attempt(inRow)
          }))
      )
    }).pipe(Effect.annotateLogs("job", job.name))
  return attempt(0)
}

/** Runs the jobs side by side until all have ended. Fails with the first AUTH, and the others are interrupted. */
export const supervise = Effect.fn("supervise")(
  <R>(jobs: ReadonlyArray<Job<R>>): Effect.Effect<void, Auth, R> =>
    Effect.zipRight(
      jobsBegin(jobs.map(({ name }) => name)),
      Effect.forEach(jobs, keepRunning, { concurrency: "unbounded", discard: true })
    )
)
