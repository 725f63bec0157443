/**
 * Pages of repositories.
 */
import { Effect, Option, Schema } from "effect"
import { key, type RepositoryName } from "../../../domain/GitHubRepository.js"
import type { RepositoryDetail } from "../../../services/CensusPages.js"
import type { StoredRepository } from "../../../services/RepoDockerStore.js"
import { rowsOf, type StoreCore, transient } from "../core.js"
import { evidenceOf, EvidenceRows, finiteMillis, holding } from "./shared.js"

const fields = {
  id: Schema.String,
  url: Schema.String,
  owner: Schema.String,
  name: Schema.String,
  checkedAt: Schema.OptionFromNullOr(Schema.Number),
  outcome: Schema.OptionFromNullOr(Schema.String),
  images: Schema.Array(Schema.String),
  verified: Schema.Array(Schema.String)
}
const Row = Schema.Struct(fields)
const DetailRow = Schema.Struct({
  ...fields,
  addedAt: Schema.Number,
  headOid: Schema.OptionFromNullOr(Schema.String),
  dockerfiles: Schema.Array(Schema.String),
  renamedFrom: Schema.OptionFromNullOr(Schema.String),
  notBefore: Schema.OptionFromNullOr(Schema.Number),
  lastError: Schema.OptionFromNullOr(Schema.String)
})
const LinkRow = Schema.Struct({ image: Schema.String, evidence: EvidenceRows })

const named = <R extends { readonly owner: string; readonly name: string }>({ name, owner, ...row }: R) => ({
  ...row,
  repository: { owner, name }
})

interface Page {
  readonly search: Option.Option<string>
  readonly after: Option.Option<string>
  readonly limit: number
}

/** `repositories` and `repository`. */
export const makeRepositoryPages = ({ sql }: StoreCore) => {
  const columns = sql`r.id::text as id, r.url, r.owner, r.name,
    ${finiteMillis(sql, "r.docker_checked_at")} as "checkedAt", r.docker_outcome as outcome,
    array(select l.image_name from repo_docker_links_shown l where l.repo_id = r.id order by 1) as images,
    array(select l.image_name from repo_docker_links_shown l where l.repo_id = r.id and l.verified order by 1)
      as verified`

  const repositories = Effect.fn("CensusPages.repositories")(function*({ after, limit, search }: Page) {
    const rows = yield* rowsOf(Row)(sql`
      select ${columns} from repos r
      where r.id > ${
      Option.getOrElse(after, () => "0")
    }::bigint and r.host = 'github' and r.owner <> '' and r.name <> ''
        and ${holding(sql, search, "r.owner || '/' || r.name || ' ' || r.url")}
      order by r.id limit ${limit}`)
    return rows.map((row): StoredRepository => named(row))
  }, transient)

  const repository = Effect.fn("CensusPages.repository")(function*(name: RepositoryName) {
    const [row] = yield* rowsOf(DetailRow)(sql`
      select ${columns}, ${finiteMillis(sql, "r.docker_added_at")} as "addedAt", r.docker_head_oid as "headOid",
        coalesce(r.docker_dockerfiles, '{}') as dockerfiles, r.docker_renamed_from as "renamedFrom",
        ${finiteMillis(sql, "r.docker_not_before")} as "notBefore", r.docker_last_error as "lastError"
      from repos r
      where r.host = 'github' and ((lower(r.owner) = ${name.owner.toLowerCase()} and lower(r.name) = ${name.name.toLowerCase()}) or lower(r.docker_renamed_from) = ${
      key(name)
    })
      order by lower(r.owner || '/' || r.name) = ${key(name)} desc, r.id limit 1`)
    if (row === undefined) return Option.none<RepositoryDetail>()
    const links = yield* rowsOf(LinkRow)(sql`
      select l.image_name as image, ${evidenceOf(sql)} as evidence
      from repo_docker_links l where l.repo_id = ${row.id}::bigint group by l.image_name order by l.image_name`)
    return Option.some<RepositoryDetail>({ ...named(row), links })
  }, transient)

  return { repositories, repository }
}
