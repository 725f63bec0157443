/**
 * What the parts of the SQL store share.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, type ParseResult, Ref, Schema } from "effect"
import type { Transient } from "../../domain/Errors.js"
import type { UtcDay } from "../../domain/UtcDay.js"
import { toTransient } from "./errors.js"
import { ensureMonths, monthsAhead } from "./partitions.js"

export interface StoreCore {
  readonly sql: SqlClient
  /** Written into the rows that this process holds. */
  readonly holder: string
  /** Makes the partitions for these days and the month ahead; remembers those it has made. */
  readonly ensureDays: (days: Iterable<UtcDay>) => Effect.Effect<void, SqlError | ParseResult.ParseError>
}

/** Makes the shared part. `holder` tells this process's leases from others'. */
export const makeCore = (sql: SqlClient, holder: string): Effect.Effect<StoreCore> =>
  Effect.map(Ref.make<ReadonlySet<string>>(new Set()), (made) => ({
    sql,
    holder,
    ensureDays: (days) =>
      Effect.gen(function*() {
        const known = yield* Ref.get(made)
        const missing = [...new Set([...days].flatMap((day) => monthsAhead(day)))].filter((month) => !known.has(month))
        if (missing.length === 0) return
        yield* ensureMonths(sql, missing)
        yield* Ref.update(made, (months) => new Set([...months, ...missing]))
      })
  }))

/** Makes the store's own errors of the database's. */
export const transient = <A, R>(
  effect: Effect.Effect<A, SqlError | ParseResult.ParseError, R>
): Effect.Effect<A, Transient, R> => Effect.mapError(effect, toTransient)

/** Decodes the rows of a statement. */
export const rowsOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return <E, R>(statement: Effect.Effect<ReadonlyArray<unknown>, E, R>) => Effect.flatMap(statement, decode)
}

/** Decodes the only row of a statement. */
export const rowOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.Tuple(schema))
  return <E, R>(statement: Effect.Effect<ReadonlyArray<unknown>, E, R>) =>
    Effect.map(Effect.flatMap(statement, decode), ([row]) => row)
}

/** An instant (epoch milliseconds) as a `timestamptz`. */
export const instant = (sql: SqlClient, epochMillis: number) => sql`to_timestamp(${epochMillis / 1000}::float8)`

/**
 * Whether the image of a row `d` has a snapshot of a day: one lookup in the index for each row. As an `exists` it would
 * become a join, for which the planner reads a whole month while its statistics know no row of today.
 */
export const hasSnapshot = (sql: SqlClient, day: UtcDay) =>
  sql`((select 1 from repo_docker_pulls_daily p
    where p.image_name = d.image_name and p.date = ${day}::date limit 1) is not null)`
