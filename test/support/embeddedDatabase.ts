/**
 * An embedded database in memory, also for what runs outside of vitest.
 */
import { NodeContext } from "@effect/platform-node"
import type { PgClient } from "@effect/sql-pg"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Layer, Option, type Redacted } from "effect"
import * as Database from "../../src/layers/store/Database.js"

export const testProcess = {
  id: "test",
  host: "here",
  pid: process.pid,
  command: "vitest",
  startedAt: 0,
  exists: () => true
}

/** How tests open a database: on the server at this address, else embedded. */
export const databaseOptions = (url: Option.Option<Redacted.Redacted>) => ({
  url,
  dataDir: "memory:",
  process: testProcess
})

/** A kind of database for tests: as it is made, and with the schema. */
export interface TestDatabase {
  readonly name: string
  readonly available: boolean
  readonly empty: Layer.Layer<SqlClient | PgClient.PgClient>
  readonly migrated: Layer.Layer<SqlClient | PgClient.PgClient>
}

export const pglite: TestDatabase = {
  name: "PGlite",
  available: true,
  empty: Database.connection(databaseOptions(Option.none())).pipe(Layer.provide(NodeContext.layer), Layer.orDie),
  migrated: Database.layer(databaseOptions(Option.none())).pipe(Layer.provide(NodeContext.layer), Layer.orDie)
}
