/**
 * Histories of images for charts, and the census by day.
 */
import { Effect, Schema } from "effect"
import type { CountOnDay } from "../../../domain/PullPeriods.js"
import { UtcDay } from "../../../domain/UtcDay.js"
import type { DayCounts } from "../../../services/CensusPages.js"
import { rowOf, rowsOf, type StoreCore, transient } from "../core.js"

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
  // One row more on either side: what lies between two rows is shared out over the days.
  const counts = Effect.fn("CensusPages.counts")(function*(images: ReadonlyArray<string>, from: UtcDay, to: UtcDay) {
    const rows = yield* rowsOf(CountRow)(sql`
      select i.name as image, to_char(h.date, 'YYYY-MM-DD') as day, h.total::text as total
      from jsonb_array_elements_text(${JSON.stringify(images)}::jsonb) i (name)
      cross join lateral (
        (select date, pulls_total as total from repo_docker_pulls_daily
          where image_name = i.name and pulls_total is not null and date < ${from}::date order by date desc limit 1)
        union all
        (select date, pulls_total from repo_docker_pulls_daily
          where image_name = i.name and pulls_total is not null and date between ${from}::date and ${to}::date)
        union all
        (select date, pulls_total from repo_docker_pulls_daily
          where image_name = i.name and pulls_total is not null and date > ${to}::date order by date limit 1)
      ) h
      order by 1, 2`)
    const byImage = new Map<string, Array<CountOnDay>>()
    for (const { day, image, total } of rows) {
      const known = byImage.get(image)
      if (known === undefined) byImage.set(image, [{ day, total }])
      else known.push({ day, total })
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
