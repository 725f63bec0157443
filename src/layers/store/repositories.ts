/**
 * Adding, naming, removing and listing repositories.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Array, Chunk, Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import { key, type RepositoryName, urlOf } from "../../domain/GitHubRepository.js"
import { findable } from "../../domain/StorableText.js"
import type { StoredRepository } from "../../services/RepoDockerStore.js"
import { nameRepositories } from "./adoption.js"
import { claimedRepository, RepositoryRow } from "./claims.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "./core.js"
import { inTransaction } from "./errors.js"
import { withKnown } from "./links/known.js"

const chunkSize = 5000
const pageSize = 500

const Count = Schema.Struct({ count: Schema.Int })
const Named = Schema.Struct({ ...RepositoryRow.fields, position: Schema.Int })
const Removed = Schema.Struct({ id: Schema.String, position: Schema.Int })
/** The columns of a repository as rows bring them. */
export const repositoryFields = {
  id: Schema.String,
  url: Schema.String,
  owner: Schema.String,
  name: Schema.String,
  checkedAt: Schema.OptionFromNullOr(Schema.Number),
  outcome: Schema.OptionFromNullOr(Schema.String),
  images: Schema.Array(Schema.String),
  verified: Schema.Array(Schema.String)
}
const Stored = Schema.Struct(repositoryFields)

/** Selects them of a repository's row, which is called `r`. */
export const repositoryColumns = (sql: SqlClient) =>
  sql`
      r.id::text as id, r.url, r.owner, r.name,
      round(extract(epoch from r.docker_checked_at) * 1000)::float8 as "checkedAt",
      r.docker_outcome as outcome,
      array(select l.image_name from repo_docker_links_shown l where l.repo_id = r.id order by 1) as images,
      array(select l.image_name from repo_docker_links_shown l where l.repo_id = r.id and l.verified order by 1)
        as verified`

const inputOf = (repositories: ReadonlyArray<RepositoryName>) =>
  JSON.stringify(
    repositories.map((repository, position) => ({
      position,
      owner: repository.owner,
      name: repository.name,
      url: urlOf(repository),
      key: key(repository)
    }))
  )

/** The parts of the store that are about repositories as such. */
export const makeRepositories = ({ holder, sql }: StoreCore) => {
  const input = (repositories: ReadonlyArray<RepositoryName>) =>
    sql`jsonb_to_recordset(${inputOf(repositories)}::jsonb)
      as x (position integer, owner text, name text, url text, key text)`

  // Two additions at once would both miss what the other adds under another spelling.
  const oneAtATime = sql`select pg_advisory_xact_lock(hashtextextended('image-census/repos', 0))`

  const insert = (repositories: ReadonlyArray<RepositoryName>, now: number) =>
    Effect.zipRight(
      oneAtATime,
      rowOf(Count)(sql`
        with input as (
          select distinct on (key) * from ${input(repositories)} order by key, position
        ), added as (
          insert into repos (url, host, owner, name, docker_added_at)
          select i.url, 'github', i.owner, i.name, ${instant(sql, now)} from input i
          where not exists (
              select 1 from repos r where r.host = 'github'
                and lower(r.owner) = lower(i.owner) and lower(r.name) = lower(i.name))
            and not exists (select 1 from repos r where lower(r.docker_renamed_from) = i.key)
          order by i.position
          on conflict (url) do nothing
          returning 1
        )
        select count(*)::int as count from added`)
    )

  const addRepositories = Effect.fn("RepoDockerStore.addRepositories")(
    function*(repositories: ReadonlyArray<RepositoryName>) {
      const now = yield* Clock.currentTimeMillis
      yield* nameRepositories(sql)
      const counts = yield* Effect.forEach(
        Array.chunksOf(repositories, chunkSize),
        (chunk) => inTransaction(sql)(insert(chunk, now))
      )
      const added = counts.reduce((sum, { count }) => sum + count, 0)
      return { added, known: repositories.length - added }
    },
    transient
  )

  /** Rows by name, by former name or by address; the first row where several have the name. */
  const find = (repositories: ReadonlyArray<RepositoryName>) =>
    sql`select distinct on (x.position) x.position, r.id
      from ${input(repositories)} cross join lateral (
        select id, 1 as rank from repos
          where host = 'github' and lower(owner) = lower(x.owner) and lower(name) = lower(x.name)
        union all select id, 2 from repos where host = 'github' and lower(docker_renamed_from) = x.key
        union all select id, 3 from repos where host = 'github' and url = x.url
      ) r
      order by x.position, r.rank, r.id`

  const claimNamed = Effect.fn("RepoDockerStore.claimNamed")(
    function*(repositories: ReadonlyArray<RepositoryName>, lease: Duration.Duration) {
      const now = yield* Clock.currentTimeMillis
      const until = now + Duration.toMillis(lease)
      yield* nameRepositories(sql)
      const rows = yield* inTransaction(sql)(Effect.zipRight(
        insert(repositories, now),
        rowsOf(Named)(sql`
          with found as (select min(position) as position, id from (${find(repositories)}) f group by id),
          held as (
            insert into repos_docker_leases as l (repo_id, holder, until)
            select id, ${holder}, ${instant(sql, until)} from found order by id
            on conflict (repo_id) do update set holder = excluded.holder, until = excluded.until
            returning repo_id
          )
          select r.id::text as id, r.owner, r.name, r.docker_attempts as attempts, found.position
          from found join held on held.repo_id = found.id join repos r on r.id = found.id`)
      ))
      const claimed = [...rows].sort((first, second) => first.position - second.position).map(claimedRepository)
      return yield* withKnown(sql, claimed)
    },
    transient
  )

  // Every row of the name goes, also where several addresses have it. Images and history stay with another of their
  // repositories, or with none.
  const removeChunk = (repositories: ReadonlyArray<RepositoryName>) =>
    inTransaction(sql)(Effect.gen(function*() {
      yield* oneAtATime
      const found = yield* rowsOf(Removed)(sql`
        with found as materialized (
          select x.position, f.id from ${input(repositories)} cross join lateral (
            select id from repos where host = 'github' and lower(owner) = lower(x.owner) and lower(name) = lower(x.name)
            union select id from repos where host = 'github' and url = x.url
          ) f
        )
        select r.id::text as id, found.position from repos r join found on found.id = r.id
        order by r.id for update of r`)
      const ids = JSON.stringify(found.map((row) => row.id))
      const doomed = sql`(select value::bigint from jsonb_array_elements_text(${ids}::jsonb))`
      yield* sql`update repo_docker d set repo_id = (
          select min(l.repo_id) from repo_docker_links_shown l
          where l.image_name = d.image_name and l.repo_id not in ${doomed})
        where d.repo_id in ${doomed}`
      yield* sql`delete from repos_docker_leases where repo_id in ${doomed}`
      yield* sql`delete from repos where id in ${doomed}`
      const positions = new Set(found.map((row) => row.position))
      return {
        removed: new Set(found.map((row) => row.id)).size,
        unknown: repositories.filter((_, position) => !positions.has(position))
      }
    }))

  const removeRepositories = Effect.fn("RepoDockerStore.removeRepositories")(
    function*(repositories: ReadonlyArray<RepositoryName>) {
      const distinct = [...new Map(repositories.map((repository) => [key(repository), repository])).values()]
      const parts = yield* Effect.forEach(Array.chunksOf(distinct, chunkSize), removeChunk)
      return {
        removed: parts.reduce((sum, part) => sum + part.removed, 0),
        unknown: parts.flatMap((part) => part.unknown)
      }
    },
    transient
  )

  const page = (search: Option.Option<string>, after: string) =>
    rowsOf(Stored)(sql`
      select ${repositoryColumns(sql)} from repos r
      where r.id > ${after}::bigint and r.host = 'github' and r.owner <> '' and r.name <> ''
        and ${
      Option.match(search, {
        onNone: () => sql`true`,
        onSome: (text) =>
          sql`strpos(lower(r.owner || '/' || r.name || ' ' || r.url), ${findable(text.toLowerCase())}) > 0`
      })
    }
      order by r.id limit ${pageSize}`)

  const repositories = (filter: { readonly search: Option.Option<string> }) =>
    Stream.paginateChunkEffect("0", (after) =>
      transient(page(filter.search, after)).pipe(
        Effect.map((rows) => {
          const stored: ReadonlyArray<StoredRepository> = rows.map(({ name, owner, ...row }) => ({
            ...row,
            repository: { owner, name }
          }))
          const last = rows.at(-1)
          return [
            Chunk.fromIterable(stored),
            last === undefined || rows.length < pageSize ? Option.none<string>() : Option.some(last.id)
          ] as const
        }),
        Effect.withSpan("RepoDockerStore.repositories")
      ))

  return { addRepositories, claimNamed, removeRepositories, repositories }
}
