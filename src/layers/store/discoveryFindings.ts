/**
 * Writes what discovery found.
 */
import { Duration, Effect, Option } from "effect"
import type { Deferral, DiscoveryFinding, DiscoveryResult, ImageFacts } from "../../domain/Finding.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { storable } from "../../domain/StorableText.js"
import { wrote } from "../../domain/telemetry.js"
import { dayOf } from "../../domain/UtcDay.js"
import { refusedReason, writeInBulk } from "./bulk.js"
import { writeRefreshed } from "./catalog/refreshed.js"
import { type StoreCore, transient } from "./core.js"
import { noteDefects } from "./defects.js"
import { inTransaction } from "./errors.js"
import { writeImages } from "./imageWrites.js"
import { settleOwners } from "./links/fragments.js"
import { ageNames, type ReadRepository, writeReadings } from "./links/readings.js"

/** When a refused row is tried again: an hour, doubled with every attempt, a day at most. */
export const refusedUntil = (at: number, attempts: number): number =>
  at + Math.min(Duration.toMillis(Duration.hours(1)) * 2 ** Math.min(attempts, 5), Duration.toMillis(Duration.days(1)))

const outcomes = { NotFound: "not-found", NoDockerfile: "no-dockerfile", Miss: "miss", Hit: "hit" } as const

/** A deferral as the store writes it: of a repository by id, of an image by name. */
export interface DeferredRow {
  readonly key: string
  readonly reason: string
  readonly until: number
}

interface Definite {
  readonly finding: DiscoveryFinding
  readonly result: DiscoveryResult
}

const checkedRow = ({ finding, result }: Definite) => ({
  id: finding.claim.id,
  at: finding.at / 1000,
  outcome: outcomes[result._tag],
  ...(result._tag === "NotFound" ? {} : {
    owner: result.probe.repository.owner,
    name: result.probe.repository.name,
    head: Option.getOrNull(result.probe.headOid),
    dockerfiles: result.probe.dockerfiles
  })
})

interface Hit {
  readonly id: string
  readonly at: number
  readonly facts: ImageFacts
}

const hitsOf = (definite: ReadonlyArray<Definite>): ReadonlyArray<Hit> =>
  definite.flatMap(({ finding, result }) =>
    result._tag === "Hit" ? [{ id: finding.claim.id, at: finding.at, facts: result.facts }] : []
  )

const readOf = (
  { at, claim: { id, repository }, reading, result }: DiscoveryFinding
): ReadonlyArray<ReadRepository> => {
  if (reading !== undefined) return [{ id, at, ...reading.probe, reading: Option.some(reading) }]
  return result._tag === "NotFound"
    ? [{ id, at, repository, headOid: Option.none(), dockerfiles: [], reading: Option.none() }]
    : []
}

const deferred = (finding: DiscoveryFinding, { notBefore, reason }: Deferral): DeferredRow => ({
  key: finding.claim.id,
  reason: storable(reason),
  until: notBefore
})

/** `recordDiscovery` of the store. */
export const makeRecordDiscovery = ({ ensureDays, holder, sql }: StoreCore) => {
  // Rows are locked in one order everywhere, so that two writers never wait for each other.
  const lock = (ids: ReadonlyArray<string>) =>
    sql`select id from repos
      where id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
      order by id for no key update`

  const end = (ids: ReadonlyArray<string>) =>
    sql`delete from repos_docker_leases where holder = ${holder} and repo_id in (
      select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`

  const stamp = (definite: ReadonlyArray<Definite>) =>
    sql`update repos r set
        docker_checked_at = to_timestamp(x.at),
        docker_outcome = x.outcome,
        docker_renamed_from = case
          when lower(r.owner) <> lower(x.owner) or lower(r.name) <> lower(x.name) then r.owner || '/' || r.name
          else r.docker_renamed_from end,
        owner = coalesce(x.owner, r.owner),
        name = coalesce(x.name, r.name),
        docker_head_oid = x.head,
        docker_dockerfiles = x.dockerfiles,
        docker_not_before = '-infinity',
        docker_attempts = 0,
        docker_last_error = null
      from jsonb_to_recordset(${JSON.stringify(definite.map(checkedRow))}::jsonb)
        as x (id bigint, at float8, outcome text, owner text, name text, head text, dockerfiles text[])
      where r.id = x.id`

  // A repository that was taken out meanwhile gets no link; its image would belong to nobody and is left out too.
  const link = (hits: ReadonlyArray<Hit>) =>
    sql`insert into repo_docker_links (repo_id, image_name, evidence, first_seen, last_seen)
      select r.id, x.image, 'name', to_timestamp(max(x.at)), to_timestamp(max(x.at))
      from jsonb_to_recordset(${
      JSON.stringify(hits.map((hit) => ({ id: hit.id, at: hit.at / 1000, image: hit.facts.image })))
    }::jsonb) as x (id bigint, at float8, image text)
      join repos r on r.id = x.id
      group by r.id, x.image order by r.id, x.image
      on conflict (repo_id, image_name, evidence) do update set last_seen = excluded.last_seen,
        unseen_since = null`

  const write = (definite: ReadonlyArray<Definite>) =>
    inTransaction(sql)(Effect.gen(function*() {
      const hits = hitsOf(definite)
      yield* lock(definite.map(({ finding }) => finding.claim.id))
      yield* stamp(definite)
      yield* end(definite.map(({ finding }) => finding.claim.id))
      yield* wrote("repos", definite.length)
      yield* ageNames(
        sql,
        // Where Docker Hub was not asked, nothing is known of the name.
        definite.filter(({ result }) => result._tag !== "Miss" || Option.isSome(result.candidate)).map((
          { finding: { at, claim: { id } }, result }
        ) => ({
          id,
          at,
          image: result._tag === "Hit" ? result.facts.image : null
        }))
      )
      if (hits.length > 0) {
        yield* writeImages(sql, hits.map((hit) => ({ ...hit, repository: hit.id })))
        yield* writeRefreshed(sql, hits)
        yield* link(hits)
        yield* settleOwners(sql, hits.map(({ facts }) => facts.image))
      }
      yield* writeReadings(sql, definite.flatMap(({ finding }) => readOf(finding)))
    }))

  // Docker Hub did not answer, but GitHub did: what it told is not asked for again, and other registries go on with it.
  const writeDeferred = (findings: ReadonlyArray<DiscoveryFinding>) => {
    const read = findings.flatMap(readOf)
    return read.length === 0
      ? Effect.void
      : inTransaction(sql)(Effect.zipRight(lock(read.map(({ id }) => id)), writeReadings(sql, read)))
  }

  const defer = (rows: ReadonlyArray<DeferredRow>) =>
    rows.length === 0 ? Effect.void : inTransaction(sql)(
      Effect.zipRight(
        lock(rows.map((row) => row.key)),
        sql`update repos r set docker_not_before = to_timestamp(x.until / 1000),
          docker_attempts = docker_attempts + 1, docker_last_error = x.reason
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (key bigint, reason text, until float8)
        where r.id = x.key
          and exists (select 1 from repos_docker_leases l where l.repo_id = r.id and l.holder = ${holder})`
      ).pipe(Effect.zipRight(noteDefects(sql, "discovery", rows)), Effect.zipRight(end(rows.map((row) => row.key))))
    )

  return Effect.fn("RepoDockerStore.recordDiscovery")(function*(findings: ReadonlyArray<DiscoveryFinding>) {
    const definite = findings.flatMap((finding) =>
      finding.result._tag === "Deferred" ? [] : [{ finding, result: finding.result }]
    )
    const deferrals = findings.flatMap((finding) =>
      finding.result._tag === "Deferred" ? [deferred(finding, finding.result)] : []
    )
    yield* ensureDays(hitsOf(definite).map((hit) => dayOf(hit.at)))
    const refused = yield* writeInBulk(
      definite,
      write,
      ({ finding: { at, claim } }, cause) =>
        Effect.flatMap(
          refusedReason("discovery", fullName(claim.repository), cause),
          (reason) => defer([{ key: claim.id, reason, until: refusedUntil(at, claim.attempts) }])
        )
    )
    const deferredFindings = findings.filter(({ result }) => result._tag === "Deferred")
    yield* writeInBulk(deferredFindings, writeDeferred, () => Effect.void)
    yield* defer(deferrals)
    return { refused }
  }, transient)
}
