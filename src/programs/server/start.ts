/**
 * The server with what it keeps for itself: the live status, and requests out of turn.
 */
import { Context, type Duration, Effect, Layer } from "effect"
import type { LiveStatusOptions } from "./live/LiveStatus.js"
import * as LiveStatus from "./live/LiveStatus.js"
import type { OnDemandOptions } from "./OnDemand.js"
import * as OnDemand from "./OnDemand.js"
import { RequestStores } from "./RequestStores.js"
import { requireTokens, serve, type ServerOptions } from "./Server.js"
import { WatchDefaults } from "./WatchDefaults.js"

/** Everything that a server has to be told. */
export interface StartOptions extends ServerOptions, OnDemandOptions {
  readonly intervals: LiveStatusOptions
  /** From one look at a watched reference to the next, where it is added without saying. */
  readonly watchInterval: Duration.Duration
}

/** Serves until the scope closes; the address at which the server is reached. */
export const start = Effect.fn("Server.start")(function*(options: StartOptions) {
  yield* requireTokens(options)
  const stores = yield* RequestStores
  const own = yield* Layer.build(Layer.mergeAll(
    LiveStatus.layer(options.intervals).pipe(Layer.provide(Layer.succeedContext(stores))),
    // What is done behind the answer is a job.
    OnDemand.layer(options),
    Layer.succeed(WatchDefaults, { every: options.watchInterval })
  ))
  return yield* Effect.provide(serve(options), Context.merge(own, stores))
})
