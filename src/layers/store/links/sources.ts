/**
 * Looks at what images say of their origin: claims within a day's budget, and what was read.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { type ClaimedSource, mostPulls, pullsSpent, type SourceFinding } from "../../../domain/RegistryCheck.js"
import { storable } from "../../../domain/StorableText.js"
import { dayOf } from "../../../domain/UtcDay.js"
import { sourceKey } from "../../../domain/Verification.js"
import type { RegistryClaimOptions } from "../../../services/LinkStore.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { inTransaction } from "../errors.js"
import { linkClaims, ofRepositories, pointsBack, settleOwners, texts } from "./fragments.js"

const SourceRow = Schema.Struct({
  image: Schema.String,
  registry: Schema.String,
  attempts: Schema.Int,
  digest: Schema.OptionFromNullOr(Schema.String),
  claimants: Schema.Array(Schema.String)
})
const Spent = Schema.Struct({ pulls: Schema.Int })

type Sourced = Extract<SourceFinding["result"], { readonly _tag: "Says" | "Silent" | "Unreadable" | "Unchanged" }>

const epoch = (millis: number): number | string => Number.isFinite(millis) ? millis / 1000 : "Infinity"

const rowFor = ({ at, claim, dueAt }: SourceFinding, result: Sourced) => ({
  image: claim.image,
  at: at / 1000,
  due: epoch(dueAt),
  kept: result._tag === "Unchanged" || result._tag === "Unreadable",
  tag: "tag" in result ? storable(result.tag) : null,
  digest: "digest" in result ? storable(result.digest) : null,
  label: result._tag === "Says" ? storable(result.label.label) : null,
  value: result._tag === "Says" ? storable(result.label.value) : null,
  source: result._tag === "Says" ? storable(sourceKey(result.label.source)) : null,
  error: result._tag === "Unreadable" ? storable(result.reason) : null
})

/** `claimSources` and `recordSources` of the store. */
export const makeSources = ({ holder, sql }: StoreCore) => {
  // What is under way counts as spent, so that several processes stay within the day together.
  const reserve = (registry: string, now: number, pulls: number) =>
    sql`insert into repo_docker_source_pulls as p (registry, day, pulls)
      values (${registry}, ${dayOf(now)}::date, ${pulls})
      on conflict (registry, day) do update set pulls = greatest(0, p.pulls + excluded.pulls)`

  const claimSources = Effect.fn("LinkStore.claimSources")(
    function*(
      { lease, limit, pullsPerDay, registry, repositories }: RegistryClaimOptions & { readonly pullsPerDay: number }
    ) {
      const now = yield* Clock.currentTimeMillis
      const until = instant(sql, now + Duration.toMillis(lease))
      return yield* inTransaction(sql)(Effect.gen(function*() {
        yield* reserve(registry, now, 0)
        const { pulls } = yield* rowOf(Spent)(sql`select pulls from repo_docker_source_pulls
          where registry = ${registry} and day = ${dayOf(now)}::date for update`)
        const room = Math.min(limit, Math.floor((pullsPerDay - pulls) / mostPulls))
        if (room < 1) return []
        const rows: ReadonlyArray<ClaimedSource> = yield* rowsOf(SourceRow)(sql`
          with images as (
            select d.image_name, d.pulls from repo_docker d
            where d.registry = ${registry} and d.missing_since is null
              and exists (select 1 from repo_docker_links l where l.image_name = d.image_name)
            union all
            select k.image_name, null from repo_docker_checks k
            where k.registry = ${registry} and k.outcome = 'found'
              and not exists (select 1 from repo_docker d where d.image_name = k.image_name)
          ), due as (
            select i.image_name, row_number() over (order by i.pulls desc nulls last, i.image_name collate "C") as place
            from images i left join repo_docker_sources s on s.image_name = i.image_name
            where (s.image_name is null or s.due_at <= ${instant(sql, now)})
              and ${ofRepositories(sql, "i.image_name", repositories)}
            order by place limit ${room}
          ), taken as (
            insert into repo_docker_sources as s (image_name, registry, due_at, lease)
            select image_name, ${registry}, ${until}, ${holder} from due order by image_name
            on conflict (image_name) do update set due_at = excluded.due_at, lease = excluded.lease
            returning s.image_name, s.attempts, s.digest
          )
          select t.image_name as image, ${registry}::text as registry, t.attempts, t.digest,
            array(select distinct lower(n.name) from repos r
              cross join lateral (values (r.owner || '/' || r.name), (r.docker_renamed_from)) n (name)
              where n.name is not null and r.id in (
                select l.repo_id from repo_docker_links l where l.image_name = t.image_name
                union select c.repo_id from repo_docker_claims c where c.image_name = t.image_name)
              order by 1) as claimants
          from taken t join due on due.image_name = t.image_name order by due.place`)
        yield* reserve(registry, now, rows.length * mostPulls)
        return rows
      }))
    },
    transient
  )

  const write = (rows: ReadonlyArray<ReturnType<typeof rowFor>>) =>
    sql`update repo_docker_sources s set
        tag = case when x.kept then s.tag else x.tag end,
        digest = case when x.kept then s.digest else x.digest end,
        label = case when x.kept then s.label else x.label end,
        label_value = case when x.kept then s.label_value else x.value end,
        source = case when x.kept then s.source else x.source end,
        looked_at = case when x.error is null then to_timestamp(x.at) else s.looked_at end,
        due_at = to_timestamp(x.due), lease = null, attempts = 0, last_error = x.error
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (image text, at float8, due float8, kept boolean,
        tag text, digest text, label text, value text, source text, error text)
      where s.image_name = x.image`

  // A label that points back at who claims the image proves the link; one that no longer does ages it.
  const linkLabels = (images: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const these = texts(sql, images)
      // A candidate that its label proves is an image from now on; its pulls come with its refresh.
      yield* sql`insert into repo_docker (repo_id, image_name, registry, last_synced_at, known_since, due_on)
        select min(c.repo_id), c.image_name, min(c.registry), min(s.looked_at), (min(s.looked_at) at time zone 'UTC')::date,
          case when min(c.registry) = 'docker.io' then '-infinity'::date else 'infinity' end
        from repo_docker_claims c join repos r on r.id = c.repo_id join repo_docker_sources s
          on s.image_name = c.image_name
        where c.image_name in ${these} and ${pointsBack(sql)} group by c.image_name order by c.image_name
        on conflict (image_name) do nothing`
      yield* linkClaims(sql, sql`c.image_name in ${these}`)
      yield* sql`insert into repo_docker_links as l (repo_id, image_name, evidence, first_seen, last_seen)
        select distinct r.id, s.image_name, 'label', s.looked_at, s.looked_at
        from repo_docker_links o join repos r on r.id = o.repo_id
          join repo_docker_sources s on s.image_name = o.image_name
        where o.image_name in ${these} and o.evidence <> 'label' and ${pointsBack(sql)}
        order by r.id, s.image_name
        on conflict (repo_id, image_name, evidence) do update set last_seen = excluded.last_seen, unseen_since = null`
      yield* sql`update repo_docker_links l set unseen_since = s.looked_at
        from repo_docker_sources s, repos r
        where l.evidence = 'label' and l.unseen_since is null and l.image_name in ${these}
          and s.image_name = l.image_name and r.id = l.repo_id and not coalesce(${pointsBack(sql)}, false)`
      yield* settleOwners(sql, images)
    })

  const recordSources = Effect.fn("LinkStore.recordSources")(
    function*(findings: ReadonlyArray<SourceFinding>) {
      if (findings.length === 0) return
      const said = findings.flatMap((finding) =>
        finding.result._tag === "Deferred" ? [] : [rowFor(finding, finding.result)]
      )
      const deferred = findings.flatMap(({ claim, result }) =>
        result._tag === "Deferred"
          ? [{ image: claim.image, reason: storable(result.reason), until: result.notBefore }]
          : []
      )
      yield* inTransaction(sql)(Effect.gen(function*() {
        yield* sql`select image_name from repo_docker_sources
          where image_name in ${texts(sql, findings.map(({ claim }) => claim.image))} order by image_name
          for no key update`
        if (said.length > 0) {
          yield* write(said)
          yield* linkLabels(said.map(({ image }) => image))
        }
        if (deferred.length > 0) {
          yield* sql`update repo_docker_sources s set due_at = to_timestamp(x.until / 1000), lease = null,
              attempts = attempts + 1, last_error = x.reason
            from jsonb_to_recordset(${JSON.stringify(deferred)}::jsonb) as x (image text, reason text, until float8)
            where s.image_name = x.image and s.lease = ${holder}`
          yield* noteDefects(sql, "verification", deferred.map(({ image, reason }) => ({ key: image, reason })))
        }
        // In one order everywhere: transactions that lock these rows in another would wait for each other.
        const spent = pullsSpent(findings).toSorted((a, b) => a.registry < b.registry ? -1 : 1)
        for (const { at, pulls, registry } of spent) yield* reserve(registry, at, pulls)
      }))
    },
    transient
  )

  return { claimSources, recordSources }
}
