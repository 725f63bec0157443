/**
 * Links that a person makes and takes away.
 */
import { Clock, Effect, Schema } from "effect"
import { key, type RepositoryName, urlOf } from "../../../domain/GitHubRepository.js"
import { findable } from "../../../domain/StorableText.js"
import { dayOf } from "../../../domain/UtcDay.js"
import { instant, rowsOf, type StoreCore, transient } from "../core.js"
import { inTransaction } from "../errors.js"
import { settleOwners } from "./fragments.js"
import { queueChecks } from "./readings.js"

const IdRow = Schema.Struct({ id: Schema.String })

/** `add` and `remove` of the store. */
export const makeByHand = ({ sql }: StoreCore) => {
  const find = (repository: RepositoryName) =>
    rowsOf(IdRow)(sql`
      select id::text as id from (
        select id, 1 as rank from repos
          where host = 'github' and lower(owner) = lower(${findable(repository.owner)}) and lower(name) = lower(${
      findable(repository.name)
    })
        union all select id, 2 from repos where host = 'github' and lower(docker_renamed_from) = ${
      findable(key(repository))
    }
        union all select id, 3 from repos where url = ${findable(urlOf(repository))}
      ) r order by rank, id limit 1`)

  const insert = (repository: RepositoryName, now: number) =>
    rowsOf(IdRow)(sql`
      insert into repos (url, host, owner, name, docker_added_at)
      values (${urlOf(repository)}, 'github', ${repository.owner}, ${repository.name}, ${instant(sql, now)})
      on conflict (url) do update set url = excluded.url returning id::text as id`)

  const add = Effect.fn("LinkStore.add")(function*(repository: RepositoryName, image: string, registry: string) {
    const now = yield* Clock.currentTimeMillis
    const at = instant(sql, now)
    return yield* inTransaction(sql)(Effect.gen(function*() {
      const known = yield* find(repository)
      const [row] = known.length > 0 ? known : yield* insert(repository, now)
      if (row === undefined) return false
      const id = sql`${row.id}::bigint`
      yield* sql`insert into repo_docker (repo_id, image_name, registry, last_synced_at, known_since, due_on)
        values (${id}, ${image}, ${registry}, to_timestamp(0), ${dayOf(now)}::date,
          ${registry === "docker.io" ? "-infinity" : "infinity"}::date)
        on conflict (image_name) do nothing`
      if (registry !== "docker.io") yield* queueChecks(sql, [{ image, registry }])
      const removed = yield* sql`delete from repo_docker_links_removed
        where repo_id = ${id} and image_name = ${image} returning 1 as one`
      const added = yield* sql`insert into repo_docker_links (repo_id, image_name, evidence, first_seen, last_seen)
        values (${id}, ${image}, 'manual', ${at}, ${at}) on conflict do nothing returning 1 as one`
      yield* settleOwners(sql, [image])
      return removed.length + added.length > 0
    }))
  }, transient)

  const remove = Effect.fn("LinkStore.remove")(function*(repository: RepositoryName, image: string) {
    const at = instant(sql, yield* Clock.currentTimeMillis)
    return yield* inTransaction(sql)(Effect.gen(function*() {
      const [row] = yield* find(repository)
      if (row === undefined) return false
      const id = sql`${row.id}::bigint`
      const shown = yield* sql`select 1 as one from repo_docker_links_shown
        where repo_id = ${id} and image_name = ${findable(image)}`
      if (shown.length === 0) return false
      // What was only said by hand is unsaid; what else speaks for the link is kept, and not shown.
      yield* sql`delete from repo_docker_links where repo_id = ${id} and image_name = ${image} and evidence = 'manual'`
      yield* sql`insert into repo_docker_links_removed (repo_id, image_name, removed_at) values (${id}, ${image}, ${at})
        on conflict do nothing`
      yield* sql`update repo_docker set repo_id = null where image_name = ${image} and repo_id = ${id}`
      yield* settleOwners(sql, [image])
      return true
    }))
  }, transient)

  return { add, remove }
}
