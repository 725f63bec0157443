/**
 * The embedded database belongs to one process at a time, so leases that are there when it is opened belong to one that
 * was killed. They are given back at once; on a server they lapse.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { SettingsError } from "../../domain/Errors.js"
import { detailOf } from "./errors.js"

/** Ends every lease. Only for the process that holds the folder's lock. */
export const endAbandonedLeases = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* sql`delete from repos_docker_leases`
  yield* sql`delete from catalog_passes`
  yield* sql`update catalog_state set holder = null, leased_until = '-infinity' where holder is not null`
  yield* sql`update repo_docker set lease = null, not_before = '-infinity' where lease is not null`
  yield* Effect.forEach(
    ["image_watch_states", "image_watch_deliveries", "image_watch_updates"],
    (table) => sql`update ${sql(table)} set lease = null, lease_until = '-infinity' where lease is not null`,
    { discard: true }
  )
  yield* sql`update repo_docker_checks set lease = null, due_at = '-infinity' where lease is not null`
  yield* sql`update repo_docker_sources set lease = null, due_at = '-infinity' where lease is not null`
}).pipe(
  Effect.mapError((error) =>
    new SettingsError({
      setting: "IMAGE_CENSUS_DATA_DIR",
      message: `the embedded database cannot be written to: ${detailOf(error)}`
    })
  )
)
