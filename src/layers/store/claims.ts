/**
 * Claims: leases on due rows. A lease is `not_before` in the future with the holder's name beside it, so that claiming,
 * lapsing and putting off are all one comparison, which the index answers.
 */
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Duration, Effect, type ParseResult, Schema } from "effect"
import type { ClaimedImage, ClaimedRepository } from "../../domain/Finding.js"
import { dayOf } from "../../domain/UtcDay.js"
import type { ClaimOptions } from "../../services/RepoDockerStore.js"
import { nameRepositories } from "./adoption.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "./core.js"
import { inTransaction } from "./errors.js"

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

const ImageRow = Schema.Struct({ image: Schema.String, attempts: Schema.Int })
const Count = Schema.Struct({ count: Schema.Int })

const oneDay = Duration.hours(24)

/** Claiming, lengthening and giving back. */
export const makeClaims = ({ holder, sql }: StoreCore) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  const claimed = sql`r.id::text as id, r.owner, r.name, r.docker_attempts as attempts`

  const backlog = (limit: number, now: number, until: number) =>
    rowsOf(RepositoryRow)(sql`
      with due as materialized (
        select id from repos
        where host = 'github' and docker_checked_at is null and owner <> '' and name <> ''
          and docker_not_before <= ${at(now)}
        order by docker_not_before, id limit ${limit}
        for no key update skip locked
      )
      update repos r set docker_not_before = ${at(until)}, docker_lease = ${holder}
      where r.id = any(array(select id from due))
      returning ${claimed}`)

  const stale = (limit: number, now: number, until: number, interval: Duration.Duration) =>
    rowsOf(RepositoryRow)(sql`
      with due as materialized (
        select id from repos
        where host = 'github' and docker_checked_at is not null and owner <> '' and name <> ''
          and docker_checked_at <= ${at(now - Duration.toMillis(interval))}
          and docker_not_before <= ${at(now)}
        order by docker_checked_at, docker_not_before, id limit ${limit}
        for no key update skip locked
      )
      update repos r set docker_not_before = ${at(until)}, docker_lease = ${holder}
      where r.id = any(array(select id from due))
      returning ${claimed}`)

  const takeRepositories = (
    options: ClaimOptions
  ): Effect.Effect<ReadonlyArray<ClaimedRepository>, SqlError | ParseResult.ParseError> =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const until = now + Duration.toMillis(options.lease)
      const first = yield* backlog(options.limit, now, until)
      const rest = options.limit - first.length
      const second = rest > 0 ? yield* stale(rest, now, until, options.interval) : []
      return [...first, ...second].map(claimedRepository)
    })

  const claimRepositories = Effect.fn("RepoDockerStore.claimRepositories")(function*(options: ClaimOptions) {
    const taken = yield* takeRepositories(options)
    if (taken.length === options.limit) return taken
    // Others may have added rows without owner and name since the start.
    const { read } = yield* nameRepositories(sql)
    if (read === 0) return taken
    return [...taken, ...(yield* takeRepositories({ ...options, limit: options.limit - taken.length }))]
  }, transient)

  const takeImages = (options: ClaimOptions, now: number) => {
    const today = dayOf(now)
    const lacksToday = sql`due_on <= ${today}::date and not exists (
      select 1 from repo_docker_pulls_daily p where p.image_name = d.image_name and p.date = ${today}::date)`
    const due = Duration.lessThan(options.interval, oneDay)
      ? sql`((${lacksToday}) or (missing_since is null
          and last_synced_at <= ${at(now - Duration.toMillis(options.interval))}))`
      : lacksToday
    return rowsOf(ImageRow)(sql`
      with due as materialized (
        select id from repo_docker d
        where ${due} and not_before <= ${at(now)}
        order by due_on, image_name collate "C" limit ${options.limit}
        for no key update skip locked
      ), taken as (
        update repo_docker d set not_before = ${at(now + Duration.toMillis(options.lease))}, lease = ${holder}
        where d.id = any(array(select id from due))
        returning d.image_name as image, d.attempts, d.due_on
      )
      select image, attempts from taken order by due_on, image collate "C"`)
  }

  // The daily table is the truth of what has a row; `due_on` follows it, also where others have written or removed rows.
  const reconcile = (now: number) => {
    const today = dayOf(now)
    return rowOf(Count)(sql`
      with late as (
        update repo_docker d set due_on = ${today}::date
        where due_on > ${today}::date and missing_since is null and not exists (
          select 1 from repo_docker_pulls_daily p where p.image_name = d.image_name and p.date = ${today}::date)
        returning 1
      ), early as (
        update repo_docker d set due_on = ${today}::date + 1
        where due_on <= ${today}::date and exists (
          select 1 from repo_docker_pulls_daily p where p.image_name = d.image_name and p.date = ${today}::date)
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

  const held = (claims: {
    readonly repositories: ReadonlyArray<ClaimedRepository>
    readonly images: ReadonlyArray<ClaimedImage>
  }) => ({
    repositories: sql`select r.id from repos r
      join jsonb_array_elements_text(${JSON.stringify(claims.repositories.map((claim) => claim.id))}::jsonb) x
        on x.value::bigint = r.id
      where r.docker_lease = ${holder} order by r.id for no key update of r`,
    images: sql`select d.id from repo_docker d
      join jsonb_array_elements_text(${JSON.stringify(claims.images.map((claim) => claim.image))}::jsonb) x
        on x.value = d.image_name
      where d.lease = ${holder} order by d.image_name collate "C" for no key update of d`
  })

  type Claims = Parameters<typeof held>[0]

  const extendLeases = Effect.fn("RepoDockerStore.extendLeases")(
    function*(claims: Claims, lease: Duration.Duration) {
      const until = at((yield* Clock.currentTimeMillis) + Duration.toMillis(lease))
      const rows = held(claims)
      yield* inTransaction(sql)(Effect.gen(function*() {
        yield* sql`with held as materialized (${rows.repositories})
          update repos set docker_not_before = ${until} where id in (select id from held)`
        yield* sql`with held as materialized (${rows.images})
          update repo_docker set not_before = ${until} where id in (select id from held)`
      }))
    },
    transient
  )

  const releaseLeases = Effect.fn("RepoDockerStore.releaseLeases")(function*(claims: Claims) {
    const rows = held(claims)
    yield* inTransaction(sql)(Effect.gen(function*() {
      yield* sql`with held as materialized (${rows.repositories})
        update repos set docker_not_before = '-infinity', docker_lease = null where id in (select id from held)`
      yield* sql`with held as materialized (${rows.images})
        update repo_docker set not_before = '-infinity', lease = null where id in (select id from held)`
    }))
  }, transient)

  const undefer = Effect.fn("RepoDockerStore.undefer")(
    function*(kinds: { readonly repositories: boolean; readonly images: boolean }) {
      const now = yield* Clock.currentTimeMillis
      const repositories = sql`with freed as (
          update repos set docker_not_before = '-infinity'
          where docker_not_before > ${at(now)} and docker_not_before < 'infinity' and docker_lease is null returning 1
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
