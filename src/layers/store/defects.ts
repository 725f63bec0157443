/**
 * Rows that hold a defect: noted where the reason is written, in the same transaction.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Effect, Schema } from "effect"
import { type DefectJob, isDefect } from "../../domain/Defect.js"
import type { DefectRow } from "../../services/RepoDockerStore.js"
import { instant, rowOf, rowsOf } from "./core.js"

/** A row that had no definite answer: its key in the table of its job, and why. */
interface Deferred {
  readonly key: string
  readonly reason: string
}

/** Notes those rows that died; costs nothing where none did. */
export const noteDefects = Effect.fnUntraced(
  function*(sql: SqlClient, job: DefectJob, rows: ReadonlyArray<Deferred>) {
    const died = rows.filter(({ reason }) => isDefect(reason))
    if (died.length === 0) return
    const at = instant(sql, yield* Clock.currentTimeMillis)
    yield* sql`insert into image_census_defects as d (job, key, reason, first_at, last_at)
      select distinct on (x.key) ${job}, x.key, x.reason, ${at}, ${at}
      from jsonb_to_recordset(${JSON.stringify(died)}::jsonb) as x (key text, reason text) order by x.key
      on conflict (job, key) do update set last_at = excluded.last_at, reason = excluded.reason,
        first_at = case when d.reason = excluded.reason then d.first_at else excluded.first_at end,
        times = case when d.reason = excluded.reason then d.times + 1 else 1 end`
  }
)

const Held = Schema.Struct({
  job: Schema.String,
  subject: Schema.String,
  reason: Schema.String,
  since: Schema.Number,
  at: Schema.Number,
  times: Schema.Int,
  retryAt: Schema.OptionFromNullOr(Schema.Number)
})
const Count = Schema.Struct({ count: Schema.Int })

const shown = 10

const millis = (sql: SqlClient, column: string) =>
  sql.literal(`case when isfinite(${column}) then round(extract(epoch from ${column}) * 1000)::float8 end`)

/** How many rows hold a defect now, and the newest of them. */
export const heldDefects = Effect.fnUntraced(function*(sql: SqlClient) {
  const { count } = yield* rowOf(Count)(sql`select count(*)::int as count from image_census_defects_held`)
  if (count === 0) return { rows: 0, newest: [] }
  const newest: ReadonlyArray<DefectRow> = yield* rowsOf(Held)(sql`
    select job, subject, reason, ${millis(sql, "first_at")} as since, ${millis(sql, "last_at")} as at, times,
      ${millis(sql, "retry_at")} as "retryAt"
    from image_census_defects_held order by last_at desc, job, key limit ${shown}`)
  return { rows: count, newest }
})
