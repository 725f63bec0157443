/**
 * One supervisor over the daemon's jobs.
 */
import { Clock, Duration, Effect, Either, Option, Random, Ref } from "effect"
import type { JobState } from "../../domain/JobState.js"
import { defectsBegin, jobFailed, jobRuns, jobsBegin } from "../../domain/telemetry.js"
import { contained, pauseAfter } from "../../layers/contained.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import type { Job } from "./Job.js"

/** A run that lasted so long was a good one: the next failure is the first again. */
const goodRun = Duration.minutes(10)

/** A job whose credentials are refused looks again after this; the services' layers ask hours apart. */
const refusedPause = Duration.minutes(5)

const jittered = (pause: Duration.Duration) =>
  Effect.map(Random.nextRange(0.8, 1.2), (factor) => Duration.times(pause, factor))

type Show = (state: JobState) => Effect.Effect<void>

/** Why a run failed, and whether it may start again soon. */
interface Failed {
  readonly problem: string
  readonly refused: boolean
}

const keepRunning = <R>(job: Job<R>, show: Show): Effect.Effect<void, never, R> => {
  const shown = (state: Pick<JobState, "failures" | "problem" | "again">) => show({ name: job.name, ...state })
  // None: it has ended.
  const run: Effect.Effect<Option.Option<Failed>, never, R> = job.run.pipe(
    contained(job.name, job.name),
    Effect.match({
      onFailure: ({ _tag, message }) => Option.some({ problem: message, refused: _tag === "AUTH" }),
      onSuccess: Either.match({
        onLeft: (problem) => Option.some({ problem, refused: false }),
        onRight: () => Option.none()
      })
    })
  )
  const attempt = (failures: number): Effect.Effect<void, never, R> =>
    Effect.gen(function*() {
      const started = yield* Clock.currentTimeMillis
      yield* Effect.zipRight(jobRuns(job.name, true), shown({ failures, problem: null, again: null }))
      const failed = yield* run
      if (Option.isNone(failed)) return
      const { problem, refused } = failed.value
      const now = yield* Clock.currentTimeMillis
      const inRow = now - started >= Duration.toMillis(goodRun) ? 1 : failures + 1
      yield* Effect.zipRight(jobRuns(job.name, false), jobFailed(job.name))
      const pause = yield* jittered(refused ? refusedPause : pauseAfter(inRow))
      yield* Effect.logWarning(`${job.name} failed and starts again in ${Duration.format(pause)}`, problem)
      yield* shown({ failures: inRow, problem, again: now + Duration.toMillis(pause) })
      yield* Effect.sleep(pause)
      return yield* attempt(inRow)
    }).pipe(Effect.annotateLogs("job", job.name))
  return attempt(0)
}

/**
 * Runs the jobs side by side until all have ended. One that fails, or dies of a defect, is started again, later and
 * later, and leaves the others alone.
 */
export const supervise = Effect.fn("supervise")(
  function*<R>(jobs: ReadonlyArray<Job<R>>): Effect.fn.Return<void, never, R> {
    const board = yield* Effect.serviceOption(ProcessBoard)
    const states = yield* Ref.make<ReadonlyMap<string, JobState>>(new Map())
    const show: Show = (state) =>
      Ref.updateAndGet(states, (all) => new Map(all).set(state.name, state)).pipe(
        Effect.flatMap((all) =>
          Option.match(board, {
            onNone: () => Effect.void,
            onSome: ({ report }) => report("jobs", [...all.values()])
          })
        )
      )
    yield* jobsBegin(jobs.map(({ name }) => name))
    yield* defectsBegin
    yield* Effect.forEach(jobs, (job) => keepRunning(job, show), { concurrency: "unbounded", discard: true })
  }
)
