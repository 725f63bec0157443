/**
 * `LinkStore` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { LinkStore } from "../../services/LinkStore.js"
import { keepInBounds, linkGates } from "./clockBounds.js"
import { makeCore } from "./core.js"
import { makeByHand } from "./links/byHand.js"
import { makeChecks } from "./links/checks.js"
import { makeLeases } from "./links/leases.js"
import { makeLinkReading } from "./links/reading.js"
import { makeSources } from "./links/sources.js"
import type { StoreOptions } from "./RepoDockerStoreSql.js"

/** A store on the client in context. */
export const make = (options: StoreOptions) =>
  Effect.gen(function*() {
    const core = yield* makeCore(yield* SqlClient, options.holder)
    const inBounds = yield* keepInBounds(core.sql, linkGates)
    const checks = makeChecks(core)
    const sources = makeSources(core)
    return LinkStore.of({
      ...checks,
      claimChecks: (claim) => Effect.zipRight(inBounds, checks.claimChecks(claim)),
      ...sources,
      claimSources: (claim) => Effect.zipRight(inBounds, sources.claimSources(claim)),
      ...makeLeases(core),
      ...makeLinkReading(core),
      ...makeByHand(core)
    })
  })

/** `LinkStore` on the client in context. */
export const layer = (options: StoreOptions): Layer.Layer<LinkStore, never, SqlClient> =>
  Layer.effect(LinkStore, make(options))
