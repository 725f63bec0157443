/**
 * `RepoDockerStore` in memory, with the behaviour of the SQL store: for tests, and for library users without a database.
 */
import { Clock, Effect, Layer } from "effect"
import { key, type RepositoryName } from "../../domain/GitHubRepository.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { refusedUntil } from "../store/discoveryFindings.js"
import { goneLook } from "../store/imageWrites.js"
import { insertRepository, knownKeys, makeClaims } from "./store/claims.js"
import { makeFindings } from "./store/findings.js"
import { forgetRepository } from "./store/linkTables.js"
import { makeReading } from "./store/reading.js"
import { emptyTables, type Tables } from "./store/tables.js"

/** A store on these tables. Several stores with different holders may share tables, as processes share a database. */
export const make = (holder: string, tables: Tables): RepoDockerStore["Type"] => {
  const addRepositories = Effect.fn("RepoDockerStore.addRepositories")(
    function*(repositories: ReadonlyArray<RepositoryName>) {
      const now = yield* Clock.currentTimeMillis
      const known = knownKeys(tables)
      const added = repositories.filter((repository) => {
        if (known.has(key(repository))) return false
        known.add(key(repository))
        insertRepository(tables, repository, now)
        return true
      }).length
      return { added, known: repositories.length - added }
    }
  )

  const removeRepositories = Effect.fn("RepoDockerStore.removeRepositories")(
    (repositories: ReadonlyArray<RepositoryName>) =>
      Effect.sync(() => {
        const wanted = new Map(repositories.map((repository) => [key(repository), repository]))
        const doomed = [...tables.repositories.values()].filter((row) => wanted.has(key(row.repository)))
        for (const row of doomed) {
          tables.repositories.delete(row.id)
          forgetRepository(tables, row.id)
        }
        const removed = new Set(doomed.map((row) => key(row.repository)))
        return {
          removed: doomed.length,
          unknown: [...wanted].flatMap(([name, repository]) => removed.has(name) ? [] : [repository])
        }
      })
  )

  return RepoDockerStore.of({
    addRepositories,
    removeRepositories,
    ...makeClaims(tables, holder),
    ...makeFindings(tables, holder, { refusedUntil, goneLook }),
    ...makeReading(tables)
  })
}

/** An empty store. */
export const layer: Layer.Layer<RepoDockerStore> = Layer.sync(RepoDockerStore, () => make("memory", emptyTables()))
