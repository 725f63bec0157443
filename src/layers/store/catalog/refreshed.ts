/**
 * What the refresh of pull counts brings for the catalog: it asks the Hub for the same document, so that the catalog need
 * not ask for it again that day.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import { fromDetails } from "../../../domain/CatalogImage.js"
import type { ImageFacts } from "../../../domain/Finding.js"
import { instant, rowsOf } from "../core.js"
import { texts } from "./core.js"
import { writeFound } from "./record.js"

const Name = Schema.Struct({ image: Schema.String })

/** Takes in the details of images that the catalog has, as answered at an instant (epoch milliseconds). */
export const writeRefreshed = (
  sql: SqlClient,
  seen: ReadonlyArray<{ readonly at: number; readonly facts: ImageFacts }>
) =>
  Effect.gen(function*() {
    const told = seen.filter(({ facts }) => facts.details !== undefined)
    if (told.length === 0) return
    const known = yield* rowsOf(Name)(sql`
      select s.image_name as image from catalog_state s
      where s.tracked and s.image_name = any(${texts(sql, told.map(({ facts }) => facts.image))})
      order by s.image_name for no key update of s`)
    const names = new Set(known.map(({ image }) => image))
    for (const { at, facts } of told) {
      const found = Option.map(Option.fromNullable(facts.details), fromDetails)
      if (Option.isNone(found) || !names.has(facts.image)) continue
      yield* writeFound(sql, facts.image, found.value)
      yield* sql`update catalog_state set fetched_at = ${instant(sql, at)}, missing_since = null, gone_at = null
        where image_name = ${facts.image}`
    }
  })
