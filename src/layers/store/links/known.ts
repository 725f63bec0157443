/**
 * What is known of repositories from the last time that they were read.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Schema } from "effect"
import type { ClaimedRepository } from "../../../domain/Finding.js"
import { knownRepository } from "../../../domain/RepositoryClaims.js"
import { readable } from "../unreadable.js"
import { readingNaming, StoredWorkflows, workflowOf } from "./readings.js"

/** A reading under the name that the repository has now. */
const KnownRow = Schema.Struct({
  id: Schema.String,
  headOid: Schema.OptionFromNullOr(Schema.String),
  dockerfiles: Schema.Array(Schema.String),
  workflows: StoredWorkflows
})

/** Adds to claims what need not be asked for again. A reading under another name says nothing: names stand in files. */
export const withKnown = (sql: SqlClient, claims: ReadonlyArray<ClaimedRepository>) =>
  Effect.gen(function*() {
    if (claims.length === 0) return claims
    const raw = yield* sql`
      select g.repo_id::text as id, g.head_oid as "headOid", g.dockerfiles, g.workflows
      from repos_docker_readings g join repos r on r.id = g.repo_id
      where g.repo_id in (select value::bigint from jsonb_array_elements_text(${
      JSON.stringify(claims.map(({ id }) => id))
    }::jsonb))
        and g.read_as = lower(r.owner || '/' || r.name)`
    // What cannot be read is read at GitHub again, and written again.
    const rows = yield* readable(KnownRow, readingNaming)(raw)
    if (rows.length === 0) return claims
    const known = new Map(
      rows.map((row) => [row.id, knownRepository({ ...row, workflows: row.workflows.map(workflowOf) })])
    )
    return claims.map((claim): ClaimedRepository => {
      const read = known.get(claim.id)
      return read === undefined ? claim : { ...claim, known: read }
    })
  })
