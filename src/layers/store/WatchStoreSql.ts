/**
 * `WatchStore` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { WatchStore } from "../../services/WatchStore.js"
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
    return WatchStore.of({
      ...makeWatches(core),
      ...makeObservations(core),
      ...makeEvents(core),
      ...makeDeliveries(core),
      ...makeUpdates(core)
    })
  })

/** `WatchStore` on the client in context. */
export const layer = (options: StoreOptions): Layer.Layer<WatchStore, never, SqlClient> =>
  Layer.effect(WatchStore, make(options))
