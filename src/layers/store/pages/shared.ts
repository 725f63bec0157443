/**
 * What pages of repositories and of images share.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Option, Schema } from "effect"

/** A column that may hold `infinity`, which is no instant, as epoch milliseconds. */
export const finiteMillis = (sql: SqlClient, column: string) =>
  sql.literal(
    `case when isfinite(${column}) then round(extract(epoch from ${column}) * 1000)::float8 end`
  )

/** Rows whose text holds what is looked for, without case. */
export const holding = (sql: SqlClient, search: Option.Option<string>, text: string) =>
  Option.match(search, {
    onNone: () => sql`true`,
    onSome: (part) => sql`strpos(lower(${sql.literal(text)}), ${part.toLowerCase()}) > 0`
  })

/** The evidence of a link, newest first. */
export const EvidenceRows = Schema.Array(
  Schema.Struct({ kind: Schema.String, firstSeen: Schema.Number, lastSeen: Schema.Number })
)

/** Aggregates the evidence of one link's rows, which are called `l`. */
export const evidenceOf = (sql: SqlClient) =>
  sql.literal(`jsonb_agg(jsonb_build_object(
    'kind', l.evidence,
    'firstSeen', round(extract(epoch from l.first_seen) * 1000)::float8,
    'lastSeen', round(extract(epoch from l.last_seen) * 1000)::float8
  ) order by l.last_seen desc, l.evidence)`)
