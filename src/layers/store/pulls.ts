/**
 * The history of pulls: reading it by day, and taking in history from elsewhere.
 */
import { Array, Chunk, Clock, Effect, Option, Schema, Stream } from "effect"
import type { Transient } from "../../domain/Errors.js"
import { isStorable } from "../../domain/StorableText.js"
import { dayOf, UtcDay } from "../../domain/UtcDay.js"
import type { ImportedDay, PullsOnDay } from "../../services/RepoDockerStore.js"
import { rowOf, rowsOf, type StoreCore, transient } from "./core.js"
import { inTransaction } from "./errors.js"
import { writeGrowth } from "./growth.js"

const importChunk = 5000
/** Images whose days are read at once. */
const imagesAtOnce = 50

const Day = Schema.Struct({
  image: Schema.String,
  day: UtcDay,
  total: Schema.BigInt,
  pulls: Schema.OptionFromNullOr(Schema.BigInt),
  gapDays: Schema.Int,
  fell: Schema.Boolean
})
const Name = Schema.Struct({ image: Schema.String })
const Count = Schema.Struct({ count: Schema.Int })

/** `pulls` and `importPulls` of the store. */
export const makePulls = ({ ensureDays, sql }: StoreCore) => {
  const daysOf = (images: ReadonlyArray<string>, since: Option.Option<UtcDay>) =>
    rowsOf(Day)(sql`
      select image_name as image, to_char(date, 'YYYY-MM-DD') as day, pulls_total::text as total, pulls::text as pulls,
        gap_days as "gapDays", fell
      from repo_docker_pulls_by_day
      where image_name = any(array(select jsonb_array_elements_text(${
      JSON.stringify(images.filter(isStorable))
    }::jsonb)))
        and ${Option.match(since, { onNone: () => sql`true`, onSome: (day) => sql`date >= ${day}::date` })}
      order by image_name, date`)

  const namesAfter = (after: Option.Option<string>) =>
    rowsOf(Name)(sql`
      select distinct image_name as image from repo_docker_pulls_daily
      where ${Option.match(after, { onNone: () => sql`true`, onSome: (name) => sql`image_name > ${name}` })}
      order by image_name limit ${imagesAtOnce}`)

  const pageAfter = (after: Option.Option<string>, since: Option.Option<UtcDay>) =>
    Effect.gen(function*() {
      const names = (yield* namesAfter(after)).map((row) => row.image)
      const days = names.length === 0 ? [] : yield* daysOf(names, since)
      return { days, last: names.length < imagesAtOnce ? Option.none<string>() : Option.fromNullable(names.at(-1)) }
    })

  const pulls = (
    filter: { readonly image: Option.Option<string>; readonly since: Option.Option<UtcDay> }
  ): Stream.Stream<PullsOnDay, Transient> =>
    Option.match(filter.image, {
      onSome: (image) => Stream.fromIterableEffect(transient(daysOf([image], filter.since))),
      onNone: () =>
        Stream.paginateChunkEffect(Option.none<string>(), (after) =>
          transient(pageAfter(after, filter.since)).pipe(
            Effect.map(({ days, last }) => [Chunk.fromIterable(days), Option.map(last, Option.some)] as const),
            Effect.withSpan("RepoDockerStore.pulls")
          ))
    })

  const importChunkOf = (days: ReadonlyArray<ImportedDay>, overwrite: boolean, today: UtcDay) => {
    const rows = days.map((day, position) => ({
      position,
      image: day.image,
      day: day.day,
      total: day.total.toString()
    }))
    // The last of several rows for one day counts.
    const input = sql`(
      select distinct on (image, day) image, day, total
      from jsonb_to_recordset(${
      JSON.stringify(rows)
    }::jsonb) as x (position integer, image text, day date, total bigint)
      order by image, day, position desc)`
    return inTransaction(sql)(Effect.gen(function*() {
      // Never synced yet, so due, and known from now on: days before are no gaps.
      yield* sql`insert into repo_docker (repo_id, image_name, last_synced_at, known_since)
        select distinct null::bigint, x.image, to_timestamp(0), ${today}::date from ${input} x order by x.image
        on conflict (image_name) do nothing`
      const conflict = overwrite ? sql`do update set pulls_total = excluded.pulls_total` : sql`do nothing`
      const { count } = yield* rowOf(Count)(sql`
        with written as (
          insert into repo_docker_pulls_daily (image_name, date, pulls_total)
          select x.image, x.day, x.total from ${input} x order by x.image, x.day
          on conflict (image_name, date) ${conflict} returning 1
        ) select count(*)::int as count from written`)
      yield* writeGrowth(sql, days.map(({ image }) => image))
      return count
    }))
  }

  const importPulls = Effect.fn("RepoDockerStore.importPulls")(
    function*(days: ReadonlyArray<ImportedDay>, overwrite: boolean) {
      const today = dayOf(yield* Clock.currentTimeMillis)
      yield* ensureDays(new Set(days.map(({ day }) => day)))
      const counts = yield* Effect.forEach(
        Array.chunksOf(days, importChunk),
        (chunk) => importChunkOf(chunk, overwrite, today)
      )
      const written = counts.reduce((sum, count) => sum + count, 0)
      return { written, kept: days.length - written }
    },
    transient
  )

  return { pulls, importPulls }
}
