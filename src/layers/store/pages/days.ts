/**
 * Histories of images for charts, and the census by day.
 */
import { Array as Arr, Clock, Effect, Schema } from "effect"
import type { CountOnDay } from "../../../domain/PullPeriods.js"
import { dayOf, UtcDay } from "../../../domain/UtcDay.js"
import type { DayCounts } from "../../../services/CensusPages.js"
import { rowOf, rowsOf, type StoreCore, transient } from "../core.js"

const dayMillis = 86_400_000

const HistoryRow = Schema.Struct({
  image: Schema.String,
  days: Schema.Array(Schema.Int),
  totals: Schema.Array(Schema.String)
})
const CountRow = Schema.Struct({ image: Schema.String, day: UtcDay, total: Schema.BigInt })
const Done = Schema.Struct({ done: Schema.Int })
const DayRow = Schema.Struct({
  day: UtcDay,
  found: Schema.Int,
  counts: Schema.OptionFromNullOr(Schema.Struct({
    repositories: Schema.Int,
    images: Schema.Int,
    backlog: Schema.Int,
    snapshots: Schema.Int
  }))
})

/** `counts`, `doneOn`, `days` and `keepDay`. */
export const makeDays = ({ sql }: StoreCore) => {
  // Names are parameters of their own, so that the planner knows how few they are; a row per image, as rows are what
  // decoding costs.
  const between = (images: ReadonlyArray<string>, from: UtcDay, to: UtcDay) =>
    Effect.map(
      rowsOf(HistoryRow)(sql`
        select image_name as image, array_agg(date - date '1970-01-01' order by date) as days,
          array_agg(pulls_total::text order by date) as totals
        from repo_docker_pulls_daily
        where ${sql.in("image_name", images)} and date between ${from}::date and ${to}::date and pulls_total is not null
        group by image_name`),
      (rows) =>
        new Map(rows.map(({ days, image, totals }) => [
          image,
          Arr.zipWith(days, totals, (day, total): CountOnDay => ({ day: dayOf(day * dayMillis), total: BigInt(total) }))
        ]))
    )

  const before = (image: string, day: UtcDay) =>
    rowsOf(CountRow)(sql`
      select image_name as image, to_char(date, 'YYYY-MM-DD') as day, pulls_total::text as total
      from repo_docker_pulls_daily
      where image_name = ${image} and date < ${day}::date and pulls_total is not null order by date desc limit 1`)

  const after = (image: string, day: UtcDay) =>
    rowsOf(CountRow)(sql`
      select image_name as image, to_char(date, 'YYYY-MM-DD') as day, pulls_total::text as total
      from repo_docker_pulls_daily
      where image_name = ${image} and date > ${day}::date and pulls_total is not null order by date limit 1`)

  const counts = Effect.fn("CensusPages.counts")(function*(images: ReadonlyArray<string>, from: UtcDay, to: UtcDay) {
    const byImage = new Map<string, ReadonlyArray<CountOnDay>>()
    if (images.length === 0) return byImage
    const today = dayOf(yield* Clock.currentTimeMillis)
    const rows = yield* between(images, from, to)
    // What lies between two rows is shared out over the days, so those at the edges need the row beyond.
    yield* Effect.forEach(images, (image) =>
      Effect.gen(function*() {
        const within = rows.get(image) ?? []
        const earlier = within[0]?.day === from ? [] : yield* before(image, from)
        const later = within.at(-1)?.day === to || to >= today ? [] : yield* after(image, to)
        const all = [...earlier, ...within, ...later]
        if (all.length > 0) byImage.set(image, all.map(({ day, total }) => ({ day, total })))
      }), { discard: true })
    return byImage
  }, transient)

  const doneOn = Effect.fn("CensusPages.doneOn")(function*(day: UtcDay) {
    const { done } = yield* rowOf(Done)(
      sql`select count(*)::int as done from repo_docker_growth where as_of >= ${day}::date`
    )
    return done
  }, transient)

  const days = Effect.fn("CensusPages.days")(
    (from: UtcDay) =>
      rowsOf(DayRow)(sql`
      select to_char(coalesce(f.date, c.date), 'YYYY-MM-DD') as day, coalesce(f.found, 0) as found,
        case when c.date is not null then jsonb_build_object('repositories', c.repositories, 'images', c.images,
          'backlog', c.backlog, 'snapshots', c.snapshots) end as counts
      from (
        select (l.first_seen at time zone 'UTC')::date as date, count(distinct l.image_name)::int as found
        from repo_docker_links l
        where l.first_seen >= (${from}::date + time '00:00') at time zone 'UTC'
          and not exists (
            select 1 from repo_docker_links o where o.image_name = l.image_name and o.first_seen < l.first_seen)
        group by 1
      ) f full join (select * from image_census_days where date >= ${from}::date) c on c.date = f.date
      order by 1`),
    transient
  )

  const keepDay = Effect.fn("CensusPages.keepDay")((day: UtcDay, counts: DayCounts) =>
    transient(Effect.asVoid(sql`
      insert into image_census_days (date, repositories, images, backlog, snapshots)
      values (${day}::date, ${counts.repositories}, ${counts.images}, ${counts.backlog}, ${counts.snapshots})
      on conflict (date) do update set repositories = excluded.repositories, images = excluded.images,
        backlog = excluded.backlog, snapshots = excluded.snapshots`))
  )

  return { counts, doneOn, days, keepDay }
}
