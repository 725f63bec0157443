/**
 * Writes what a look read in a repository's files: what it claims, and what need not be asked for again.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import { key, type RepositoryName } from "../../../domain/GitHubRepository.js"
import type { FileAt, RepositoryReading, WorkflowReading } from "../../../domain/ImageClaim.js"
import { inOwnNamespace } from "../../../domain/Namespace.js"
import { storable } from "../../../domain/StorableText.js"
import { type Naming, readable, textOf } from "../unreadable.js"
import { linkClaims } from "./fragments.js"

const File = Schema.Struct({ path: Schema.String, oid: Schema.String })

/** A workflow as it is kept in `repos_docker_readings`. */
const StoredWorkflow = Schema.Struct({
  ...File.fields,
  state: Schema.Literal("read", "kept", "unread"),
  uses: Schema.Array(File),
  templates: Schema.Array(Schema.String),
  problem: Schema.NullOr(Schema.String)
})

export const StoredWorkflows = Schema.Array(StoredWorkflow)

/** As it was read, for people. */
export const workflowOf = ({ problem, ...workflow }: typeof StoredWorkflow.Type): WorkflowReading => ({
  ...workflow,
  problem: Option.fromNullable(problem)
})

/** A definite look at a repository. `reading`: none where its files are gone with it. */
export interface ReadRepository {
  readonly id: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly repository: RepositoryName
  readonly headOid: Option.Option<string>
  readonly dockerfiles: ReadonlyArray<string>
  readonly reading: Option.Option<RepositoryReading>
}

/** Names a reading, with its repository's id. */
export const readingNaming: Naming = {
  job: "discovery",
  key: (row) => textOf(row, "id"),
  subject: (row) => `the reading of repository ${textOf(row, "id")}`
}

const Before = Schema.Struct({ id: Schema.String, workflows: StoredWorkflows })

type Stored = typeof StoredWorkflow.Type

const cleanFile = ({ oid, path }: FileAt) => ({ oid: storable(oid), path: storable(path) })

// A file that was kept was not read again: what was told of it when it was read still holds.
const toStore = (workflow: WorkflowReading, before: Stored | undefined): Stored => ({
  ...cleanFile(workflow),
  state: workflow.state,
  uses: workflow.uses.map(cleanFile),
  templates: workflow.state === "kept" && before !== undefined ? before.templates : workflow.templates.map(storable),
  problem: workflow.state === "kept" && before !== undefined
    ? before.problem
    : Option.getOrNull(Option.map(workflow.problem, storable))
})

const readingRow = (read: ReadRepository, reading: RepositoryReading, before: ReadonlyArray<Stored>) => ({
  id: read.id,
  at: read.at / 1000,
  name: key(read.repository),
  head: Option.getOrNull(read.headOid),
  dockerfiles: read.dockerfiles.map(storable),
  workflows: reading.workflows.map((workflow) => toStore(workflow, before.find(({ path }) => path === workflow.path))),
  // Earlier versions know of no workflow that is unread for good, and look at the repository again.
  whole: reading.workflows.every(({ state }) => state !== "unread")
})

const claimRows = (read: ReadRepository, reading: RepositoryReading) =>
  reading.claims.map((claim) => ({
    id: read.id,
    at: read.at / 1000,
    image: storable(claim.image),
    registry: storable(claim.registry),
    evidence: claim.evidence,
    path: storable(claim.path),
    detail: storable(claim.detail),
    pattern: Option.getOrNull(Option.map(claim.pattern, storable)),
    own: inOwnNamespace(claim.image, claim.registry, read.repository.owner)
  }))

// Where nothing can be said of a file, its claims neither age nor are they seen.
const standing = (reading: RepositoryReading, state: WorkflowReading["state"]) =>
  reading.workflows.flatMap((workflow) => workflow.state === state ? [storable(workflow.path)] : [])

/** Writes readings, claims and their links; to be called in a transaction that holds the repositories' rows. */
export const writeReadings = (sql: SqlClient, all: ReadonlyArray<ReadRepository>) =>
  Effect.gen(function*() {
    if (all.length === 0) return
    const read = all.flatMap((one) => Option.isSome(one.reading) ? [{ one, reading: one.reading.value }] : [])
    const ids = JSON.stringify(all.map(({ id }) => id))
    const ofThese = sql`repo_id in (select value::bigint from jsonb_array_elements_text(${ids}::jsonb))`
    if (read.length > 0) {
      const before = yield* readable(Before, readingNaming)(
        yield* sql`select repo_id::text as id, workflows from repos_docker_readings where ${ofThese}`
      )
      const workflows = new Map(before.map((row) => [row.id, row.workflows]))
      const rows = read.map(({ one, reading }) => readingRow(one, reading, workflows.get(one.id) ?? []))
      yield* sql`insert into repos_docker_readings (repo_id, read_at, read_as, head_oid, dockerfiles, workflows, whole)
        select r.id, to_timestamp(x.at), x.name, x.head, x.dockerfiles, x.workflows, x.whole
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (id bigint, at float8, name text, head text,
          dockerfiles text[], workflows jsonb, whole boolean)
        join repos r on r.id = x.id order by r.id
        on conflict (repo_id) do update set read_at = excluded.read_at, read_as = excluded.read_as,
          head_oid = excluded.head_oid, dockerfiles = excluded.dockerfiles, workflows = excluded.workflows,
          whole = excluded.whole`
    }
    const claims = read.flatMap(({ one, reading }) => claimRows(one, reading))
    if (claims.length > 0) {
      // One file may name an image outright and as a candidate: then it is no guess.
      yield* sql`insert into repo_docker_claims
          (repo_id, image_name, registry, evidence, path, detail, pattern, own_namespace, first_seen, last_seen)
        select distinct on (r.id, x.image, x.evidence, x.path) r.id, x.image, x.registry, x.evidence, x.path, x.detail,
          x.pattern, x.own, to_timestamp(x.at), to_timestamp(x.at)
        from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as x (id bigint, at float8, image text, registry text,
          evidence text, path text, detail text, pattern text, own boolean)
        join repos r on r.id = x.id
        order by r.id, x.image, x.evidence, x.path, x.pattern nulls first
        on conflict (repo_id, image_name, evidence, path) do update set registry = excluded.registry,
          detail = excluded.detail, pattern = excluded.pattern, own_namespace = excluded.own_namespace,
          last_seen = excluded.last_seen, unseen_since = null`
      yield* queueChecks(sql, claims.map(({ image, registry }) => ({ image, registry })))
    }
    const looks = all.map(({ at, id, reading }) => ({
      id,
      at: at / 1000,
      kept: Option.match(reading, { onNone: () => [], onSome: (reading) => standing(reading, "kept") }),
      unread: Option.match(reading, { onNone: () => [], onSome: (reading) => standing(reading, "unread") })
    }))
    yield* sql`update repo_docker_claims c set
        last_seen = case when c.path = any(x.kept) then to_timestamp(x.at) else c.last_seen end,
        unseen_since = case when c.path = any(x.kept) then null else to_timestamp(x.at) end
      from jsonb_to_recordset(${JSON.stringify(looks)}::jsonb) as x (id bigint, at float8, kept text[], unread text[])
      where c.repo_id = x.id and c.unseen_since is null and c.last_seen < to_timestamp(x.at)
        and not c.path = any(x.unread)`
    yield* linkClaims(sql, sql`c.${ofThese}`)
  })

/**
 * Makes images due to be looked for, where they never were. What refresh keeps true anyhow needs no look of its own.
 */
export const queueChecks = (
  sql: SqlClient,
  images: ReadonlyArray<{ readonly image: string; readonly registry: string }>
) =>
  sql`insert into repo_docker_checks (image_name, registry, outcome, checked_at, due_at)
    select distinct on (x.image) x.image, x.registry, case when d.id is not null then 'found' end, d.last_synced_at,
      case when d.id is not null then 'infinity'::timestamptz else '-infinity' end
    from jsonb_to_recordset(${JSON.stringify(images)}::jsonb) as x (image text, registry text)
    left join repo_docker d on d.image_name = x.image and d.registry = 'docker.io' and d.pulls is not null
      and d.missing_since is null
    order by x.image
    on conflict (image_name) do nothing`

/** Ages the name on Docker Hub where a look did not find it; to be called before its hits are linked. */
export const ageNames = (
  sql: SqlClient,
  looks: ReadonlyArray<{ readonly id: string; readonly at: number; readonly image: string | null }>
) =>
  sql`update repo_docker_links l set unseen_since = to_timestamp(x.at)
    from jsonb_to_recordset(${JSON.stringify(looks.map((look) => ({ ...look, at: look.at / 1000 })))}::jsonb)
      as x (id bigint, at float8, image text)
    where l.repo_id = x.id and l.evidence = 'name' and l.unseen_since is null
      and l.image_name is distinct from x.image
      and not exists (select 1 from repo_docker_claims c where c.repo_id = l.repo_id
        and c.image_name = l.image_name and c.evidence = 'name')`
