/**
 * How images grow: `repo_docker_growth`, one row per image, kept in step with its history by those who write it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"

const windows = [7, 30, 90] as const
const longest = Math.max(...windows)

// A row of the history tells what came since the row before. Of a row that reaches back over the window's edge, the share
// of the days within counts.
const within = (days: number): string => {
  const edge = `l.day - ${days}`
  return `case when min(h.before) <= ${edge}
      and coalesce(bool_and(h.diff >= 0) filter (where h.date > ${edge}), true)
    then coalesce(sum(h.diff) filter (where h.before >= ${edge}), 0)
      + coalesce(round(sum(h.diff::numeric * (h.date - (${edge})) / (h.date - h.before))
        filter (where h.before < ${edge} and h.date > ${edge})), 0)
    end::bigint`
}

/**
 * The statement that brings the growth of images up to date, given a query for their names. It reads of each what the
 * longest window needs and no more.
 */
export const growthOf = (names: string): string =>
  `insert into repo_docker_growth as g (image_name, as_of, days_7, days_30, days_90)
  select i.name, l.day, w.*
  from (${names}) i (name)
  cross join lateral (
    select date as day from repo_docker_pulls_daily
    where image_name = i.name and pulls_total is not null order by date desc limit 1
  ) l
  left join lateral (
    select date as day from repo_docker_pulls_daily
    where image_name = i.name and pulls_total is not null and date <= l.day - ${longest} order by date desc limit 1
  ) b on true
  cross join lateral (
    select ${windows.map(within).join(",\n      ")}
    from (
      select date, lag(date) over w as before, pulls_total - lag(pulls_total) over w as diff
      from repo_docker_pulls_daily
      where image_name = i.name and pulls_total is not null and date >= coalesce(b.day, l.day - ${longest})
      window w as (order by date)
    ) h
  ) w
  order by i.name
  on conflict (image_name) do update
    set as_of = excluded.as_of, days_7 = excluded.days_7, days_30 = excluded.days_30, days_90 = excluded.days_90
    where (g.as_of, g.days_7, g.days_30, g.days_90)
      is distinct from (excluded.as_of, excluded.days_7, excluded.days_30, excluded.days_90)`

/** Brings the growth of these images up to date; to be called in the transaction that wrote their history. */
export const writeGrowth = (sql: SqlClient, images: Iterable<string>) =>
  sql.unsafe(growthOf("select jsonb_array_elements_text($1::jsonb)"), [JSON.stringify([...new Set(images)])])
