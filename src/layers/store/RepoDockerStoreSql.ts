/**
 * `RepoDockerStore` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { makeClaims } from "./claims.js"
import { censusGates, keepInBounds } from "./clockBounds.js"
import { makeCore } from "./core.js"
import { makeRecordDiscovery } from "./discoveryFindings.js"
import { makeImages } from "./images.js"
import { makePulls } from "./pulls.js"
import { makeRecordRefresh } from "./refreshFindings.js"
import { makeRepositories } from "./repositories.js"
import { makeStatus } from "./status.js"

/** `holder` is written into the rows that this store claims; it has to be unique among those that share the database. */
export interface StoreOptions {
  readonly holder: string
}

/** A store on the client in context. */
export const make = (options: StoreOptions) =>
  Effect.gen(function*() {
    const core = yield* makeCore(yield* SqlClient, options.holder)
    const inBounds = yield* keepInBounds(core.sql, censusGates)
    const claims = makeClaims(core)
    return RepoDockerStore.of({
      ...makeRepositories(core),
      ...claims,
      claimRepositories: (claim) => Effect.zipRight(inBounds, claims.claimRepositories(claim)),
      claimImages: (claim) => Effect.zipRight(inBounds, claims.claimImages(claim)),
      recordDiscovery: makeRecordDiscovery(core),
      recordRefresh: makeRecordRefresh(core),
      ...makeImages(core),
      ...makePulls(core),
      status: makeStatus(core)
    })
  })

/** `RepoDockerStore` on the client in context. */
export const layer = (options: StoreOptions): Layer.Layer<RepoDockerStore, never, SqlClient> =>
  Layer.effect(RepoDockerStore, make(options))
