/**
 * `CensusPages` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { CensusPages } from "../../services/CensusPages.js"
import { makeCore, transient } from "./core.js"
import { currentVersion, schemaVersion } from "./migrate.js"
import { makeDays } from "./pages/days.js"
import { makeImagePages } from "./pages/imagePages.js"
import { makeRepositoryPages } from "./pages/repositoryPages.js"

/** Pages on the client in context. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient
  const core = yield* makeCore(sql, "pages")
  const schema = currentVersion.pipe(
    Effect.provideService(SqlClient, sql),
    Effect.map((current) => ({ current, known: schemaVersion })),
    Effect.withSpan("CensusPages.schema"),
    transient
  )
  return CensusPages.of({ schema, ...makeRepositoryPages(core), ...makeImagePages(core), ...makeDays(core) })
})

/** `CensusPages` on the client in context. */
export const layer: Layer.Layer<CensusPages, never, SqlClient> = Layer.effect(CensusPages, make)
