/**
 * `FirstSights` on Postgres, embedded or not: what several processes saw, whoever was first.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Effect, Layer, Schema } from "effect"
import { canonicalName } from "../../domain/ImageReference.js"
import { FirstSights } from "../../services/FirstSights.js"
import { instant, rowsOf, transient } from "./core.js"

const sights = rowsOf(Schema.Struct({ tag: Schema.String, seen: Schema.Number }))

/** Remembers on the client in context. */
export const make = Effect.map(SqlClient, (sql) =>
  FirstSights.of({
    see: Effect.fn("FirstSights.see")(function*(repository, tags) {
      if (tags.length === 0) return new Map<string, number>()
      const image = canonicalName(repository)
      const names = JSON.stringify([...new Set(tags)].sort())
      const now = yield* Clock.currentTimeMillis
      const asked = sql`select tag from jsonb_array_elements_text(${names}::text::jsonb) as asked(tag)`
      const rows = yield* transient(Effect.gen(function*() {
        // What is seen now was not seen first later: that was a clock that is ahead.
        yield* sql`insert into image_census_tag_sights as s (image_name, tag, first_seen_at)
          select ${image}, tag, ${instant(sql, now)} from (${asked}) as seen
          on conflict (image_name, tag) do update set first_seen_at = excluded.first_seen_at
            where s.first_seen_at > excluded.first_seen_at`
        return yield* sights(
          sql`select tag, (extract(epoch from first_seen_at) * 1000)::float8 as seen
            from image_census_tag_sights where image_name = ${image} and tag in (${asked})`
        )
      }))
      return new Map(rows.map(({ seen, tag }) => [tag, Math.round(seen)]))
    })
  }))

/** `FirstSights` on the client in context. */
export const layer: Layer.Layer<FirstSights, never, SqlClient> = Layer.effect(FirstSights, make)
