/**
 * Claims: leases on due rows. A repository's lease is a row of `repos_docker_leases`, an image's is its `not_before` in
 * the future with the holder's name beside it; both lapse by themselves.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Duration, Effect, type ParseResult, Schema } from "effect"
import type { ClaimedImage, ClaimedRepository } from "../../domain/Finding.js"
import { dayOf } from "../../domain/UtcDay.js"
import type { ClaimOptions } from "../../services/RepoDockerStore.js"
import { nameRepositories } from "./adoption.js"
import { hasSnapshot, instant, rowOf, rowsOf, type StoreCore, transient } from "./core.js"
import { inTransaction } from "./errors.js"
import { withKnown } from "./links/known.js"

export const RepositoryRow = Schema.Struct({
  id: Schema.String,
  owner: Schema.String,
  name: Schema.String,
  attempts: Schema.Int
})

export const claimedRepository = (row: typeof RepositoryRow.Type): ClaimedRepository => ({
  id: row.id,
  repository: { owner: row.owner, name: row.name },
  attempts: row.attempts
})

const CandidateRow = Schema.Struct({ ...RepositoryRow.fields, taken: Schema.Boolean, place: Schema.Int })
const ImageRow = Schema.Struct({ image: Schema.String, attempts: Schema.Int })
const Count = Schema.Struct({ count: Schema.Int })

const oneDay = Duration.hours(24)

interface Claims {
  readonly repositories: ReadonlyArray<ClaimedRepository>
  readonly images: ReadonlyArray<ClaimedImage>
}

/** Claiming, lengthening and giving back. */
export const makeClaims = ({ holder, sql }: StoreCore) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  // A claim reads the first rows of an index in its order. Where statistics are old (after a large import, or before the
  // first analyze), the planner would rather read and sort everything that is due, so it is given no choice; nor time
  // for compilation, which what it holds for costly would bring about.
  const inIndexOrder = <A, E>(claim: Effect.Effect<A, E>) =>
    inTransaction(sql)(Effect.zipRight(
      sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`,
      claim
    ))

  // The rows are locked only to keep other claimers off while this one writes its leases. Where another was faster
  // between our snapshot and our lock, its lease wins, and the row is not ours.
  const lease = (due: Fragment, now: number, until: number) =>
    rowsOf(CandidateRow)(sql`
      with due as materialized (${due}), taken as (
        insert into repos_docker_leases as l (repo_id, holder, until)
        select id, ${holder}, ${at(until)} from due
        on conflict (repo_id) do update set holder = excluded.holder, until = excluded.until
          where l.until <= ${at(now)}
        returning repo_id
      )
      select due.id::text as id, due.owner, due.name, due.docker_attempts as attempts, taken.repo_id is not null as taken,
        due.place::int as place
      from due left join taken on taken.repo_id = due.id`).pipe(
      inIndexOrder,
      Effect.map((rows) => [...rows].sort((first, second) => first.place - second.place))
    )

  const unleased = (now: number) =>
    sql`not exists (select 1 from repos_docker_leases l where l.repo_id = r.id and l.until > ${at(now)})`

  const backlog = (limit: number, now: number) =>
    sql`select id, owner, name, docker_attempts, row_number() over () as place from (
        select r.id, r.owner, r.name, r.docker_attempts from repos r
        where r.host = 'github' and r.docker_checked_at is null and r.owner <> '' and r.name <> ''
          and r.docker_not_before <= ${at(now)} and ${unleased(now)}
        order by r.docker_not_before, r.id limit ${limit}
        for no key update of r skip locked
      ) r`

  const stale = (limit: number, now: number, interval: Duration.Duration) =>
    sql`select id, owner, name, docker_attempts, row_number() over () as place from (
        select r.id, r.owner, r.name, r.docker_attempts from repos r
        where r.host = 'github' and r.docker_checked_at is not null and r.owner <> '' and r.name <> ''
          and r.docker_checked_at <= ${at(now - Duration.toMillis(interval))}
          and r.docker_not_before <= ${at(now)} and ${unleased(now)}
        order by r.docker_checked_at, r.docker_not_before, r.id limit ${limit}
        for no key update of r skip locked
      ) r`

  // Rows that another claimer got first are made up for; an empty answer means that nothing is due.
  const take = (
    limit: number,
    now: number,
    until: number,
    due: (limit: number) => Fragment
  ): Effect.Effect<ReadonlyArray<ClaimedRepository>, SqlError | ParseResult.ParseError> =>
    Effect.gen(function*() {
      const rows: Array<ClaimedRepository> = []
      while (rows.length < limit) {
        const candidates = yield* lease(due(limit - rows.length), now, until)
        rows.push(...candidates.filter((row) => row.taken).map(claimedRepository))
        if (candidates.every((row) => row.taken)) break
      }
      return rows
    })

  const takeRepositories = (options: ClaimOptions) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const until = now + Duration.toMillis(options.lease)
      const first = yield* take(options.limit, now, until, (limit) => backlog(limit, now))
      const rest = options.limit - first.length
      const second = rest > 0
        ? yield* take(rest, now, until, (limit) => stale(limit, now, options.interval))
        : []
      return [...first, ...second]
    })

  const claimRepositories = Effect.fn("RepoDockerStore.claimRepositories")(function*(options: ClaimOptions) {
    const taken = yield* takeRepositories(options)
    if (taken.length === options.limit) return yield* withKnown(sql, taken)
    // Others may have added rows without owner and name since the start.
    const { read } = yield* nameRepositories(sql)
    const more = read === 0
      ? []
      : yield* takeRepositories({ ...options, limit: options.limit - taken.length })
    return yield* withKnown(sql, [...taken, ...more])
  }, transient)

  const takeImages = (options: ClaimOptions, now: number) => {
    const today = dayOf(now)
    // Only Docker Hub counts pulls; images of other registries are looked at by those registries' own lanes.
    const lacksToday = sql`due_on <= ${today}::date and not ${hasSnapshot(sql, today)}`
    const due = Duration.lessThan(options.interval, oneDay)
      ? sql`((${lacksToday}) or (missing_since is null
          and last_synced_at <= ${at(now - Duration.toMillis(options.interval))}))`
      : lacksToday
    return rowsOf(ImageRow)(sql`
      with due as materialized (
        select id from repo_docker d
        where ${due} and not_before <= ${at(now)} and registry = 'docker.io'
        order by due_on, image_name collate "C" limit ${options.limit}
        for no key update skip locked
      ), taken as (
        update repo_docker d set not_before = ${at(now + Duration.toMillis(options.lease))}, lease = ${holder}
        where d.id = any(array(select id from due))
        returning d.image_name as image, d.attempts, d.due_on
      )
      select image, attempts from taken order by due_on, image collate "C"`).pipe(inIndexOrder)
  }

  // The daily table is the truth of what has a row; `due_on` follows it, also where others have written or removed rows.
  const reconcile = (now: number) => {
    const today = dayOf(now)
    return rowOf(Count)(sql`
      with late as (
        update repo_docker d set due_on = ${today}::date
        where due_on > ${today}::date and registry = 'docker.io' and missing_since is null
          and not ${hasSnapshot(sql, today)}
        returning 1
      ), early as (
        update repo_docker d set due_on = ${today}::date + 1
        where due_on <= ${today}::date and registry = 'docker.io' and ${hasSnapshot(sql, today)}
        returning 1
      )
      select (select count(*)::int from late) as count, (select count(*)::int from early) as ahead`)
  }

  const claimImages = Effect.fn("RepoDockerStore.claimImages")(function*(options: ClaimOptions) {
    const now = yield* Clock.currentTimeMillis
    const taken = yield* takeImages(options, now)
    if (taken.length === options.limit) return taken
    const { count } = yield* reconcile(now)
    if (count === 0) return taken
    return [...taken, ...(yield* takeImages({ ...options, limit: options.limit - taken.length }, now))]
  }, transient)

  const heldImages = (images: ReadonlyArray<ClaimedImage>) =>
    sql`select d.id from repo_docker d
      join jsonb_array_elements_text(${JSON.stringify(images.map((claim) => claim.image))}::jsonb) x
        on x.value = d.image_name
      where d.lease = ${holder} order by d.image_name for no key update of d`

  const heldRepositories = (repositories: ReadonlyArray<ClaimedRepository>) =>
    sql`select repo_id from repos_docker_leases
      where holder = ${holder} and repo_id in (
        select value::bigint from jsonb_array_elements_text(${
      JSON.stringify(repositories.map((claim) => claim.id))
    }::jsonb))
      order by repo_id for update`

  const extendLeases = Effect.fn("RepoDockerStore.extendLeases")(
    function*(claims: Claims, lease: Duration.Duration) {
      const until = at((yield* Clock.currentTimeMillis) + Duration.toMillis(lease))
      yield* inTransaction(sql)(Effect.gen(function*() {
        yield* sql`with held as materialized (${heldRepositories(claims.repositories)})
          update repos_docker_leases set until = ${until} where repo_id in (select repo_id from held)`
        yield* sql`with held as materialized (${heldImages(claims.images)})
          update repo_docker set not_before = ${until} where id in (select id from held)`
      }))
    },
    transient
  )

  const releaseLeases = Effect.fn("RepoDockerStore.releaseLeases")(function*(claims: Claims) {
    yield* inTransaction(sql)(Effect.gen(function*() {
      yield* sql`with held as materialized (${heldRepositories(claims.repositories)})
        delete from repos_docker_leases where repo_id in (select repo_id from held)`
      yield* sql`with held as materialized (${heldImages(claims.images)})
        update repo_docker set not_before = '-infinity', lease = null where id in (select id from held)`
    }))
  }, transient)

  const undefer = Effect.fn("RepoDockerStore.undefer")(
    function*(kinds: { readonly repositories: boolean; readonly images: boolean }) {
      const now = yield* Clock.currentTimeMillis
      const repositories = sql`with freed as (
          update repos set docker_not_before = '-infinity'
          where docker_not_before > ${at(now)} and docker_not_before < 'infinity' returning 1
        ) select count(*)::int as count from freed`
      const images = sql`with freed as (
          update repo_docker set not_before = '-infinity' where not_before > ${at(now)} and lease is null returning 1
        ) select count(*)::int as count from freed`
      const counts = yield* Effect.all([
        kinds.repositories ? rowOf(Count)(repositories) : Effect.succeed({ count: 0 }),
        kinds.images ? rowOf(Count)(images) : Effect.succeed({ count: 0 })
      ])
      return counts[0].count + counts[1].count
    },
    transient
  )

  return { claimRepositories, claimImages, extendLeases, releaseLeases, undefer }
}
