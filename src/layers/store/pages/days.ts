/**
 * Histories of images for charts, and the census by day.
 */
import { Clock, Effect, Predicate, Schema } from "effect"
import type { CountOnDay } from "../../../domain/PullPeriods.js"
import { isStorable } from "../../../domain/StorableText.js"
import { dayOf, UtcDay } from "../../../domain/UtcDay.js"
import type { DayCounts } from "../../../services/CensusPages.js"
import { rowOf, rowsOf, type StoreCore, transient } from "../core.js"

const dayMillis = 86_400_000

const HistoryRow = Schema.Struct({ image: Schema.String, counts: Schema.String })
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

const countOf = (text: string): CountOnDay => {
  const [day = "", total = ""] = text.split(" ")
  return { day: dayOf(Number(day) * dayMillis), total: BigInt(total) }
}

/** `counts`, `doneOn`, `days` and `keepDay`. */
export const makeDays = ({ sql }: StoreCore) => {
  // Names are parameters of their own, so that the planner knows how few they are; a row per image and a text per row, as
  // values are what decoding costs.
  const between = (images: ReadonlyArray<string>, from: UtcDay, to: UtcDay) =>
    Effect.map(
      rowsOf(HistoryRow)(sql`
        select image_name as image, string_agg((date - date '1970-01-01') || ' ' || pulls_total, ',' order by date) as counts
        from repo_docker_pulls_daily
        where ${sql.in("image_name", images)} and date between ${from}::date and ${to}::date and pulls_total is not null
        group by image_name`),
      (rows) => new Map(rows.map(({ counts, image }) => [image, counts.split(",").map(countOf)]))
    )

  // The nearest row of each image before a day, or after it.
  const nearest = (images: ReadonlyArray<string>, side: "before" | "after", day: UtcDay) => {
    const beyond = side === "before" ? sql`p.date < ${day}::date` : sql`p.date > ${day}::date`
    const order = side === "before" ? sql`p.date desc` : sql`p.date`
    return images.length === 0 ? Effect.succeed(new Map<string, CountOnDay>()) : Effect.map(
      rowsOf(CountRow)(sql`
        select i.image, to_char(p.date, 'YYYY-MM-DD') as day, p.pulls_total::text as total
        from jsonb_array_elements_text(${JSON.stringify(images)}::jsonb) i (image) cross join lateral (
          select p.date, p.pulls_total from repo_docker_pulls_daily p
          where p.image_name = i.image and ${beyond} and p.pulls_total is not null order by ${order} limit 1
        ) p`),
      (rows) => new Map(rows.map(({ day, image, total }) => [image, { day, total }]))
    )
  }

  const counts = Effect.fn("CensusPages.counts")(function*(asked: ReadonlyArray<string>, from: UtcDay, to: UtcDay) {
    const byImage = new Map<string, ReadonlyArray<CountOnDay>>()
    const images = asked.filter(isStorable)
    if (images.length === 0) return byImage
    const today = dayOf(yield* Clock.currentTimeMillis)
    const rows = yield* between(images, from, to)
    // What lies between two rows is shared out over the days, so those at the edges need the row beyond.
    const earlier = yield* nearest(images.filter((image) => rows.get(image)?.[0]?.day !== from), "before", from)
    const later = to >= today
      ? new Map<string, CountOnDay>()
      : yield* nearest(images.filter((image) => rows.get(image)?.at(-1)?.day !== to), "after", to)
    for (const image of images) {
      const all = [earlier.get(image), ...rows.get(image) ?? [], later.get(image)].filter(Predicate.isNotUndefined)
      if (all.length > 0) byImage.set(image, all)
    }
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
