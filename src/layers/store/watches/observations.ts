/**
 * Claiming watches, and writing what was seen of them: the new digest and its event in one transaction.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { storable } from "../../../domain/StorableText.js"
import { observe, type WatchState } from "../../../domain/WatchState.js"
import type { ClaimedWatch, Recorded, WatchClaimOptions, WatchFinding } from "../../../services/WatchStore.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { inTransaction } from "../errors.js"
import { handedOut, putOff, readApart } from "../unreadable.js"
import { type NewEvent, writeEvents } from "./events.js"
import { jsonOf } from "./json.js"
import { millis, stateColumns, stateOf, StateRow, watchColumns, watchNaming, watchOf, WatchRow } from "./rows.js"

const ClaimRow = Schema.Struct({ ...WatchRow.fields, ...StateRow.fields })
const Id = Schema.Struct({ id: Schema.String })
const Due = Schema.Struct({ dueAt: Schema.OptionFromNullOr(Schema.Number) })

const seconds = (millis: Option.Option<number>) => Option.getOrNull(Option.map(millis, (value) => value / 1000))

const stateRow = (id: string, state: WatchState) => ({
  id,
  digest: Option.getOrNull(state.digest),
  platform: Option.getOrNull(state.platformDigest),
  since: seconds(state.since),
  tried: seconds(state.triedAt),
  checked: seconds(state.checkedAt),
  outcome: Option.getOrNull(state.outcome),
  moves: state.moves,
  elsewhere: state.elsewhere,
  elsewhere_at: seconds(state.elsewhereAt),
  due: state.dueAt / 1000,
  parked: state.parked,
  attempts: state.attempts,
  problem: Option.getOrNull(state.problem)
})

/** The parts of the store that a pass uses. */
export const makeObservations = ({ holder, sql }: StoreCore) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  const elsewhere = (registries: ReadonlyArray<string>) =>
    registries.length === 0
      ? sql`true`
      : sql`s.registry not in (select jsonb_array_elements_text(${jsonOf(registries)}::jsonb))`

  const readClaims = readApart(ClaimRow, watchNaming("watch"))
  const later = putOff(
    sql,
    "watch",
    (input, now) =>
      sql`update image_watch_states s set tried_at = ${now}, due_at = to_timestamp(x.until), parked = false,
        attempts = s.attempts + 1, problem = x.reason, lease = null, lease_until = '-infinity'
      from ${input} where s.watch_id = x.key::bigint and s.lease = ${holder}`
  )

  const claim = Effect.fn("WatchStore.claim")(
    function*(
      { lease, limit, since, without }: WatchClaimOptions & {
        readonly without?: ReadonlyArray<string>
        readonly since?: number | undefined
      }
    ) {
      const now = yield* Clock.currentTimeMillis
      const rows = yield* handedOut(
        Effect.flatMap(
          sql`
        with due as materialized (
          select s.watch_id from image_watch_states s
          where ${
            since === undefined
              ? sql`s.due_at <= ${at(now)}`
              : sql`coalesce(s.tried_at, '-infinity') < ${at(since)} and (not s.parked or s.due_at <= ${at(now)})`
          } and s.lease_until <= ${at(now)}
            and ${elsewhere(without ?? [])}
          order by s.due_at, s.watch_id limit ${limit}
          for no key update of s skip locked
        ), s as (
          update image_watch_states s set lease = ${holder}, lease_until = ${at(now + Duration.toMillis(lease))}
          where s.watch_id = any(array(select watch_id from due))
          returning s.*
        )
        select ${watchColumns(sql)}, ${stateColumns(sql)} from s join image_watches w on w.id = s.watch_id
        order by s.due_at, s.watch_id`,
          readClaims
        ),
        later
      )
      return rows.map((row): ClaimedWatch => ({ watch: watchOf(row), state: stateOf(row) }))
    },
    transient
  )

  const ids = (claims: ReadonlyArray<ClaimedWatch>) =>
    sql`(select value::bigint from jsonb_array_elements_text(${jsonOf(claims.map(({ watch }) => watch.id))}::jsonb))`

  const release = Effect.fn("WatchStore.release")(function*(claims: ReadonlyArray<ClaimedWatch>) {
    yield* sql`update image_watch_states set lease = null, lease_until = '-infinity'
      where lease = ${holder} and watch_id in ${ids(claims)}`
  }, transient)

  const nextDue = Effect.fn("WatchStore.nextDue")(function*(without: ReadonlyArray<string> = []) {
    const now = yield* Clock.currentTimeMillis
    const { dueAt } = yield* rowOf(Due)(sql`
      select ${millis(sql, "min(s.due_at)")} as "dueAt" from image_watch_states s
      where s.lease_until <= ${at(now)} and ${elsewhere(without)}`)
    return dueAt
  }, transient)

  // Most looks find what was there: one statement, which writes the stamp alone.
  const stamp = (findings: ReadonlyArray<WatchFinding>) =>
    rowsOf(Id)(sql`
      update image_watch_states s set tried_at = to_timestamp(x.at), checked_at = to_timestamp(x.at),
        due_at = to_timestamp(x.next), parked = false, attempts = 0,
        problem = null, lease = null, lease_until = '-infinity'
      from jsonb_to_recordset(${
      jsonOf(findings.flatMap(({ claim, observation: { at, next, result } }) =>
        result._tag === "Seen"
          ? [{ id: claim.watch.id, at: at / 1000, next: next / 1000, digest: result.digest }]
          : []
      ))
    }::jsonb) as x (id bigint, at float8, next float8, digest text)
      where s.watch_id = x.id and s.lease = ${holder} and s.digest = x.digest and s.outcome = 'seen'
      returning s.watch_id::text as id`)

  const change = (findings: ReadonlyArray<WatchFinding>) =>
    Effect.gen(function*() {
      const { rows, unreadable } = yield* readClaims(
        yield* sql`
        select ${watchColumns(sql)}, ${stateColumns(sql)}
        from image_watch_states s join image_watches w on w.id = s.watch_id
        where s.lease = ${holder} and s.watch_id in ${ids(findings.map(({ claim }) => claim))}
        order by s.watch_id for update of s`
      )
      yield* later(unreadable)
      const found = new Map(findings.map((finding) => [finding.claim.watch.id, finding]))
      const observed = rows.flatMap((row) => {
        const finding = found.get(row.id)
        if (finding === undefined) return []
        const before = stateOf(row)
        const after = observe(before, Option.isSome(row.platform), finding.observation)
        return [{ watch: watchOf(row), before, finding, after }]
      })
      yield* sql`
        update image_watch_states s set digest = x.digest, platform_digest = x.platform, since = to_timestamp(x.since),
          tried_at = to_timestamp(x.tried), checked_at = to_timestamp(x.checked), outcome = x.outcome, moves = x.moves, elsewhere = x.elsewhere,
          elsewhere_at = to_timestamp(x.elsewhere_at), due_at = to_timestamp(x.due), parked = x.parked, attempts = x.attempts,
          problem = x.problem, lease = null, lease_until = '-infinity'
        from jsonb_to_recordset(${
        jsonOf(observed.map(({ after, watch }) => stateRow(watch.id, after.state)))
      }::jsonb) as x (id bigint, digest text, platform text, since float8, tried float8, checked float8, outcome text, moves integer,
          elsewhere integer, elsewhere_at float8, due float8, parked boolean, attempts integer, problem text)
        where s.watch_id = x.id`
      yield* noteDefects(
        sql,
        "watch",
        observed.flatMap(({ after: { state }, watch }) =>
          Option.toArray(Option.map(state.problem, (reason) => ({ key: watch.id, reason: storable(reason) })))
        )
      )
      const events = yield* writeEvents(
        sql,
        observed.flatMap(({ after, finding, watch }): ReadonlyArray<NewEvent> =>
          Option.toArray(Option.map(after.event, (detail) => ({ watch, at: finding.observation.at, detail })))
        )
      )
      return {
        seeded: observed.filter(({ after, before }) =>
          Option.isNone(before.digest) && Option.isSome(after.state.digest)
        )
          .length,
        events,
        elsewhere: observed.filter(({ after, before }) => after.state.elsewhere > before.elsewhere).length,
        lost: findings.length - observed.length
      }
    })

  const record = Effect.fn("WatchStore.record")(function*(findings: ReadonlyArray<WatchFinding>) {
    const none: Recorded = { seeded: 0, events: [], elsewhere: 0, lost: 0 }
    if (findings.length === 0) return none
    return yield* inTransaction(sql)(Effect.gen(function*() {
      const stamped = new Set((yield* stamp(findings)).map(({ id }) => id))
      const rest = findings.filter(({ claim }) => !stamped.has(claim.watch.id))
      return rest.length === 0 ? none : yield* change(rest)
    }))
  }, transient)

  return { claim, release, nextDue, record }
}
