/**
 * Reading images.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Chunk, Effect, Option, Schema, Stream } from "effect"
import type { Transient } from "../../domain/Errors.js"
import { findable } from "../../domain/StorableText.js"
import { UtcDay } from "../../domain/UtcDay.js"
import type { StoredImage } from "../../services/RepoDockerStore.js"
import { rowsOf, type StoreCore, transient } from "./core.js"

const pageSize = 500

/** The columns of an image as rows bring them. */
export const imageFields = {
  image: Schema.String,
  registry: Schema.String,
  pulls: Schema.OptionFromNullOr(Schema.BigInt),
  stars: Schema.OptionFromNullOr(Schema.Int),
  lastSyncedAt: Schema.Number,
  lastUpdated: Schema.OptionFromNullOr(Schema.Number),
  goneSince: Schema.OptionFromNullOr(UtcDay),
  repositories: Schema.Array(Schema.String),
  verified: Schema.Array(Schema.String)
}
const Stored = Schema.Struct(imageFields)

/**
 * Selects them of an image's row, which is called `d`. Two rows of `repos` may be one repository by now, under the same name.
 */
export const imageColumns = (sql: SqlClient) =>
  sql`
    d.image_name as image, d.registry, d.pulls::text as pulls, d.stars,
    round(extract(epoch from d.last_synced_at) * 1000)::float8 as "lastSyncedAt",
    round(extract(epoch from d.last_updated) * 1000)::float8 as "lastUpdated",
    case when d.gone_at is not null then to_char(d.missing_since, 'YYYY-MM-DD') end as "goneSince",
    array(
      select distinct r.owner || '/' || r.name
      from (
        select l.repo_id from repo_docker_links_shown l where l.image_name = d.image_name
        union
        select d.repo_id
        where not exists (select 1 from repo_docker_links l where l.repo_id = d.repo_id and l.image_name = d.image_name)
      ) p join repos r on r.id = p.repo_id
      where r.owner is not null and r.name is not null
      order by 1
    ) as repositories,
    array(
      select distinct r.owner || '/' || r.name from repo_docker_links_shown l join repos r on r.id = l.repo_id
      where l.image_name = d.image_name and l.verified order by 1
    ) as verified`

/** `images` and `image` of the store. */
export const makeImages = ({ sql }: StoreCore) => {
  const columns = imageColumns(sql)

  const page = (search: Option.Option<string>, after: Option.Option<string>) =>
    rowsOf(Stored)(sql`
      select ${columns} from repo_docker d
      where ${
      Option.match(after, { onNone: () => sql`true`, onSome: (name) => sql`d.image_name collate "C" > ${name}` })
    }
        and ${
      Option.match(search, {
        onNone: () => sql`true`,
        onSome: (text) => sql`strpos(lower(d.image_name), ${findable(text.toLowerCase())}) > 0`
      })
    }
      order by d.image_name collate "C" limit ${pageSize}`)

  const images = (filter: { readonly search: Option.Option<string> }): Stream.Stream<StoredImage, Transient> =>
    Stream.paginateChunkEffect(Option.none<string>(), (after) =>
      transient(page(filter.search, after)).pipe(
        Effect.map((rows) =>
          [
            Chunk.fromIterable(rows),
            Option.map(
              Option.filter(Option.fromNullable(rows.at(-1)), () => rows.length === pageSize),
              (last) => Option.some(last.image)
            )
          ] as const
        ),
        Effect.withSpan("RepoDockerStore.images")
      ))

  const image = Effect.fn("RepoDockerStore.image")(function*(name: string) {
    const rows = yield* rowsOf(Stored)(sql`select ${columns} from repo_docker d where d.image_name = ${findable(name)}`)
    return Option.fromNullable(rows[0])
  }, transient)

  return { images, image }
}
