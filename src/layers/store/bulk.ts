/**
 * Writing many rows at once, where one of them may be refused by the database or may make the writer die.
 */
import { SqlError } from "@effect/sql/SqlError"
import { Array, Cause, Effect, Option } from "effect"
import { type DefectJob, defectOf } from "../../domain/Defect.js"
import { tellDefect, tellFault } from "../contained.js"
import { detailOf, isRowError } from "./errors.js"

const refusalOf = (cause: Cause.Cause<unknown>): Option.Option<SqlError> =>
  Option.filter(
    Cause.failureOption(cause),
    (error): error is SqlError => error instanceof SqlError && isRowError(error)
  )

/** Why a row could not be written, as its reason: counted and told as a defect, for its data should have been cleaned. */
export const refusedReason = (job: DefectJob, subject: string, cause: Cause.Cause<unknown>): Effect.Effect<string> =>
  Option.match(defectOf(cause), {
    onSome: (defect) => tellDefect(job, subject, defect),
    onNone: () =>
      tellFault(
        job,
        subject,
        `refused by the database: ${
          Option.match(refusalOf(cause), { onNone: () => "", onSome: (error) => detailOf(error) })
        }`
      )
  })

/**
 * Writes all items with one call; where the database refuses the data, or the writer dies of them, halves the batch until
 * the items at fault stand alone, and hands those to `refuse`. Other failures end it: what `write` did before stays
 * written. Returns how many were refused.
 */
export const writeInBulk = <A, E, R, E2, R2>(
  items: ReadonlyArray<A>,
  write: (items: ReadonlyArray<A>) => Effect.Effect<void, E | SqlError, R>,
  refuse: (item: A, cause: Cause.Cause<E | SqlError>) => Effect.Effect<void, E2, R2>
): Effect.Effect<number, E | E2 | SqlError, R | R2> =>
  Array.isNonEmptyReadonlyArray(items)
    ? Effect.suspend(() => write(items)).pipe(
      Effect.as(0),
      Effect.catchAllCause((cause) => {
        if (Option.isNone(refusalOf(cause)) && Option.isNone(defectOf(cause))) return Effect.failCause(cause)
        if (items.length === 1) return Effect.as(refuse(items[0], cause), 1)
        const [left, right] = Array.splitAt(items, Math.ceil(items.length / 2))
        return Effect.zipWith(
          writeInBulk(left, write, refuse),
          writeInBulk(right, write, refuse),
          (first, second) => first + second
        )
      })
    )
    : Effect.succeed(0)
