/**
 * Findings of one kind on their way to the store: written in bulk, and not lost while the database is.
 */
import { Cause, Clock, Effect, Option, Random, Schedule } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import { defectOf } from "../../domain/Defect.js"
import type { Transient } from "../../domain/Errors.js"
import type { Deferral } from "../../domain/Finding.js"
import { tellDefect, tellFault } from "../../layers/contained.js"

const rowsPerWrite = 500

/** A lost database is waited out: from half a second to half a minute between tries. */
export const databaseBackoff = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered
)

/** Whether the database was not reached: then it is worth trying the same again. */
export const isLost = (error: Transient) => error.reason === "network" || error.reason === "timeout"

/** Whether what was to be written is at fault: the database does not take it, or the writer died of it. */
export const isUnfit = (cause: Cause.Cause<Transient>): boolean =>
  Option.isSome(defectOf(cause)) || Option.exists(Cause.failureOption(cause), ({ reason }) => reason === "malformed")

/** Why one item could not be written, in a line. It is counted and told as a defect, also where the database refused it. */
export const unfitReason = (job: string, subject: string, cause: Cause.Cause<Transient>): Effect.Effect<string> =>
  Option.match(defectOf(cause), {
    onSome: (defect) => tellDefect(job, subject, defect),
    onNone: () => {
      const said = Option.match(Cause.failureOption(cause), { onNone: () => "", onSome: ({ message }) => message })
      return tellFault(job, subject, `not written: ${said}`)
    }
  })

/**
 * Writes a batch. Where its data are at fault, it is halved until the item at fault stands alone, which `alone` decides
 * on; all other items are written. What is written twice on the way has to stay the same.
 */
export const writeApart = <F, R>(
  batch: ReadonlyArray<F>,
  write: (batch: ReadonlyArray<F>) => Effect.Effect<void, Transient, R>,
  alone: (item: F, cause: Cause.Cause<Transient>) => Effect.Effect<void, Transient, R>
): Effect.Effect<void, Transient, R> =>
  Effect.catchAllCause(Effect.suspend(() => write(batch)), (cause) => {
    if (!isUnfit(cause)) return Effect.failCause(cause)
    const [first] = batch
    if (first === undefined) return Effect.void
    if (batch.length === 1) return alone(first, cause)
    const middle = Math.ceil(batch.length / 2)
    return Effect.zipRight(
      writeApart(batch.slice(0, middle), write, alone),
      writeApart(batch.slice(middle), write, alone)
    )
  })

/** Until when a row waits that has now failed once more than `attempts` times, with the reason. */
export const deferredFor = Effect.fnUntraced(function*(attempts: number, reason: string) {
  const delay = deferralDelay(attempts + 1, yield* Random.next)
  const deferral: Deferral = { _tag: "Deferred", reason, notBefore: (yield* Clock.currentTimeMillis) + delay }
  return deferral
})

/** Findings that wait to be written. */
export interface Outbox<F> {
  readonly add: (finding: F) => Effect.Effect<void>
  /** Writes what waits, and waits out a lost database; interrupted, it keeps what is not written. */
  readonly flush: Effect.Effect<void>
}

/** What an outbox is for. */
export interface OutboxOptions<F> {
  /** The job, for the log, and where its writer may die. */
  readonly job: string
  readonly record: (findings: ReadonlyArray<F>) => Effect.Effect<unknown, Transient>
  /** Is told of what the database has taken. */
  readonly written: (findings: ReadonlyArray<F>) => Effect.Effect<void>
  /** Is called for each finding that is done with, written or not: its lease is no longer lengthened. */
  readonly letGo: (finding: F) => void
  /** The row, for people, and how often it had no definite answer. */
  readonly rowOf: (finding: F) => { readonly subject: string; readonly attempts: number }
  /** What is written of a row whose finding cannot be. */
  readonly deferred: (finding: F, deferral: Deferral) => F
}

/** An empty outbox. */
export const make = <F>({ deferred, job, letGo, record, rowOf, written }: OutboxOptions<F>): Outbox<F> => {
  const waiting: Array<F> = []
  const write = (batch: ReadonlyArray<F>) =>
    record(batch).pipe(
      Effect.tapError((error) => Effect.logWarning(`${job}: a write failed`, error.message)),
      Effect.retry({ schedule: databaseBackoff, while: isLost }),
      Effect.zipRight(written(batch))
    )
  // The row keeps why, and is tried again later: it would die of the same at once.
  const alone = Effect.fnUntraced(function*(finding: F, cause: Cause.Cause<Transient>) {
    const { attempts, subject } = rowOf(finding)
    const reason = yield* unfitReason(job, subject, cause)
    const instead = deferred(finding, yield* deferredFor(attempts, reason))
    yield* Effect.catchAllCause(write([instead]), (cause) =>
      isUnfit(cause)
        ? Effect.logError(`${job}: ${subject} stays due`, cause)
        : Effect.failCause(cause))
  })
  const flush = Effect.suspend(() => {
    const batch = waiting.splice(0, rowsPerWrite)
    if (batch.length === 0) return Effect.void
    return writeApart(batch, write, alone).pipe(
      // The rows of this write stay due: no longer lengthened, their leases run out by themselves.
      Effect.catchTag("TRANSIENT", (error) => Effect.logError(`${job}: ${batch.length} rows stay due`, error.message)),
      Effect.tap(() => Effect.sync(() => batch.forEach(letGo))),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          waiting.unshift(...batch)
        })
      )
    )
  })
  return {
    add: (finding) =>
      Effect.sync(() => {
        waiting.push(finding)
      }),
    flush: flush.pipe(Effect.repeat({ while: () => waiting.length > 0 }), Effect.asVoid)
  }
}
