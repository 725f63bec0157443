/**
 * A defect costs what it happened to: a row, one round of a loop, the run of a job. Everything else goes on.
 */
import { Cause, Duration, Effect, Either, Option, Ref } from "effect"
import { defectOf, defectReason, reasonOf, traceOf } from "../domain/Defect.js"
import { defectSeen } from "../domain/telemetry.js"
import { type Defect, DefectJournal } from "../services/DefectJournal.js"

const remembered = 1000

/** An empty journal. */
export const makeJournal: Effect.Effect<DefectJournal["Type"]> = Effect.map(
  Ref.make<ReadonlyMap<string, Defect>>(new Map()),
  (known) => ({
    isNews: (defect) =>
      Ref.modify(known, (before) => {
        const key = `${defect.job}\n${defect.subject}\n${defect.reason}`
        return before.has(key)
          ? [false, before]
          : [true, new Map([...[...before].slice(1 - remembered), [key, defect]])]
      }),
    met: Effect.map(Ref.get(known), (all) => [...all.values()])
  })
)

const tell = Effect.fnUntraced(function*(job: string, subject: string, reason: string, trace: Cause.Cause<never>) {
  yield* defectSeen(job)
  const journal = yield* Effect.serviceOption(DefectJournal)
  const isNews = Option.isNone(journal) || (yield* journal.value.isNews({ job, subject, reason }))
  yield* isNews
    ? Effect.logError(`${job}: ${subject}: ${reason}`, trace)
    : Effect.logDebug(`${job}: ${subject}: ${reason}, as before`)
  return reason
})

/** Counts a defect, and tells it: with its trace the first time. Returns its reason. */
export const tellDefect = (job: string, subject: string, defect: Cause.Cause<never>): Effect.Effect<string> =>
  tell(job, subject, reasonOf(defect), traceOf(defect))

/**
 * Counts and tells what is a defect of ours, though nothing died of it: a stored row that cannot be read, or data that the
 * database refuses. Returns its reason.
 */
export const tellFault = (job: string, subject: string, said: string): Effect.Effect<string> =>
  tell(job, subject, defectReason(said), Cause.empty)

/**
 * The work, whose defect is a value: its reason, which was counted and told. Errors and interruptions go on as they are.
 * @param subject the row, for people.
 */
export const contained =
  (job: string, subject: string) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<Either.Either<A, string>, E, R> =>
    Effect.catchAllCause(
      Effect.map(work, (value): Either.Either<A, string> => Either.right(value)),
      (cause) =>
        Option.match(defectOf(cause), {
          onNone: () => Effect.failCause(cause),
          onSome: (defect) => Effect.map(tellDefect(job, subject, defect), (reason) => Either.left(reason))
        })
    )

const firstPause = Duration.seconds(1)
const longestPause = Duration.minutes(5)

/** How long to pause before something is started again after so many failures in a row, before jitter. */
export const pauseAfter = (failures: number): Duration.Duration =>
  Duration.min(Duration.times(firstPause, 2 ** Math.min(failures - 1, 20)), longestPause)

/** Makes rounds for ever. One that dies is told, and the next one waits: longer for each that dies in a row. */
export const roundsOf =
  (job: string, subject: string) => <E, R>(round: Effect.Effect<void, E, R>): Effect.Effect<never, E, R> => {
    const go = (failures: number): Effect.Effect<never, E, R> =>
      Effect.flatMap(
        contained(job, subject)(round),
        Either.match({
          onRight: () => go(0),
          onLeft: () => Effect.zipRight(Effect.sleep(pauseAfter(failures + 1)), go(failures + 1))
        })
      )
    return go(0)
  }
