/**
 * Pages of repositories.
 */
import { Effect, Option, Schema } from "effect"
import { key, type RepositoryName } from "../../../domain/GitHubRepository.js"
import { findable } from "../../../domain/StorableText.js"
import type { RepositoryDetail } from "../../../services/CensusPages.js"
import type { StoredRepository } from "../../../services/RepoDockerStore.js"
import { rowsOf, type StoreCore, transient } from "../core.js"
import { repositoryColumns, repositoryFields } from "../repositories.js"
import { finiteMillis, holding } from "./shared.js"

const Row = Schema.Struct(repositoryFields)
const DetailRow = Schema.Struct({
  ...repositoryFields,
  addedAt: Schema.Number,
  headOid: Schema.OptionFromNullOr(Schema.String),
  dockerfiles: Schema.Array(Schema.String),
  renamedFrom: Schema.OptionFromNullOr(Schema.String),
  notBefore: Schema.OptionFromNullOr(Schema.Number),
  lastError: Schema.OptionFromNullOr(Schema.String)
})

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
  const columns = repositoryColumns(sql)

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
      where r.host = 'github' and ((lower(r.owner) = ${findable(name.owner.toLowerCase())} and lower(r.name) = ${
      findable(name.name.toLowerCase())
    }) or lower(r.docker_renamed_from) = ${findable(key(name))})
      order by lower(r.owner || '/' || r.name) = ${findable(key(name))} desc, r.id limit 1`)
    return Option.map(Option.fromNullable(row), (found): RepositoryDetail => named(found))
  }, transient)

  return { repositories, repository }
}
