/**
 * The HTTP server in this process, over an embedded database with a little of everything in it.
 */
import { Duration, Effect, Layer } from "effect"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as OciRegistryMemory from "../../src/layers/registry/OciRegistryMemory.js"
import * as CensusPagesSql from "../../src/layers/store/CensusPagesSql.js"
import * as ImageCatalogSql from "../../src/layers/store/ImageCatalogSql.js"
import * as LinkStoreSql from "../../src/layers/store/LinkStoreSql.js"
import * as ProcessBoardSql from "../../src/layers/store/ProcessBoardSql.js"
import * as RepoDockerStoreSql from "../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchStoreSql from "../../src/layers/store/WatchStoreSql.js"
import { entryOf } from "../../src/programs/server/http/access.js"
import * as RequestStores from "../../src/programs/server/RequestStores.js"
import { start, type StartOptions } from "../../src/programs/server/start.js"
import { seed, tokens } from "./apiRequests.js"
import { pglite, testProcess } from "./embeddedDatabase.js"
import { smallWorld } from "./memoryLayers.js"

/** What a server is told in tests. */
export const serverOptions: StartOptions = {
  host: "127.0.0.1",
  port: 0,
  version: "1.2.3",
  tokens: [entryOf("read", tokens.read), entryOf("write", tokens.write)],
  origins: ["https://dashboard.example.org"],
  intervals: { discovery: Duration.days(14), refresh: Duration.hours(24) },
  watchInterval: Duration.minutes(7),
  lease: Duration.minutes(1),
  github: true,
  discover: {}
}

/** Everything that the server stands on; `holder` is of this process. */
export const services = Layer.mergeAll(
  RepoDockerStoreSql.layer({ holder: "test" }),
  LinkStoreSql.layer({ holder: "test" }),
  WatchStoreSql.layer({ holder: "test" }),
  ImageCatalogSql.layer({ holder: "test" }),
  Layer.fresh(CensusPagesSql.layer),
  ProcessBoardSql.layer(testProcess)
).pipe(
  Layer.provideMerge(Layer.mergeAll(RateBudgetsMemory.layer, OciRegistryMemory.layer, smallWorld)),
  Layer.provideMerge(pglite.migrated)
)

/** Starts a server; the address ends without a slash. */
export const startServer = (changes: Partial<StartOptions> = {}) =>
  Effect.zipRight(
    seed,
    Effect.provide(start({ ...serverOptions, ...changes }), RequestStores.layer)
  )
