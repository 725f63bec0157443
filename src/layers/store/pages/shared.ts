/**
 * What pages of repositories and of images share.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Option } from "effect"
import { findable } from "../../../domain/StorableText.js"

/** A column that may hold `infinity`, which is no instant, as epoch milliseconds. */
export const finiteMillis = (sql: SqlClient, column: string) =>
  sql.literal(
    `case when isfinite(${column}) then round(extract(epoch from ${column}) * 1000)::float8 end`
  )

/** Rows whose text holds what is looked for, without case. */
export const holding = (sql: SqlClient, search: Option.Option<string>, text: string) =>
  Option.match(search, {
    onNone: () => sql`true`,
    onSome: (part) => sql`strpos(lower(${sql.literal(text)}), ${findable(part.toLowerCase())}) > 0`
  })
