/**
 * Times in the database that decide when something is done next (leases, deferrals, due times, times of the last look)
 * lie within bounds. What lies further ahead was written by a process whose clock was ahead: it tells nothing, and the
 * row would not be looked at for years. Such rows count as due now, and their leases as over. What is wrong is found
 * before the first claim of a process and then once an hour, so that claims read their indexes as they are.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Duration, Effect, Ref, Schema } from "effect"
import type { Transient } from "../../domain/Errors.js"
import { instant, rowOf, transient } from "./core.js"
import { tolerated } from "./offsetClock.js"

const Count = Schema.Struct({ count: Schema.Int })

/** No lease is longer: `IMAGE_CENSUS_LEASE_SEC` allows a day. */
const longestLease = Duration.sum(Duration.days(1), tolerated)
/** Nothing is put off for longer than a day; a park ends within an hour. */
const longestDeferral = Duration.days(2)
/** A gone image is looked at again every month. */
const goneDays = 31

/** What is compared with. */
interface Bounds {
  readonly sql: SqlClient
  readonly now: Fragment
  /** A time of something that has happened is not later than this. */
  readonly past: Fragment
  /** No lease ends later. */
  readonly lease: Fragment
  /** No deferral ends later; infinity is no time. */
  readonly deferral: Fragment
  readonly today: Fragment
  /** The first day that nothing can have happened on yet. */
  readonly tomorrow: Fragment
}

/** Rows that are out of bounds, and what to make of them. */
interface Gate {
  readonly table: string
  readonly key: string
  readonly wrong: (bounds: Bounds) => Fragment
  /** None: the row is taken away. */
  readonly set?: (bounds: Bounds) => Fragment
}

/** The gates of a store. */
export type Gates = ReadonlyArray<Gate>

const deferredTooFar = ({ deferral, sql }: Bounds, column: Fragment) =>
  sql`(${column} > ${deferral} and ${column} < 'infinity')`

// Of images with times to come: they are due today, what is set so that they are not (a day to come, no end) stays.
const lookedNow = ({ now, sql, today }: Bounds) =>
  sql`last_synced_at = least(last_synced_at, ${now}), missing_since = least(missing_since, ${today}),
    gone_at = least(gone_at, ${now}),
    due_on = case when due_on < 'infinity' then least(due_on, ${today}) else due_on end`

/**
 * Of repositories and images on Docker Hub. Both are tables of millions of wide rows, so each condition is one that an
 * index answers.
 */
export const censusGates: Gates = [
  {
    table: "repos",
    key: "id",
    // In the words of the index repos_docker_deferred.
    wrong: ({ deferral, sql }) =>
      sql`docker_not_before > '-infinity' and docker_not_before < 'infinity' and docker_not_before > ${deferral}`,
    set: ({ sql }) => sql`docker_not_before = '-infinity'`
  },
  {
    // As if set to null by hand: check again. In the words of the index repos_docker_stale_due.
    table: "repos",
    key: "id",
    wrong: ({ past, sql }) =>
      sql`host = 'github' and docker_checked_at is not null and owner <> '' and name <> ''
        and docker_checked_at > ${past}`,
    set: ({ sql }) => sql`docker_checked_at = null`
  },
  { table: "repos_docker_leases", key: "repo_id", wrong: ({ lease, sql }) => sql`until > ${lease}` },
  { table: "repo_docker", key: "id", wrong: ({ past, sql }) => sql`last_synced_at > ${past}`, set: lookedNow },
  { table: "repo_docker", key: "id", wrong: ({ sql, tomorrow }) => sql`missing_since >= ${tomorrow}`, set: lookedNow },
  {
    table: "repo_docker",
    key: "id",
    wrong: ({ sql, tomorrow }) =>
      sql`due_on >= ${tomorrow} + ${
        sql.literal(String(goneDays))
      } and due_on < 'infinity' and missing_since is not null`,
    set: lookedNow
  },
  {
    // The lease or the deferral of an image that is not due yet is looked at when it is.
    table: "repo_docker",
    key: "id",
    wrong: (bounds) => bounds.sql`due_on <= ${bounds.today} and ${deferredTooFar(bounds, bounds.sql`not_before`)}`,
    set: ({ sql }) => sql`not_before = '-infinity', lease = null`
  }
]

const registryGate = (table: string, looked: string): Gate => ({
  table,
  key: "image_name",
  wrong: ({ deferral, lease, past, sql }) =>
    sql`due_at < 'infinity' and ((lease is not null and due_at > ${lease})
      or (lease is null and attempts > 0 and due_at > ${deferral}) or ${sql(looked)} > ${past})`,
  set: ({ now, sql }) => sql`due_at = '-infinity', lease = null, ${sql(looked)} = least(${sql(looked)}, ${now})`
})

/** Of looks at registries. */
export const linkGates: Gates = [
  registryGate("repo_docker_checks", "checked_at"),
  registryGate("repo_docker_sources", "looked_at")
]

/** Of the catalog. */
export const catalogGates: Gates = [
  {
    table: "catalog_state",
    key: "image_name",
    wrong: ({ lease, sql }) => sql`leased_until > ${lease}`,
    set: ({ sql }) => sql`leased_until = '-infinity', holder = null`
  },
  {
    table: "catalog_state",
    key: "image_name",
    wrong: (bounds) => deferredTooFar(bounds, bounds.sql`not_before`),
    set: ({ sql }) => sql`not_before = '-infinity'`
  },
  {
    table: "catalog_state",
    key: "image_name",
    wrong: ({ past, sql, tomorrow }) =>
      sql`looked_at > ${past} or fetched_at > ${past} or listed_at > ${past} or missing_since >= ${tomorrow}`,
    set: ({ now, sql, today }) =>
      sql`due_at = '-infinity', looked_at = least(looked_at, ${now}), fetched_at = least(fetched_at, ${now}),
        listed_at = least(listed_at, ${now}), missing_since = least(missing_since, ${today})`
  },
  { table: "catalog_passes", key: "holder", wrong: ({ lease, past, sql }) => sql`until > ${lease} or since > ${past}` }
]

const leaseOf = (table: string, key: string): Gate => ({
  table,
  key,
  wrong: ({ lease, sql }) => sql`lease_until > ${lease}`,
  set: ({ sql }) => sql`lease_until = '-infinity', lease = null`
})

/** Of watches. Their states are due within the watch's own interval, or an hour after a failure. */
export const watchGates: Gates = [
  leaseOf("image_watch_states", "watch_id"),
  leaseOf("image_watch_deliveries", "(sequence, position)"),
  leaseOf("image_watch_updates", "watch_id"),
  {
    table: "image_watch_states",
    key: "watch_id",
    wrong: ({ deferral, past, sql }) =>
      sql`tried_at > ${past} or checked_at > ${past} or since > ${past}
        or due_at > ${deferral} + (select make_interval(secs => w.every_ms / 1000.0) from image_watches w
          where w.id = watch_id)`,
    set: ({ now, sql }) =>
      sql`due_at = ${now}, tried_at = null, checked_at = least(checked_at, ${now}), since = least(since, ${now})`
  },
  {
    table: "image_watch_deliveries",
    key: "(sequence, position)",
    wrong: (bounds) => bounds.sql`status = 'pending' and ${deferredTooFar(bounds, bounds.sql`not_before`)}`,
    set: ({ sql }) => sql`not_before = '-infinity'`
  },
  {
    // The look counts as one long ago: never looked at would mean that what is found next is no news.
    table: "image_watch_updates",
    key: "watch_id",
    wrong: (bounds) => bounds.sql`looked_at > ${bounds.past} or ${deferredTooFar(bounds, bounds.sql`not_before`)}`,
    set: ({ past, sql }) =>
      sql`looked_at = case when looked_at > ${past} then to_timestamp(0) else looked_at end, not_before = '-infinity'`
  }
]

const every = Duration.hours(1)

const boundsOf = (sql: SqlClient, now: number): Bounds => {
  const after = (span: Duration.Duration) => instant(sql, now + Duration.toMillis(span))
  const dayOf = (at: Fragment) => sql`(${at} at time zone 'UTC')::date`
  const past = after(tolerated)
  return {
    sql,
    now: instant(sql, now),
    past,
    lease: after(longestLease),
    deferral: after(longestDeferral),
    today: dayOf(instant(sql, now)),
    tomorrow: sql`(${dayOf(past)} + 1)`
  }
}

/** Brings what is out of bounds at an instant (epoch milliseconds) into them. Rows that somebody writes now are left to the next time. */
export const amendment = (sql: SqlClient, { key, set, table, wrong }: Gate, now: number) => {
  const bounds = boundsOf(sql, now)
  const name = sql(table)
  const id = sql.literal(key)
  const rows = sql`${id} in (select ${sql.literal(key.replace(/[()]/g, ""))} from ${name} where ${wrong(bounds)}
    for update skip locked)`
  const change = set === undefined
    ? sql`delete from ${name} where ${rows}`
    : sql`update ${name} set ${set(bounds)} where ${rows}`
  return sql`with amended as (${change} returning 1) select count(*)::int as count from amended`
}

/** Brings a store's gates into their bounds, at most once an hour; to be run before each claim. */
export const keepInBounds = (sql: SqlClient, gates: Gates): Effect.Effect<Effect.Effect<void, Transient>> =>
  Effect.map(Ref.make(Number.NEGATIVE_INFINITY), (last) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      // Either way: a clock that was ahead last time is not waited for.
      if (Math.abs(now - (yield* Ref.get(last))) < Duration.toMillis(every)) return
      yield* Ref.set(last, now)
      for (const gate of gates) {
        const { count } = yield* rowOf(Count)(amendment(sql, gate, now))
        if (count > 0) {
          yield* Effect.logWarning(
            `${gate.table}: ${count} rows had times of a clock that was ahead; they count as due now`
          )
        }
      }
    }).pipe(transient, Effect.withSpan("Store.keepInBounds")))
