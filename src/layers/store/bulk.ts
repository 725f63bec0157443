/**
 * Writing many rows at once, where one of them may be refused by the database.
 */
import { SqlError } from "@effect/sql/SqlError"
import { Array, Effect } from "effect"
import { isRowError } from "./errors.js"

/**
 * Writes all items with one call; where the database refuses the data, halves the batch until the refused items stand
 * alone, and hands those to `refuse`. Other failures end it: what `write` did before stays written. Returns how many
 * were refused.
 */
export const writeInBulk = <A, E, R, E2, R2>(
  items: ReadonlyArray<A>,
  write: (items: ReadonlyArray<A>) => Effect.Effect<void, E | SqlError, R>,
  refuse: (item: A, error: SqlError) => Effect.Effect<void, E2, R2>
): Effect.Effect<number, E | E2 | SqlError, R | R2> =>
  Array.isNonEmptyReadonlyArray(items)
    ? write(items).pipe(
      Effect.as(0),
      Effect.catchAll((error) => {
        if (!(error instanceof SqlError) || !isRowError(error)) return Effect.fail(error)
        if (items.length === 1) return Effect.as(refuse(items[0], error), 1)
        const [left, right] = Array.splitAt(items, Math.ceil(items.length / 2))
        return Effect.zipWith(
          writeInBulk(left, write, refuse),
          writeInBulk(right, write, refuse),
          (first, second) => first + second
        )
      })
    )
    : Effect.succeed(0)
