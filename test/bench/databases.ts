/**
 * Fresh databases on a benchmark's own server.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"

/** Makes an empty database of this name; its address. */
export const createDatabase = (server: string, name: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`create database ${name}`)).pipe(
    Effect.provide(PgClient.layer({ url: Redacted.make(server), maxConnections: 1 })),
    Effect.as(server.replace(/\/[^/]*$/, `/${name}`))
  )
