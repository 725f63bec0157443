/**
 * What is known of newer versions of watched references.
 */
import { Clock, Duration, Effect, Option, Random, Schema } from "effect"
import { deferralDelay } from "../../../domain/Backoff.js"
import { internalError } from "../../../domain/Defect.js"
import { storable } from "../../../domain/StorableText.js"
import { UpdateFound, type WatchEvent } from "../../../domain/WatchEvent.js"
import { looked, toTell } from "../../../domain/WatchUpdates.js"
import type { ClaimedUpdateLook, UpdateFinding, WatchClaimOptions } from "../../../services/WatchStore.js"
import { refusedReason, writeInBulk } from "../bulk.js"
import { instant, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { inTransaction } from "../errors.js"
import { handedOut, putOff, readApart, textOf } from "../unreadable.js"
import { type NewEvent, writeEvents } from "./events.js"
import { jsonOf } from "./json.js"
import { updatesColumns, updatesOf, UpdatesRow, watchColumns, watchNaming, watchOf, WatchRow } from "./rows.js"

const ClaimRow = Schema.Struct({ ...WatchRow.fields, ...UpdatesRow.fields })
const IdRow = Schema.Struct({ id: Schema.String, ...UpdatesRow.fields })

const Waiting = Schema.Struct({ id: Schema.String, reference: Schema.String, attempts: Schema.Int })

const encodeUpdate = Schema.encodeSync(UpdateFound)

// The lease lies below the other ones: an older finding must not take the place of a newer one.
/** The parts of the store that the nightly look uses. */
export const makeUpdates = ({ holder, sql }: StoreCore) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  const idsOf = (watches: ReadonlyArray<string>) =>
    sql`(select value::bigint from jsonb_array_elements_text(${jsonOf(watches)}::jsonb))`

  const readClaims = readApart(ClaimRow, { ...watchNaming("updates"), attempts: "updateAttempts" })
  const readKnown = readApart(IdRow, { job: "updates", key: (row) => textOf(row, "id"), attempts: "updateAttempts" })
  const later = putOff(
    sql,
    "updates",
    (input) =>
      sql`update image_watch_updates u set not_before = to_timestamp(x.until), attempts = u.attempts + 1,
        problem = x.reason, lease = null, lease_until = '-infinity'
      from ${input} where u.watch_id = x.key::bigint`
  )

  const claimUpdateLooks = Effect.fn("WatchStore.claimUpdateLooks")(
    function*({ interval, lease, limit }: WatchClaimOptions & { readonly interval: Duration.Duration }) {
      const now = yield* Clock.currentTimeMillis
      const rows = yield* handedOut(
        Effect.flatMap(
          sql`
        with due as materialized (
          select u.watch_id from image_watch_updates u
          where coalesce(u.looked_at, '-infinity') <= ${at(now - Duration.toMillis(interval))}
            and u.not_before <= ${at(now)} and u.lease_until <= ${at(now)}
          order by u.looked_at nulls first, u.watch_id limit ${limit}
          for no key update of u skip locked
        ), u as (
          update image_watch_updates u set lease = ${holder}, lease_until = ${at(now + Duration.toMillis(lease))}
          where u.watch_id = any(array(select watch_id from due))
          returning u.*
        )
        select ${watchColumns(sql)}, ${updatesColumns(sql)} from u join image_watches w on w.id = u.watch_id
        order by u.looked_at nulls first, u.watch_id`,
          readClaims
        ),
        later
      )
      return rows.map((row): ClaimedUpdateLook => ({ watch: watchOf(row), known: updatesOf(row) }))
    },
    transient
  )

  const recordUpdates = Effect.fn("WatchStore.recordUpdates")(function*(findings: ReadonlyArray<UpdateFinding>) {
    const found = new Map(findings.map((finding) => [finding.watch, finding]))
    yield* inTransaction(sql)(Effect.gen(function*() {
      const { rows, unreadable } = yield* readKnown(
        yield* sql`
        select u.watch_id::text as id, ${updatesColumns(sql)} from image_watch_updates u
        where u.lease = ${holder} and u.watch_id in ${idsOf([...found.keys()])}
        order by u.watch_id for no key update of u`
      )
      yield* later(unreadable)
      const states = rows.flatMap((row) => {
        const finding = found.get(row.id)
        return finding === undefined ? [] : [{ id: row.id, state: looked(updatesOf(row), finding.at, finding.result) }]
      })
      if (states.length === 0) return
      yield* sql`update image_watch_updates u set looked_at = to_timestamp(x.looked), newest = x.newest,
          fired_at = to_timestamp(x.fired), not_before = to_timestamp(x.not_before), attempts = x.attempts,
          problem = x.problem, lease = null, lease_until = '-infinity'
        from jsonb_to_recordset(${
        jsonOf(states.map(({ id, state }) => ({
          id,
          looked: Option.getOrNull(Option.map(state.lookedAt, (value) => value / 1000)),
          newest: Option.getOrNull(Option.map(state.newest, (value) => encodeUpdate(value))),
          fired: Option.getOrNull(Option.map(state.firedAt, (value) => value / 1000)),
          not_before: state.notBefore / 1000,
          attempts: state.attempts,
          problem: Option.getOrNull(state.problem)
        })))
      }::jsonb) as x (id bigint, looked float8, newest jsonb, fired float8, not_before float8, attempts integer,
          problem text)
        where u.watch_id = x.id`
      yield* noteDefects(
        sql,
        "updates",
        states.flatMap(({ id, state: { problem } }) =>
          Option.toArray(Option.map(problem, (reason) => ({ key: id, reason: storable(reason) })))
        )
      )
    }))
  }, transient)

  // What holds a defect is told no earlier than it is tried again.
  const untold = (now: number) =>
    sql`u.newest is not null and u.fired_at is null
      and not (coalesce(u.problem, '') like ${`${internalError}%`} and u.not_before > ${at(now)})`

  const tell = (watches: ReadonlyArray<string>, now: number) =>
    inTransaction(sql)(Effect.gen(function*() {
      const { rows, unreadable } = yield* readClaims(
        yield* sql`
        select ${watchColumns(sql)}, ${updatesColumns(sql)}
        from image_watch_updates u join image_watches w on w.id = u.watch_id
        where ${untold(now)} and w.update_level is not null and u.watch_id in ${idsOf(watches)}
        order by u.watch_id for no key update of u skip locked`
      )
      yield* later(unreadable)
      const ready = rows.flatMap((row): ReadonlyArray<NewEvent> => {
        const watch = watchOf(row)
        const telling = Option.flatMap(watch.updates, (rule) => toTell(updatesOf(row), rule, now))
        return Option.toArray(Option.map(telling, (detail) => ({ watch, at: now, detail })))
      })
      if (ready.length === 0) return []
      yield* sql`update image_watch_updates set fired_at = ${at(now)}
        where watch_id in ${idsOf(ready.map(({ watch }) => watch.id))}`
      return yield* writeEvents(sql, ready)
    }))

  // One event that cannot be written keeps no other from being told.
  const fireUpdates = Effect.fn("WatchStore.fireUpdates")(function*() {
    const now = yield* Clock.currentTimeMillis
    const waiting = yield* rowsOf(Waiting)(sql`
      select u.watch_id::text as id, w.reference, u.attempts
      from image_watch_updates u join image_watches w on w.id = u.watch_id
      where ${untold(now)} and w.update_level is not null order by u.watch_id`)
    const told: Array<WatchEvent> = []
    yield* writeInBulk(
      waiting,
      (batch) =>
        Effect.map(tell(batch.map(({ id }) => id), now), (events) => {
          told.push(...events)
        }),
      Effect.fnUntraced(function*({ attempts, id, reference }, cause) {
        const reason = yield* refusedReason("updates", reference, cause)
        yield* later([{ key: id, reason, until: now + deferralDelay(attempts + 1, yield* Random.next) }])
      })
    )
    return told
  }, transient)

  return { claimUpdateLooks, recordUpdates, fireUpdates: Effect.suspend(fireUpdates) }
}
