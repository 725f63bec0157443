/**
 * Month partitions of `repo_docker_pulls_daily`, made before they are needed.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Schema } from "effect"
import { type UtcDay } from "../../domain/UtcDay.js"
import { codeOf, inTransaction } from "./errors.js"

/** A month in the form `YYYY-MM`. */
export type Month = string

/** The month that holds a day. */
export const monthOf = (day: UtcDay): Month => day.slice(0, 7)

const following = (month: Month): Month => {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5, 7))]
  return number === 12
    ? `${String(year + 1).padStart(4, "0")}-01`
    : `${month.slice(0, 4)}-${String(number + 1).padStart(2, "0")}`
}

/** The month of a day and the one after it. */
export const monthsAhead = (day: UtcDay): ReadonlyArray<Month> => [monthOf(day), following(monthOf(day))]

const Kind = Schema.Tuple(Schema.Struct({ partitioned: Schema.Boolean }))

// A deployment may cut its partitions otherwise (42P17: would overlap), or hold the month's rows in a default partition (23514).
const covered = new Set(["42P17", "23514"])

/**
 * Makes the partitions of these months where they are missing. Processes that do so at once wait for each other. A
 * table that is not partitioned, or has other partitions for that time, is left as it is.
 */
export const ensureMonths = (sql: SqlClient, months: Iterable<Month>) =>
  Effect.gen(function*() {
    const [{ partitioned }] = yield* Schema.decodeUnknown(Kind)(
      yield* sql`select relkind = 'p' as partitioned from pg_class where oid = 'repo_docker_pulls_daily'::regclass`
    )
    if (!partitioned) return
    yield* Effect.forEach(new Set(months), (month) => {
      const name = `repo_docker_pulls_daily_${month.replace("-", "_")}`
      const create = sql`select pg_advisory_xact_lock(hashtextextended('image-census/partitions', 0))`.pipe(
        Effect.zipRight(
          sql`create table if not exists ${sql(name)} partition of repo_docker_pulls_daily
            for values from (${sql.literal(`'${month}-01'`)}) to (${sql.literal(`'${following(month)}-01'`)})`
        ),
        inTransaction(sql),
        Effect.catchIf((error) => covered.has(codeOf(error) ?? ""), () => Effect.logDebug(`${name} is not needed`))
      )
      return sql`select to_regclass(${name}) is not null as partitioned`.pipe(
        Effect.flatMap(Schema.decodeUnknown(Kind)),
        Effect.flatMap(([exists]) => exists.partitioned ? Effect.void : create)
      )
    }, { discard: true })
  }).pipe(Effect.withSpan("Database.ensureMonths"))
