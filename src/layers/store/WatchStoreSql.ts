/**
 * `WatchStore` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { WatchStore } from "../../services/WatchStore.js"
import { keepInBounds, watchGates } from "./clockBounds.js"
import { makeCore } from "./core.js"
import type { StoreOptions } from "./RepoDockerStoreSql.js"
import { makeDeliveries } from "./watches/deliveries.js"
import { makeEvents } from "./watches/events.js"
import { makeObservations } from "./watches/observations.js"
import { makeUpdates } from "./watches/updates.js"
import { makeWatches } from "./watches/watches.js"

/** A store on the client in context. */
export const make = (options: StoreOptions) =>
  Effect.gen(function*() {
    const core = yield* makeCore(yield* SqlClient, options.holder)
    const inBounds = yield* keepInBounds(core.sql, watchGates)
    const observations = makeObservations(core)
    const deliveries = makeDeliveries(core)
    const updates = makeUpdates(core)
    return WatchStore.of({
      ...makeWatches(core),
      ...observations,
      claim: (claim) => Effect.zipRight(inBounds, observations.claim(claim)),
      ...makeEvents(core),
      ...deliveries,
      claimDeliveries: (claim) => Effect.zipRight(inBounds, deliveries.claimDeliveries(claim)),
      ...updates,
      claimUpdateLooks: (claim) => Effect.zipRight(inBounds, updates.claimUpdateLooks(claim))
    })
  })

/** `WatchStore` on the client in context. */
export const layer = (options: StoreOptions): Layer.Layer<WatchStore, never, SqlClient> =>
  Layer.effect(WatchStore, make(options))
