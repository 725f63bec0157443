/**
 * Rows of `repos` that others wrote without owner and name: read from the address, where it is on GitHub.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Array, Effect, Either, Schema } from "effect"
import { parse } from "../../domain/GitHubRepository.js"

const Unnamed = Schema.Array(Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  host: Schema.NullOr(Schema.String)
}))

const pageSize = 5000
const onGitHub = /(?:^|[/@.])github\.com(?::\d+)?[/:]/i

/**
 * Fills in `host`, `owner` and `name` of rows whose address is a GitHub repository. Rows that cannot be read are left
 * as they are and not looked at again (their `docker_not_before` is `infinity`); those of other hosts are not touched
 * otherwise. Returns how many were filled in. Costs one look at an empty index when there is nothing to do.
 */
export const nameRepositories = (sql: SqlClient) =>
  Effect.gen(function*() {
    const rows = yield* Schema.decodeUnknown(Unnamed)(
      yield* sql`select id::text as id, url, nullif(host, '') as host from repos
        where coalesce(host, '') in ('', 'github')
          and (coalesce(owner, '') = '' or coalesce(name, '') = '' or coalesce(host, '') = '')
          and docker_not_before < 'infinity'
        order by id limit ${pageSize}`
    )
    const [unread, read] = Array.partitionMap(rows, (row) => {
      const parsed = row.host === null && !onGitHub.test(row.url) ? Either.left("") : parse(row.url)
      return Either.mapBoth(parsed, {
        onLeft: () => row.id,
        onRight: (repository) => ({ id: row.id, owner: repository.owner, name: repository.name })
      })
    })
    if (read.length > 0) {
      yield* sql`update repos r set host = 'github',
          owner = coalesce(nullif(r.owner, ''), x.owner), name = coalesce(nullif(r.name, ''), x.name)
        from jsonb_to_recordset(${JSON.stringify(read)}::jsonb) as x (id bigint, owner text, name text)
        where r.id = x.id`
    }
    if (unread.length > 0) {
      yield* sql`update repos set docker_not_before = 'infinity'
        where id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(unread)}::jsonb))`
    }
    return { read: read.length, more: rows.length === pageSize }
  }).pipe(
    Effect.repeat({ while: ({ more }) => more }),
    Effect.withSpan("Database.nameRepositories")
  )
