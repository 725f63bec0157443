/**
 * The outbox: claiming deliveries in their order, and writing how attempts ended.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { minuteOf } from "../../../domain/DayWindow.js"
import { findable, storable } from "../../../domain/StorableText.js"
import { attemptsEnded } from "../../../domain/telemetry.js"
import { WatchAction } from "../../../domain/Watch.js"
import { attempted, type DeliveryState } from "../../../domain/WatchDelivery.js"
import type { ClaimedDelivery, DeliveryAttempt, WatchClaimOptions } from "../../../services/WatchStore.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { inTransaction } from "../errors.js"
import { handedOut, putOff, readApart, textOf } from "../unreadable.js"
import { jsonOf } from "./json.js"
import { eventColumns, eventOf, EventRow, millis } from "./rows.js"

const ClaimRow = Schema.Struct({
  ...EventRow.fields,
  position: Schema.Int,
  attempts: Schema.Int,
  action: WatchAction
})

const HeldRow = Schema.Struct({
  sequence: Schema.Number,
  position: Schema.Int,
  status: Schema.Literal("pending", "delivered", "dead"),
  attempts: Schema.Int,
  bound: Schema.NullOr(Schema.Int),
  held: Schema.Boolean
})

/** After so many attempts, an event or action that cannot be read is given up, where the event has no bound. */
const attemptsUnread = 20

const Count = Schema.Struct({ count: Schema.Int })
const Due = Schema.Struct({ dueAt: Schema.OptionFromNullOr(Schema.Number) })

const key = (sequence: number, position: number): string => `${sequence}/${position}`

const seconds = (millis: Option.Option<number>) => Option.getOrNull(Option.map(millis, (value) => value / 1000))

/** The parts of the store that deliver. */
export const makeDeliveries = ({ holder, sql }: StoreCore) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  // Only the first of a row of deliveries that are not done may go.
  const first = sql`not exists (
    select 1 from image_watch_deliveries p where p.watch_id = d.watch_id and p.position = d.position
      and p.status = 'pending' and p.sequence < d.sequence)`

  const inWindow = (now: number) => {
    const minute = minuteOf(now)
    return sql`(d.window_from is null or case when d.window_from < d.window_to
      then ${minute} >= d.window_from and ${minute} < d.window_to
      else ${minute} >= d.window_from or ${minute} < d.window_to end)`
  }

  const readClaims = readApart(ClaimRow, {
    job: "deliveries",
    key: (row) => `${textOf(row, "sequence")}/${textOf(row, "position")}`,
    subject: (row) => textOf(row, "eventReference")
  })
  // One that stays as it is does not keep those behind it for ever.
  const later = putOff(
    sql,
    "deliveries",
    (input) =>
      sql`update image_watch_deliveries d set attempts = d.attempts + 1, not_before = to_timestamp(x.until),
        status = case when d.attempts + 1 >= coalesce(d.bound, ${attemptsUnread}) then 'dead' else d.status end,
        result = x.reason, lease = null, lease_until = '-infinity'
      from ${input} where d.lease = ${holder}
        and d.sequence = split_part(x.key, '/', 1)::bigint and d.position = split_part(x.key, '/', 2)::integer`
  )

  const claimDeliveries = Effect.fn("WatchStore.claimDeliveries")(function*({ lease, limit }: WatchClaimOptions) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* handedOut(
      Effect.flatMap(
        sql`
      with ready as materialized (
        select d.sequence, d.position from image_watch_deliveries d
        where d.status = 'pending' and d.not_before <= ${at(now)} and d.lease_until <= ${at(now)}
          and ${inWindow(now)} and ${first}
          and exists (select 1 from image_watches w where w.id = d.watch_id
            and case when jsonb_typeof(w.actions) = 'array' then jsonb_array_length(w.actions) > d.position else true end)
        order by d.sequence, d.position limit ${limit}
        for no key update of d skip locked
      ), d as (
        update image_watch_deliveries d set lease = ${holder}, lease_until = ${at(now + Duration.toMillis(lease))}
        from ready where d.sequence = ready.sequence and d.position = ready.position
        returning d.*
      )
      select ${eventColumns(sql)}, d.position, d.attempts, w.actions -> d.position as action
      from d join image_watch_events e on e.sequence = d.sequence join image_watches w on w.id = d.watch_id
      order by d.sequence, d.position`,
        readClaims
      ),
      later
    )
    return rows.map((row): ClaimedDelivery => ({
      event: eventOf(row),
      position: row.position,
      action: row.action,
      attempts: row.attempts
    }))
  }, transient)

  const nextDelivery = Effect.fn("WatchStore.nextDelivery")(function*() {
    const now = yield* Clock.currentTimeMillis
    const { dueAt } = yield* rowOf(Due)(sql`
      select ${millis(sql, "min(greatest(d.not_before, to_timestamp(0)))")} as "dueAt" from image_watch_deliveries d
      where d.status = 'pending' and d.lease_until <= ${at(now)} and ${inWindow(now)} and ${first}`)
    return dueAt
  }, transient)

  const input = (claims: ReadonlyArray<ClaimedDelivery>) =>
    sql`jsonb_to_recordset(${
      jsonOf(claims.map(({ event, position }) => ({ sequence: event.sequence, position })))
    }::jsonb) as x (sequence bigint, position integer)`

  const releaseDeliveries = Effect.fn("WatchStore.releaseDeliveries")(function*(
    claims: ReadonlyArray<ClaimedDelivery>
  ) {
    yield* sql`update image_watch_deliveries d set lease = null, lease_until = '-infinity' from ${input(claims)}
      where d.sequence = x.sequence and d.position = x.position and d.lease = ${holder}`
  }, transient)

  const written = (rows: ReadonlyArray<typeof HeldRow.Type & { readonly state: DeliveryState }>) =>
    sql`update image_watch_deliveries d set status = x.status, attempts = x.attempts,
        not_before = to_timestamp(x.not_before), attempted_at = to_timestamp(x.attempted),
        delivered_at = to_timestamp(x.delivered), result = x.result, output = x.output,
        lease = null, lease_until = '-infinity'
      from jsonb_to_recordset(${
      jsonOf(rows.map(({ position, sequence, state }) => ({
        sequence,
        position,
        status: state.status,
        attempts: state.attempts,
        not_before: state.notBefore / 1000,
        attempted: seconds(state.attemptedAt),
        delivered: seconds(state.deliveredAt),
        result: Option.getOrNull(state.result),
        output: Option.getOrNull(state.output)
      })))
    }::jsonb) as x (sequence bigint, position integer, status text, attempts integer, not_before float8,
        attempted float8, delivered float8, result text, output text)
      where d.sequence = x.sequence and d.position = x.position`

  const settle = Effect.fn("WatchStore.settle")(function*(attempts: ReadonlyArray<DeliveryAttempt>, bound: number) {
    const byKey = new Map(attempts.map((one) => [key(one.claim.event.sequence, one.claim.position), one]))
    return yield* inTransaction(sql)(Effect.gen(function*() {
      const rows = yield* rowsOf(HeldRow)(sql`
        select d.sequence::float8 as sequence, d.position, d.status, d.attempts, d.bound,
          d.lease is not distinct from ${holder} as held
        from image_watch_deliveries d join ${input(attempts.map(({ claim }) => claim))}
          on d.sequence = x.sequence and d.position = x.position
        where d.status <> 'delivered' order by d.sequence, d.position for no key update of d`)
      const settled = rows.flatMap((row) => {
        const attempt = byKey.get(key(row.sequence, row.position))?.attempt
        // What arrived has arrived, whoever holds the lease by now; a failure counts for its holder alone.
        if (attempt === undefined || (!attempt.ok && !row.held)) return []
        const before: DeliveryState = {
          status: row.status,
          attempts: row.attempts,
          notBefore: 0,
          attemptedAt: Option.none(),
          deliveredAt: Option.none(),
          result: Option.none(),
          output: Option.none()
        }
        return [{ ...row, state: attempted(before, attempt, row.bound ?? bound) }]
      })
      if (settled.length > 0) yield* written(settled)
      yield* noteDefects(
        sql,
        "deliveries",
        settled.flatMap(({ position, sequence, state: { result } }) =>
          Option.toArray(Option.map(result, (reason) => ({ key: key(sequence, position), reason: storable(reason) })))
        )
      )
      const count = (status: string) => settled.filter(({ state }) => state.status === status).length
      const counted = { delivered: count("delivered"), failed: count("pending"), dead: count("dead") }
      yield* attemptsEnded(counted)
      return counted
    }))
  }, transient)

  const retry = Effect.fn("WatchStore.retry")(function*(event: Option.Option<string>) {
    const of = Option.match(event, {
      onNone: () => sql`true`,
      onSome: (id) =>
        sql`d.sequence in (select e.sequence from image_watch_events e where e.id::text = lower(${findable(id)}))`
    })
    const { count } = yield* rowOf(Count)(sql`
      with revived as (
        update image_watch_deliveries d set status = 'pending', attempts = 0, not_before = '-infinity'
        where d.status = 'dead' and ${of} returning 1
      ) select count(*)::int as count from revived`)
    return count
  }, transient)

  return {
    claimDeliveries,
    nextDelivery: Effect.suspend(nextDelivery),
    releaseDeliveries,
    settle,
    retry
  }
}
