/**
 * The embedded Postgres (PGlite), in a folder or in memory, as a `PgClient`. It has one session.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { Pool } from "pg"
import { SettingsError } from "../../domain/Errors.js"
import type { Sync } from "./embeddedFiles.js"

const unopened = (folder: string) => (cause: unknown) =>
  new SettingsError({
    setting: "IMAGE_CENSUS_DATA_DIR",
    message: `the embedded database in ${folder} cannot be opened: ${
      cause instanceof Error ? cause.message : String(cause)
    }`
  })

// Loaded only where it is used: a daemon on a server has no need of a database engine in its memory.
const engine = Effect.promise(() =>
  Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite/node-postgres"),
    import("./embeddedFiles.js")
  ])
)

/**
 * Opens the database in a folder, none for one in memory. `sync` is what brings a file to the disk, at every commit;
 * default: `fsync`.
 */
export const embedded = (folder: string | undefined, sync?: Sync) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const [{ PGlite }, { createPgConfig }, files] = yield* engine
    const database = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => folder === undefined ? PGlite.create() : files.open(folder, sync),
        catch: unopened(folder ?? "memory")
      }),
      // Node does not exit while it is open.
      (opened) => Effect.promise(() => opened.close())
    )
    const acquire = Effect.acquireRelease(
      Effect.sync(() => new Pool({ ...createPgConfig(database), max: 1, idleTimeoutMillis: 0 })),
      (pool) => Effect.promise(() => pool.end())
    )
    return PgClient.layerFromPool({ acquire }).pipe(
      Layer.mapError((error) => unopened(folder ?? "memory")(error))
    )
  }))
