/**
 * `ImageCatalog` on Postgres, embedded or not. The schema has to be up to date (see `Database`).
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import { makeClaims } from "./catalog/claims.js"
import { makeReading } from "./catalog/reading.js"
import { makeRecord } from "./catalog/record.js"
import { makeWanted } from "./catalog/wanted.js"
import { catalogGates, keepInBounds } from "./clockBounds.js"
import { makeCore } from "./core.js"
import type { StoreOptions } from "./RepoDockerStoreSql.js"

/** A catalog on the client in context. */
export const make = (options: StoreOptions) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const core = yield* makeCore(sql, options.holder)
    const inBounds = yield* keepInBounds(sql, catalogGates)
    const claims = makeClaims(sql, options.holder)
    return ImageCatalog.of({
      ...makeWanted(sql),
      ...claims,
      claim: (claim) => Effect.zipRight(inBounds, claims.claim(claim)),
      beginPass: (lease) => Effect.zipRight(inBounds, claims.beginPass(lease)),
      ...makeRecord(core),
      ...makeReading(sql)
    })
  })

/** `ImageCatalog` on the client in context. */
export const layer = (options: StoreOptions): Layer.Layer<ImageCatalog, never, SqlClient> =>
  Layer.effect(ImageCatalog, make(options))
