/**
 * Writing and reading events. Always in the caller's transaction with what brought them about.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Array, Effect, Option, Schema } from "effect"
import { canonical } from "../../../domain/ImageReference.js"
import { findable } from "../../../domain/StorableText.js"
import { platformText, type Watch, WatchAction } from "../../../domain/Watch.js"
import { eventStatus, updateAttempts } from "../../../domain/WatchDelivery.js"
import { EventDetail, eventTypes, type WatchEvent } from "../../../domain/WatchEvent.js"
import type { EventQuery, StoredDelivery, StoredEvent } from "../../../services/WatchStore.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "../core.js"
import { readable, textOf } from "../unreadable.js"
import { jsonOf } from "./json.js"
import { eventColumns, eventOf, EventRow, millis } from "./rows.js"

/** An event that is to be written. */
export interface NewEvent {
  readonly watch: Watch
  readonly at: number
  readonly detail: EventDetail
}

const decodeAction = Schema.decodeUnknownOption(WatchAction)
const encodeDetail = Schema.encodeSync(EventDetail)

const PositionedEvent = Schema.Struct({ ...EventRow.fields, ordinal: Schema.Int })
const Count = Schema.Struct({ count: Schema.Int })

const OptionalNumber = Schema.OptionFromNullOr(Schema.Number)
const OptionalText = Schema.OptionFromNullOr(Schema.String)

const DeliveryRow = Schema.Struct({
  sequence: Schema.Number,
  position: Schema.Int,
  status: Schema.Literal("pending", "delivered", "dead"),
  attempts: Schema.Int,
  notBefore: Schema.Number,
  attemptedAt: OptionalNumber,
  deliveredAt: OptionalNumber,
  result: OptionalText,
  output: OptionalText,
  action: Schema.Unknown
})

/** Writes events with a delivery for each action of their watches; in the order given. Needs a transaction. */
export const writeEvents = (sql: SqlClient, events: ReadonlyArray<NewEvent>) =>
  Effect.gen(function*() {
    if (events.length === 0) return Array.empty<WatchEvent>()
    yield* sql`select pg_advisory_xact_lock(hashtextextended('image-census/watch-events', 0))`
    const input = events.map(({ at, detail, watch }, ordinal) => ({
      ordinal,
      type: eventTypes[detail._tag],
      watch: watch.id,
      reference: canonical(watch.reference),
      platform: platformText(watch.platform),
      at: at / 1000,
      detail: encodeDetail(detail)
    }))
    // A row at a time in order: the sequence is given out as rows are inserted.
    const rows = yield* rowsOf(PositionedEvent)(sql`
      with input as materialized (
        select nextval('image_watch_events_sequence_seq') as sequence, i.* from (
          select * from jsonb_to_recordset(${jsonOf(input)}::jsonb)
            as x (ordinal integer, type text, watch bigint, reference text, platform text, at float8, detail jsonb)
          order by ordinal
        ) i
      ), e as (
        insert into image_watch_events (sequence, type, watch_id, reference, platform, at, detail)
        select sequence, type, watch, reference, platform, to_timestamp(at), detail from input
        returning *
      )
      select ${eventColumns(sql)}, input.ordinal from e join input on input.sequence = e.sequence
      order by input.ordinal`)
    const deliveries = rows.flatMap((row) => {
      const watch = events[row.ordinal]?.watch
      const ofUpdate = row.detail._tag === "UpdateFound"
      const window = ofUpdate
        ? Option.getOrUndefined(Option.flatMap(watch?.updates ?? Option.none(), (rule) => rule.between))
        : undefined
      return (watch?.actions ?? []).map((_, position) => ({
        sequence: row.sequence,
        position,
        watch: row.watch,
        bound: ofUpdate ? updateAttempts : null,
        from: window?.from ?? null,
        to: window?.to ?? null
      }))
    })
    if (deliveries.length > 0) {
      yield* sql`insert into image_watch_deliveries (sequence, position, watch_id, bound, window_from, window_to)
        select sequence, position, watch, bound, "from", "to"
        from jsonb_to_recordset(${jsonOf(deliveries)}::jsonb)
          as x (sequence bigint, position integer, watch bigint, bound integer, "from" smallint, "to" smallint)`
    }
    return rows.map(eventOf)
  })

/** Reading and forgetting events. */
export const makeEvents = ({ sql }: StoreCore) => {
  const any = (status: string) =>
    sql`exists (select 1 from image_watch_deliveries d where d.sequence = e.sequence and d.status = ${status})`
  const conditions = {
    dead: any("dead"),
    pending: sql`(${any("pending")} and not ${any("dead")})`,
    delivered: sql`(${any("delivered")} and not ${any("pending")} and not ${any("dead")})`,
    kept: sql`not exists (select 1 from image_watch_deliveries d where d.sequence = e.sequence)`
  }

  const readEvents = readable(EventRow, {
    job: "watch",
    key: (row) => textOf(row, "eventId"),
    subject: (row) => `event ${textOf(row, "eventId")}`
  })

  const page = (query: EventQuery): Effect.Effect<ReadonlyArray<typeof EventRow.Type>, SqlError> => {
    const conditionsOf = [
      ...(query.from === undefined
        ? []
        : [query.newestFirst === true ? sql`e.sequence < ${query.from}` : sql`e.sequence > ${query.from}`]),
      ...(query.id === undefined ? [] : [sql`e.id::text = lower(${findable(query.id)})`]),
      ...(query.watch === undefined ? [] : [sql`e.watch_id::text = ${findable(query.watch)}`]),
      ...(query.type === undefined ? [] : [sql`e.type = ${findable(query.type)}`]),
      ...(query.status === undefined ? [] : [conditions[query.status]])
    ]
    const raw = sql`
      select ${eventColumns(sql)} from image_watch_events e
      where ${sql.and(conditionsOf.length === 0 ? [sql`true`] : conditionsOf)}
      order by e.sequence ${sql.literal(query.newestFirst === true ? "desc" : "asc")} limit ${query.limit}`
    // A page that is not full is the last one: those that cannot be read are made up for.
    return Effect.flatMap(raw, (raw) =>
      Effect.flatMap(readEvents(raw), (rows) => {
        const last = Number(raw.at(-1)?.["sequence"])
        return rows.length === raw.length || raw.length < query.limit
          ? Effect.succeed(rows)
          : Effect.map(
            page({ ...query, from: last, limit: query.limit - rows.length }),
            (more) => [...rows, ...more]
          )
      }))
  }

  const deliveriesOf = (sequences: ReadonlyArray<number>) =>
    rowsOf(DeliveryRow)(sql`
      select d.sequence::float8 as sequence, d.position, d.status, d.attempts,
        ${millis(sql, "d.not_before")} as "notBefore", ${millis(sql, "d.attempted_at")} as "attemptedAt",
        ${millis(sql, "d.delivered_at")} as "deliveredAt", d.result, d.output, w.actions -> d.position as action
      from image_watch_deliveries d left join image_watches w on w.id = d.watch_id
      where d.sequence in (select value::bigint from jsonb_array_elements_text(${jsonOf(sequences)}::jsonb))
      order by d.sequence, d.position`)

  const events = Effect.fn("WatchStore.events")(function*(query: EventQuery) {
    const rows = yield* page(query)
    const deliveries = rows.length === 0 ? [] : yield* deliveriesOf(rows.map(({ sequence }) => sequence))
    const bySequence = Array.groupBy(deliveries, ({ sequence }) => String(sequence))
    return rows.map((row): StoredEvent => {
      const own = (bySequence[row.sequence] ?? []).map((delivery): StoredDelivery => ({
        position: delivery.position,
        // None also where it cannot be read; the watch holds that defect.
        action: decodeAction(delivery.action),
        status: delivery.status,
        attempts: delivery.attempts,
        notBefore: Math.max(delivery.notBefore, 0),
        attemptedAt: delivery.attemptedAt,
        deliveredAt: delivery.deliveredAt,
        result: delivery.result,
        output: delivery.output
      }))
      return { event: eventOf(row), status: eventStatus(own), deliveries: own }
    })
  }, transient)

  const prune = Effect.fn("WatchStore.prune")(function*(before: number) {
    const { count } = yield* rowOf(Count)(sql`
      with gone as (
        delete from image_watch_events e where e.at < ${instant(sql, before)} and not exists (
          select 1 from image_watch_deliveries d where d.sequence = e.sequence and d.status <> 'delivered')
        returning 1
      ) select count(*)::int as count from gone`)
    return count
  }, transient)

  return { events, prune }
}
