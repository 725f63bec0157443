/**
 * What is left to do, and how true the database is.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { addDays, dayOf, UtcDay } from "../../domain/UtcDay.js"
import type { StoreStatus } from "../../services/RepoDockerStore.js"
import { hasSnapshot, instant, rowOf, type StoreCore, transient } from "./core.js"
import { heldDefects } from "./defects.js"

const Repositories = Schema.Struct({
  repositories: Schema.Int,
  backlog: Schema.Int,
  due: Schema.Int,
  deferred: Schema.Int,
  leased: Schema.Int,
  oldest: Schema.OptionFromNullOr(Schema.Number)
})
const Images = Schema.Struct({
  images: Schema.Int,
  gone: Schema.Int,
  today: Schema.Int,
  done: Schema.Int,
  due: Schema.Int,
  deferred: Schema.Int,
  leased: Schema.Int,
  oldest: Schema.OptionFromNullOr(Schema.Number)
})
const Snapshots = Schema.Struct({ snapshots: Schema.NumberFromString, latest: Schema.OptionFromNullOr(UtcDay) })
const Complete = Schema.Struct({ complete: Schema.Boolean })

/** How many days back a complete day is looked for. */
const lookBack = 31

/** `status` of the store. */
export const makeStatus = ({ sql }: StoreCore) => {
  const repositories = (now: number, interval: Duration.Duration) => {
    const at = instant(sql, now)
    const checkedBefore = instant(sql, now - Duration.toMillis(interval))
    return rowOf(Repositories)(sql`
      select count(*)::int as repositories,
        (count(*) filter (where docker_checked_at is null))::int as backlog,
        (count(*) filter (where due))::int as due,
        (count(*) filter (where later and not leased))::int as deferred,
        (count(*) filter (where leased))::int as leased,
        round(extract(epoch from min(case when not due then null
          when docker_checked_at is null then greatest(docker_added_at, docker_not_before)
          else docker_checked_at + ${Duration.toMillis(interval)}::float8 * interval '1 millisecond'
        end)) * 1000)::float8 as oldest
      from (
        select docker_checked_at, docker_added_at, docker_not_before, leased,
          docker_not_before > ${at} as later,
          docker_not_before <= ${at} and not leased
            and (docker_checked_at is null or docker_checked_at <= ${checkedBefore}) as due
        from (
          select r.*, l.repo_id is not null as leased
          from repos r left join repos_docker_leases l on l.repo_id = r.id and l.until > ${at}
        ) r
        where host = 'github' and owner <> '' and name <> ''
      ) r`)
  }

  const images = (now: number, interval: Duration.Duration) => {
    const at = instant(sql, now)
    const today = dayOf(now)
    const syncedBefore = Duration.lessThan(interval, Duration.days(1))
      ? instant(sql, now - Duration.toMillis(interval))
      : sql`'-infinity'::timestamptz`
    return rowOf(Images)(sql`
      select (select count(*)::int from repo_docker) as images,
        (count(*) filter (where gone_at is not null))::int as gone,
        (count(*) filter (where missing_since is null or not absent))::int as today,
        (count(*) filter (where not absent))::int as done,
        (count(*) filter (where due))::int as due,
        (count(*) filter (where later and lease is null))::int as deferred,
        (count(*) filter (where later and lease is not null))::int as leased,
        round(extract(epoch from min(case when not due then null
          else (greatest(due_on, known_since) + time '00:00') at time zone 'UTC' end)) * 1000)::float8 as oldest
      from (
        select d.gone_at, d.missing_since, d.lease, d.known_since, absent,
          case when absent then least(d.due_on, ${today}::date) else ${today}::date end as due_on,
          d.not_before > ${at} as later,
          d.not_before <= ${at} and (
            (d.due_on <= ${today}::date and absent)
            or (d.missing_since is null and (absent or d.last_synced_at <= ${syncedBefore}))
          ) as due
        from repo_docker d cross join lateral (
          select not ${hasSnapshot(sql, today)} as absent
        ) p
        where d.registry = 'docker.io'
      ) d`)
  }

  // A day that has not begun was written by a clock that is ahead.
  const snapshots = (today: UtcDay) =>
    rowOf(Snapshots)(sql`
      select count(*)::text as snapshots, to_char(max(date) filter (where date <= ${today}::date), 'YYYY-MM-DD') as latest
      from repo_docker_pulls_daily`)

  const isComplete = (day: UtcDay) =>
    rowOf(Complete)(sql`
      select not exists (
        select 1 from repo_docker d
        where d.registry = 'docker.io' and d.known_since <= ${day}::date and (d.missing_since is null or d.missing_since > ${day}::date)
          and not ${hasSnapshot(sql, day)}
      ) as complete`)

  const lastCompleteDay = (latest: Option.Option<UtcDay>) =>
    Effect.gen(function*() {
      if (Option.isNone(latest)) return latest
      for (let back = 0; back < lookBack; back++) {
        const day = addDays(latest.value, -back)
        if ((yield* isComplete(day)).complete) return Option.some(day)
      }
      return Option.none<UtcDay>()
    })

  return Effect.fn("RepoDockerStore.status")(
    function*(intervals: { readonly discovery: Duration.Duration; readonly refresh: Duration.Duration }) {
      const now = yield* Clock.currentTimeMillis
      const ofRepositories = yield* repositories(now, intervals.discovery)
      const ofImages = yield* images(now, intervals.refresh)
      const ofSnapshots = yield* snapshots(dayOf(now))
      const oldest = [...Option.toArray(ofRepositories.oldest), ...Option.toArray(ofImages.oldest)]
      const status: StoreStatus = {
        repositories: ofRepositories.repositories,
        images: ofImages.images,
        gone: ofImages.gone,
        snapshots: ofSnapshots.snapshots,
        backlog: ofRepositories.backlog,
        repositoriesDue: ofRepositories.due,
        imagesDue: ofImages.due,
        deferred: ofRepositories.deferred + ofImages.deferred,
        leased: ofRepositories.leased + ofImages.leased,
        oldestDue: oldest.length === 0 ? Option.none() : Option.some(Math.min(...oldest)),
        lastCompleteDay: yield* lastCompleteDay(ofSnapshots.latest),
        today: { day: dayOf(now), images: ofImages.today, done: ofImages.done },
        defects: yield* heldDefects(sql)
      }
      return status
    },
    transient
  )
}
