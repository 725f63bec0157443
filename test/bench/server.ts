/**
 * A Postgres server of the benchmarks' own, with a fresh database; both end with the scope.
 */
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, Option, Redacted } from "effect"
import { start } from "../../scripts/postgres.mjs"
import * as Database from "../../src/layers/store/Database.js"

/** The server's address, as its superuser. Dies where no Postgres can be had. */
export const server = Effect.acquireRelease(
  Effect.promise(() => start()),
  (running) => Effect.promise(async () => running?.stop())
).pipe(Effect.flatMap(Effect.fromNullable), Effect.orDie)

/** A migrated database on such a server. */
export const database = Layer.unwrapScoped(
  Effect.map(server, ({ url }) =>
    Database.layer({
      url: Option.some(Redacted.make(url)),
      dataDir: "memory:",
      process: { id: "bench", host: "here", pid: process.pid, command: "bench", startedAt: 0, exists: () => true }
    }))
).pipe(Layer.provide(NodeContext.layer))
