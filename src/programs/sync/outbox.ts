/**
 * Findings of one kind on their way to the store: written in bulk, and not lost while the database is.
 */
import { Effect, Schedule } from "effect"
import type { Transient } from "../../domain/Errors.js"

const rowsPerWrite = 500

/** A lost database is waited out: from half a second to half a minute between tries. */
export const databaseBackoff = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered
)

/** Whether the database was not reached: then it is worth trying the same again. */
export const isLost = (error: Transient) => error.reason === "network" || error.reason === "timeout"

/** Findings that wait to be written. */
export interface Outbox<F> {
  readonly add: (finding: F) => Effect.Effect<void>
  /** Writes what waits, and waits out a lost database; interrupted, it keeps what is not written. */
  readonly flush: Effect.Effect<void>
}

/**
 * An empty outbox.
 * @param name of the job, for the log.
 * @param written is told of what the database has taken.
 * @param letGo is called for each finding that is done with, written or not: its lease is no longer lengthened.
 */
export const make = <F>(
  name: string,
  record: (findings: ReadonlyArray<F>) => Effect.Effect<unknown, Transient>,
  written: (findings: ReadonlyArray<F>) => Effect.Effect<void>,
  letGo: (finding: F) => void
): Outbox<F> => {
  const waiting: Array<F> = []
  const flush = Effect.suspend(() => {
    const batch = waiting.splice(0, rowsPerWrite)
    if (batch.length === 0) return Effect.void
    return record(batch).pipe(
      Effect.tapError((error) => Effect.logWarning(`${name}: a write failed`, error.message)),
      Effect.retry({ schedule: databaseBackoff, while: isLost }),
      Effect.matchEffect({
        // The rows of this write stay due: no longer lengthened, their leases run out by themselves.
        onFailure: (error) => Effect.logError(`${name}: ${batch.length} rows stay due`, error.message),
        onSuccess: () => written(batch)
      }),
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
