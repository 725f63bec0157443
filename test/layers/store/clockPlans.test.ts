/**
 * What is out of bounds is looked for before the first claim of every process: with indexes, for the tables have millions
 * of rows.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { amendment, censusGates } from "../../../src/layers/store/clockBounds.js"
import { testDatabases } from "../../support/databases.js"

const now = Date.parse("2026-11-21T12:00:00Z")

/** What each gate goes by; leases are few, and read as a whole. */
const indexes = [
  "repos_docker_deferred.*Index Cond: [^}]*docker_not_before >",
  "repos_docker_stale_due.*Index Cond: [^}]*docker_checked_at >",
  "repos_docker_leases",
  "repo_docker_last_synced_at.*Index Cond: [^}]*last_synced_at >",
  "repo_docker_missing.*Index Cond: [^}]*missing_since >",
  "repo_docker_due.*Index Cond: [^}]*due_on >|Index Scan using repo_docker_missing",
  "repo_docker_due.*Index Cond: [^}]*due_on <"
]

for (const database of testDatabases.filter(({ available }) => available)) {
  describe(`${database.name}: rows that a wrong clock has written`, () => {
    layer(database.migrated)((it) => {
      it.scoped("are found without reading a table of repositories or images as a whole", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          yield* sql`insert into repos (url, host, owner, name, docker_checked_at)
            select 'https://github.com/a/' || n, 'github', 'a', n, to_timestamp(${
            now / 1000
          }::float8) - n * interval '1 hour'
            from generate_series(1, 2000) n`
          yield* sql`insert into repo_docker (image_name, due_on, last_synced_at)
            select 'a/' || n, '2026-11-22', to_timestamp(${now / 1000}::float8) - n * interval '1 minute'
            from generate_series(1, 2000) n`
          yield* sql`analyze repos, repo_docker`
          const plans = yield* sql.withTransaction(Effect.gen(function*() {
            // These tables are small enough to be read as a whole.
            yield* sql`set local enable_seqscan = off`
            return yield* Effect.forEach(
              censusGates,
              (gate) =>
                Effect.map(sql`explain (costs off) ${amendment(sql, gate, now)}`, (rows) => JSON.stringify(rows))
            )
          }))
          assert.strictEqual(plans.length, indexes.length)
          plans.forEach((plan, place) => assert.match(plan, new RegExp(indexes[place] ?? "")))
        }))
    })
  })
}
