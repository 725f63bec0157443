/**
 * Rows of the watch tables, and what they mean.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Option, Schema } from "effect"
import type { DefectJob } from "../../../domain/Defect.js"
import { Digest } from "../../../domain/Digest.js"
import { PlatformText, ReferenceText, type Watch, WatchAction } from "../../../domain/Watch.js"
import { EventDetail, eventTypes, UpdateFound, type WatchEvent } from "../../../domain/WatchEvent.js"
import type { WatchState } from "../../../domain/WatchState.js"
import type { UpdateState } from "../../../domain/WatchUpdates.js"
import { type Naming, textOf } from "../unreadable.js"

const OptionalNumber = Schema.OptionFromNullOr(Schema.Number)
const OptionalText = Schema.OptionFromNullOr(Schema.String)

/** An instant of the database in epoch milliseconds. */
export const millis = (sql: SqlClient, column: string): Fragment =>
  sql.literal(`round(extract(epoch from ${column}) * 1000)::float8`)

/** The columns of a watch `w`. */
export const WatchRow = Schema.Struct({
  id: Schema.String,
  reference: ReferenceText,
  platform: PlatformText,
  everyMs: Schema.Number,
  actions: Schema.Array(WatchAction),
  level: Schema.NullOr(Schema.Literal("patch", "minor", "major")),
  minAgeMs: Schema.NullOr(Schema.Number),
  windowFrom: Schema.NullOr(Schema.Int),
  windowTo: Schema.NullOr(Schema.Int)
})

/** Names a row with the columns of a watch. */
export const watchNaming = (job: DefectJob): Naming => ({
  job,
  key: (row) => textOf(row, "id"),
  subject: (row) => [textOf(row, "reference"), textOf(row, "platform")].filter((text) => text !== "").join(" ")
})

export const watchColumns = (sql: SqlClient): Fragment =>
  sql`w.id::text as id, w.reference, w.platform, w.every_ms::float8 as "everyMs", w.actions, w.update_level as level,
    w.update_min_age_ms::float8 as "minAgeMs", w.update_from as "windowFrom", w.update_to as "windowTo"`

export const watchOf = (row: typeof WatchRow.Type): Watch => ({
  id: row.id,
  reference: row.reference,
  platform: row.platform,
  every: Duration.millis(row.everyMs),
  actions: row.actions,
  updates: Option.map(Option.fromNullable(row.level), (level) => ({
    level,
    minAge: Duration.millis(row.minAgeMs ?? 0),
    between: row.windowFrom === null || row.windowTo === null
      ? Option.none()
      : Option.some({ from: row.windowFrom, to: row.windowTo })
  }))
})

/** The columns of a state `s`. */
export const StateRow = Schema.Struct({
  digest: Schema.OptionFromNullOr(Digest),
  platformDigest: Schema.OptionFromNullOr(Digest),
  since: OptionalNumber,
  triedAt: OptionalNumber,
  checkedAt: OptionalNumber,
  outcome: Schema.OptionFromNullOr(Schema.Literal("seen", "not-found", "refused", "no-platform")),
  moves: Schema.Int,
  elsewhere: Schema.Int,
  elsewhereAt: OptionalNumber,
  dueAt: Schema.Number,
  parked: Schema.Boolean,
  attempts: Schema.Int,
  problem: OptionalText
})

export const stateColumns = (sql: SqlClient): Fragment =>
  sql`s.digest, s.platform_digest as "platformDigest", ${millis(sql, "s.since")} as since,
    ${millis(sql, "s.tried_at")} as "triedAt",
    ${millis(sql, "s.checked_at")} as "checkedAt", s.outcome, s.moves, s.elsewhere,
    ${millis(sql, "s.elsewhere_at")} as "elsewhereAt", ${
    millis(sql, "s.due_at")
  } as "dueAt", s.parked, s.attempts, s.problem`

export const stateOf = (row: typeof StateRow.Type): WatchState => ({
  digest: row.digest,
  platformDigest: row.platformDigest,
  since: row.since,
  triedAt: row.triedAt,
  checkedAt: row.checkedAt,
  outcome: row.outcome,
  moves: row.moves,
  elsewhere: row.elsewhere,
  elsewhereAt: row.elsewhereAt,
  dueAt: row.dueAt,
  parked: row.parked,
  attempts: row.attempts,
  problem: row.problem
})

/** The columns of what is known of updates, `u`. */
export const UpdatesRow = Schema.Struct({
  lookedAt: OptionalNumber,
  newest: Schema.OptionFromNullOr(UpdateFound),
  firedAt: OptionalNumber,
  updateNotBefore: Schema.Number,
  updateAttempts: Schema.Int,
  updateProblem: OptionalText
})

export const updatesColumns = (sql: SqlClient): Fragment =>
  sql`${millis(sql, "u.looked_at")} as "lookedAt", u.newest, ${millis(sql, "u.fired_at")} as "firedAt",
    ${
    millis(sql, "greatest(u.not_before, to_timestamp(0))")
  } as "updateNotBefore", u.attempts as "updateAttempts", u.problem as "updateProblem"`

export const updatesOf = (
  { firedAt, lookedAt, newest, updateAttempts, updateNotBefore, updateProblem }: typeof UpdatesRow.Type
): UpdateState => ({
  lookedAt,
  newest,
  firedAt,
  notBefore: updateNotBefore,
  attempts: updateAttempts,
  problem: updateProblem
})

/** The columns of an event `e`. */
export const EventRow = Schema.Struct({
  eventId: Schema.String,
  sequence: Schema.Number,
  watch: Schema.String,
  eventReference: ReferenceText,
  eventPlatform: PlatformText,
  at: Schema.Number,
  detail: EventDetail
})

export const eventColumns = (sql: SqlClient): Fragment =>
  sql`e.id::text as "eventId", e.sequence::float8 as sequence, e.watch_id::text as watch,
    e.reference as "eventReference", e.platform as "eventPlatform", ${millis(sql, "e.at")} as at, e.detail`

export const eventOf = (row: typeof EventRow.Type): WatchEvent => ({
  id: row.eventId,
  sequence: row.sequence,
  type: eventTypes[row.detail._tag],
  watch: row.watch,
  reference: row.eventReference,
  platform: row.eventPlatform,
  at: row.at,
  detail: row.detail
})
