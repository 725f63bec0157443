/**
 * Scratch databases for tests: an embedded one in memory, and a fresh one on the test server (see postgresServer.mjs).
 */
import { NodeContext } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, Option, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { inject } from "vitest"
import * as Database from "../../src/layers/store/Database.js"
import { databaseOptions, pglite, type TestDatabase } from "./embeddedDatabase.js"

export { testProcess } from "./embeddedDatabase.js"

declare module "vitest" {
  interface ProvidedContext {
    /** The server for scratch databases; empty where there is none. */
    postgresUrl: string
  }
}

/** The address of a fresh database, dropped when the scope closes. */
export const scratchUrl = Effect.gen(function*() {
  const server = inject("postgresUrl")
  const name = `image_census_test_${randomUUID().replaceAll("-", "")}`
  const admin = PgClient.layer({ url: Redacted.make(server), maxConnections: 1 })
  const run = (statement: string) =>
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(admin), Effect.orDie)
  yield* Effect.acquireRelease(
    run(`create database ${name}`),
    () => run(`drop database if exists ${name} with (force)`)
  )
  const url = new URL(server)
  url.pathname = `/${name}`
  return Redacted.make(url.toString())
})

/** Takes everything out of the database in context, so that tests can share it: to make an embedded one takes long. */
export const emptied = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* sql`drop schema public cascade`
  yield* sql`create schema public`
}).pipe(Effect.orDie)

const onServer = (make: typeof Database.layer) =>
  Layer.unwrapScoped(Effect.map(scratchUrl, (url) => make(databaseOptions(Option.some(url))))).pipe(
    Layer.provide(NodeContext.layer),
    Layer.orDie
  )

export const postgres: TestDatabase = {
  name: "Postgres",
  available: inject("postgresUrl") !== "",
  empty: onServer(Database.connection),
  migrated: onServer(Database.layer)
}

export const testDatabases: ReadonlyArray<TestDatabase> = [pglite, postgres]
