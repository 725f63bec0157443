/**
 * An image's row and its snapshot of the day, always written together; and images that are gone.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import type { ImageFacts } from "../../domain/Finding.js"
import { wrote } from "../../domain/telemetry.js"
import { addDays, dayOf } from "../../domain/UtcDay.js"
import { writeGrowth } from "./growth.js"

/** A definite answer about an image at an instant (epoch milliseconds). */
export interface SeenImage {
  readonly at: number
  readonly facts: ImageFacts
  /** The repository (by id) that publishes it: the row is made where there is none. Absent: known images only. */
  readonly repository?: string
}

const rowOf = ({ at, facts, repository }: SeenImage) => ({
  image: facts.image,
  at: at / 1000,
  day: dayOf(at),
  next: addDays(dayOf(at), 1),
  pulls: facts.pulls.toString(),
  stars: facts.stars,
  updated: Option.getOrNull(Option.map(facts.lastUpdated, (millis) => millis / 1000)),
  repository: repository ?? null
})

/**
 * Writes image rows and snapshots; to be called in a transaction, with the day's partition in place. What was seen
 * makes an image due on the next day, no longer missing, and nobody's.
 */
export const writeImages = (sql: SqlClient, seen: ReadonlyArray<SeenImage>) => {
  // Two repositories may have the same image; the later answer counts.
  const input = sql`(
    select distinct on (image) * from jsonb_to_recordset(${JSON.stringify(seen.map(rowOf))}::jsonb) as x (
      image text, at float8, day date, next date, pulls bigint, stars integer, updated float8, repository bigint)
    order by image, at desc)`
  return Effect.gen(function*() {
    if (seen.some(({ repository }) => repository !== undefined)) {
      yield* sql`insert into repo_docker
        (repo_id, image_name, pulls, stars, last_synced_at, last_updated, known_since, due_on)
      select r.id, x.image, x.pulls, x.stars, to_timestamp(x.at), to_timestamp(x.updated), x.day, x.next
      from ${input} x join repos r on r.id = x.repository order by x.image
      on conflict (image_name) do update set repo_id = coalesce(repo_docker.repo_id, excluded.repo_id)`
    }
    yield* sql`select d.id from repo_docker d join ${input} x on x.image = d.image_name
      order by d.image_name for no key update of d`
    yield* sql`update repo_docker d set
        pulls = x.pulls, stars = x.stars, last_synced_at = to_timestamp(x.at),
        last_updated = coalesce(to_timestamp(x.updated), d.last_updated), due_on = x.next,
        missing_since = null, gone_at = null,
        not_before = '-infinity', lease = null, attempts = 0, last_error = null
      from ${input} x where d.image_name = x.image`
    yield* sql`insert into repo_docker_pulls_daily (image_name, date, pulls_total)
      select x.image, x.day, x.pulls from ${input} x join repo_docker d on d.image_name = x.image order by x.image
      on conflict (image_name, date) do update set pulls_total = excluded.pulls_total`
    yield* writeGrowth(sql, seen.map(({ facts }) => facts.image))
    yield* wrote("repo_docker_pulls_daily", seen.length)
  })
}

/** A gone image is looked at again a week after it was marked, then every month. */
export const goneLook = { first: 7, later: 30 } as const

/** Locks the rows of known images, always in the same order. */
export const lockImages = (sql: SqlClient, images: ReadonlyArray<string>) =>
  sql`select id from repo_docker
    where image_name in (select value from jsonb_array_elements_text(${JSON.stringify(images)}::jsonb))
    order by image_name for no key update`

/**
 * Takes in that the Hub answered 404 for known images at an instant (epoch milliseconds). The first time is only
 * remembered; one on another day marks the image. `last_synced_at` stays: nothing was synced.
 */
export const markGone = (
  sql: SqlClient,
  looks: ReadonlyArray<{ readonly image: string; readonly at: number }>
) =>
  Effect.zipRight(
    lockImages(sql, looks.map(({ image }) => image)),
    sql`update repo_docker d set
        missing_since = coalesce(missing_since, x.day),
        gone_at = case when missing_since < x.day then coalesce(gone_at, to_timestamp(x.at)) else gone_at end,
        due_on = x.day + case
          when gone_at is not null then ${sql.literal(String(goneLook.later))}
          when missing_since < x.day then ${sql.literal(String(goneLook.first))}
          else 1 end,
        not_before = '-infinity', lease = null, attempts = 0, last_error = null
      from jsonb_to_recordset(${
      JSON.stringify(looks.map(({ at, image }) => ({ image, at: at / 1000, day: dayOf(at) })))
    }::jsonb) as x (image text, at float8, day date)
      where d.image_name = x.image`
  )
