/**
 * Reading links, and why they stand.
 */
import { Chunk, Clock, Effect, Option, Schema, Stream } from "effect"
import type { Transient } from "../../../domain/Errors.js"
import { confidence } from "../../../domain/Evidence.js"
import type { RepositoryName } from "../../../domain/GitHubRepository.js"
import { findable } from "../../../domain/StorableText.js"
import { UtcDay } from "../../../domain/UtcDay.js"
import type { LinkFilter, RepositoryExplanation, StoredLink } from "../../../services/LinkStore.js"
import { rowsOf, type StoreCore, transient } from "../core.js"
import { readable } from "../unreadable.js"
import { pointsBack } from "./fragments.js"
import { readingNaming, StoredWorkflows, workflowOf } from "./readings.js"

const pageSize = 500

const MaybeText = Schema.OptionFromNullOr(Schema.String)
const MaybeMillis = Schema.OptionFromNullOr(Schema.Number)
const ClaimKind = Schema.Literal("name", "workflow", "official")

const EvidenceRow = Schema.Struct({
  kind: Schema.Literal("name", "workflow", "official", "label", "manual"),
  firstSeen: Schema.Number,
  lastSeen: Schema.Number,
  unseenSince: MaybeMillis,
  places: Schema.Array(Schema.String)
})

const LinkRow = Schema.Struct({
  repositoryId: Schema.String,
  owner: Schema.String,
  name: Schema.String,
  image: Schema.String,
  registry: Schema.String,
  pulls: Schema.OptionFromNullOr(Schema.BigInt),
  evidence: Schema.Array(EvidenceRow),
  state: Schema.Literal("verified", "contradicted", "silent", "not-looked-at"),
  pointsAt: MaybeText,
  tag: MaybeText,
  digest: MaybeText,
  label: MaybeText,
  value: MaybeText,
  lookedAt: MaybeMillis,
  removedAt: MaybeMillis
})

const RepositoryRow = Schema.Struct({
  id: Schema.String,
  owner: Schema.String,
  name: Schema.String,
  formerName: MaybeText,
  checkedAt: MaybeMillis,
  outcome: MaybeText,
  headOid: MaybeText,
  dockerfiles: Schema.Array(Schema.String),
  lastError: MaybeText,
  readAt: MaybeMillis,
  workflows: Schema.Unknown
})

const Reading = Schema.Struct({ workflows: StoredWorkflows })

const ClaimRow = Schema.Struct({
  image: Schema.String,
  registry: Schema.String,
  evidence: ClaimKind,
  path: Schema.String,
  detail: Schema.String,
  pattern: MaybeText,
  firstSeen: Schema.Number,
  lastSeen: Schema.Number,
  unseenSince: MaybeMillis,
  outcome: Schema.OptionFromNullOr(Schema.Literal("found", "absent", "not-visible")),
  checkedAt: MaybeMillis,
  lastError: MaybeText
})

const ActivityRow = Schema.Struct({ day: UtcDay, actions: Schema.Number })

const storedLink = (row: typeof LinkRow.Type, now: number): StoredLink => {
  const { digest, evidence, image, label, lookedAt, name, owner, pointsAt, pulls, registry, removedAt, state, tag } =
    row
  const byHand = evidence.some(({ kind }) => kind === "manual")
  return {
    repository: { owner, name },
    image,
    registry,
    evidence,
    verification: { state, pointsAt, tag, digest, label, value: row.value, lookedAt },
    confidence: confidence({ registry, evidence, state }, now),
    shown: Option.isNone(removedAt) && (byHand || state !== "contradicted"),
    removedAt,
    pulls
  }
}

/** `links`, `explain` and `activity` of the store. */
export const makeLinkReading = ({ sql }: StoreCore) => {
  const millis = (column: string) => sql.literal(`round(extract(epoch from ${column}) * 1000)::float8`)

  const named = (repository: RepositoryName) =>
    sql`r.host = 'github' and lower(r.owner) = lower(${findable(repository.owner)}) and lower(r.name) = lower(${
      findable(repository.name)
    })`

  const conditions = ({ hidden, image, repository, verified }: LinkFilter) =>
    sql.and([
      sql`r.owner is not null and r.name is not null`,
      ...(repository === undefined ? [] : [named(repository)]),
      ...(image === undefined ? [] : [sql`l.image_name = ${findable(image)}`]),
      ...(verified === true ? [pointsBack(sql)] : []),
      ...(hidden === true
        ? []
        : [
          sql`not exists (select 1 from repo_docker_links_removed m
            where m.repo_id = l.repo_id and m.image_name = l.image_name)`,
          sql`(s.source is null or ${pointsBack(sql)} or exists (select 1 from repo_docker_links a
            where a.repo_id = l.repo_id and a.image_name = l.image_name and a.evidence = 'manual'))`
        ])
    ])

  const page = (filter: LinkFilter, after: Option.Option<{ readonly id: string; readonly image: string }>) =>
    rowsOf(LinkRow)(sql`
      with page as materialized (
        select l.repo_id, l.image_name
        from repo_docker_links l join repos r on r.id = l.repo_id
          left join repo_docker_sources s on s.image_name = l.image_name
        where ${conditions(filter)} and ${
      Option.match(after, {
        onNone: () => sql`true`,
        onSome: ({ id, image }) => sql`(l.repo_id, l.image_name) > (${id}::bigint, ${image})`
      })
    }
        group by l.repo_id, l.image_name order by l.repo_id, l.image_name limit ${pageSize}
      )
      select p.repo_id::text as "repositoryId", r.owner, r.name, p.image_name as image,
        coalesce(d.registry, k.registry, 'docker.io') as registry, d.pulls::text as pulls,
        (select jsonb_agg(jsonb_build_object('kind', l.evidence, 'firstSeen', ${millis("l.first_seen")},
            'lastSeen', ${millis("l.last_seen")}, 'unseenSince', ${millis("l.unseen_since")},
            'places', (select coalesce(jsonb_agg(
                case when c.detail = '' then c.path else c.path || ': ' || c.detail end order by c.path), '[]'::jsonb)
              from repo_docker_claims c
              where c.repo_id = l.repo_id and c.image_name = l.image_name and c.evidence = l.evidence))
            order by l.evidence)
          from repo_docker_links l where l.repo_id = p.repo_id and l.image_name = p.image_name) as evidence,
        case when s.looked_at is null then 'not-looked-at' when s.source is null then 'silent'
          when ${pointsBack(sql)} then 'verified' else 'contradicted' end as state,
        s.source as "pointsAt", s.tag, s.digest, s.label, s.label_value as value,
        ${millis("s.looked_at")} as "lookedAt", ${millis("m.removed_at")} as "removedAt"
      from page p join repos r on r.id = p.repo_id
        left join repo_docker d on d.image_name = p.image_name
        left join repo_docker_checks k on k.image_name = p.image_name
        left join repo_docker_links_removed m on m.repo_id = p.repo_id and m.image_name = p.image_name
        left join repo_docker_sources s on s.image_name = p.image_name
      order by p.repo_id, p.image_name`)

  const links = (filter: LinkFilter): Stream.Stream<StoredLink, Transient> =>
    Stream.paginateChunkEffect(
      Option.none<{ readonly id: string; readonly image: string }>(),
      (after) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const rows = yield* page(filter, after)
          const last = rows.at(-1)
          return [
            Chunk.fromIterable(rows.map((row) => storedLink(row, now))),
            last === undefined || rows.length < pageSize
              ? Option.none()
              : Option.some(Option.some({ id: last.repositoryId, image: last.image }))
          ] as const
        }).pipe(transient, Effect.withSpan("LinkStore.links"))
    )

  const claimsOf = (id: string) =>
    rowsOf(ClaimRow)(sql`
      select c.image_name as image, c.registry, c.evidence, c.path, c.detail, c.pattern,
        ${millis("c.first_seen")} as "firstSeen", ${millis("c.last_seen")} as "lastSeen",
        ${millis("c.unseen_since")} as "unseenSince",
        k.outcome, ${millis("k.checked_at")} as "checkedAt", k.last_error as "lastError"
      from repo_docker_claims c left join repo_docker_checks k on k.image_name = c.image_name
      where c.repo_id = ${id}::bigint order by c.evidence, c.image_name collate "C", c.path collate "C"`)

  const find = (repository: RepositoryName) =>
    rowsOf(RepositoryRow)(sql`
      select r.id::text as id, r.owner, r.name, r.docker_renamed_from as "formerName",
        ${millis("r.docker_checked_at")} as "checkedAt", r.docker_outcome as outcome,
        coalesce(g.head_oid, r.docker_head_oid) as "headOid",
        coalesce(to_jsonb(r.docker_dockerfiles), to_jsonb(g.dockerfiles), '[]'::jsonb) as dockerfiles,
        r.docker_last_error as "lastError", ${millis("g.read_at")} as "readAt",
        coalesce(g.workflows, '[]'::jsonb) as workflows
      from repos r left join repos_docker_readings g on g.repo_id = r.id
      where r.owner is not null and r.name is not null
        and (${named(repository)}
          or (r.host = 'github' and lower(r.docker_renamed_from) = lower(${
      findable(`${repository.owner}/${repository.name}`)
    })))
      order by (${named(repository)}) desc, r.id limit 1`)

  const explain = Effect.fn("LinkStore.explain")(function*(repository: RepositoryName) {
    const [row] = yield* transient(find(repository))
    if (row === undefined) return Option.none<RepositoryExplanation>()
    const { id, name, owner, workflows, ...rest } = row
    const current = { owner, name }
    const [reading] = yield* readable(Reading, readingNaming)([{ id, workflows }])
    const claims = yield* transient(claimsOf(id))
    const standing = yield* Stream.runCollect(links({ repository: current, hidden: true }))
    const explanation: RepositoryExplanation = {
      ...rest,
      repository: current,
      workflows: (reading?.workflows ?? []).map(workflowOf),
      claims,
      links: Chunk.toReadonlyArray(standing)
    }
    return Option.some(explanation)
  })

  const activity = Effect.fn("LinkStore.activity")(function*(image: string, since: Option.Option<UtcDay>) {
    return yield* rowsOf(ActivityRow)(sql`
      select to_char(date, 'YYYY-MM-DD') as day, actions::float8 as actions from repo_docker_activity_daily
      where image_name = ${findable(image)} and date >= ${
      Option.getOrElse(since, () => "-infinity")
    }::date order by date`)
  }, transient)

  return { links, explain, activity }
}
