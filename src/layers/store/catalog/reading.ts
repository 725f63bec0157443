/**
 * Reading the catalog, page by page in the order of an index.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Chunk, Effect, Option, Schema, Stream } from "effect"
import type { CatalogName } from "../../../domain/CatalogImage.js"
import { Digest } from "../../../domain/Digest.js"
import type { Transient } from "../../../domain/Errors.js"
import { findable } from "../../../domain/StorableText.js"
import { UtcDay } from "../../../domain/UtcDay.js"
import type {
  CatalogEntry,
  CatalogFilter,
  CatalogPage,
  CatalogTag,
  ImageCatalog,
  PageOptions,
  TagDigest
} from "../../../services/ImageCatalog.js"
import { instant, transient } from "../core.js"
import { type RawRow, readable, textOf } from "../unreadable.js"
import {
  MaybeMillis,
  MaybeText,
  millis,
  nameFields,
  nameOfRow,
  tagColumns,
  TagFields,
  tagNaming,
  texts,
  VisibilityText,
  wordColumns,
  WordFields,
  wordsOf
} from "./core.js"
import { historyMark, pageSize, readHistoryMark, readTagMark, tagMark } from "./marks.js"

type Service = ImageCatalog["Type"]

const EntryRow = Schema.Struct({
  ...nameFields,
  ...WordFields,
  official: Schema.Boolean,
  origin: Schema.Literal("person", "setting", "official", "links"),
  visibility: VisibilityText,
  description: Schema.String,
  fullDescription: Schema.String,
  logo: MaybeText,
  categories: Schema.Array(Schema.String),
  repositories: Schema.Array(Schema.String),
  licence: MaybeText,
  source: MaybeText,
  registered: MaybeMillis,
  platforms: Schema.Array(Schema.String),
  pulls: Schema.OptionFromNullOr(Schema.BigInt),
  stars: Schema.OptionFromNullOr(Schema.Int),
  lastUpdated: MaybeMillis,
  tags: Schema.Int,
  tagCount: Schema.OptionFromNullOr(Schema.Int),
  lookedAt: MaybeMillis,
  goneSince: Schema.OptionFromNullOr(UtcDay),
  attempts: Schema.Int,
  lastError: MaybeText
})

const TagRow = Schema.Struct({
  ...WordFields,
  ...TagFields,
  firstSeen: Schema.Number,
  goneSince: MaybeMillis
})

const HistoryRow = Schema.Struct({ tag: Schema.String, digest: Digest, since: Schema.Number, until: MaybeMillis })

const entryOf = (row: typeof EntryRow.Type): CatalogEntry => {
  const { image, registry, repository, wLabels, wLicence, wNotes, wPublisher, wTitle, wVisibility, ...rest } = row
  return {
    ...rest,
    name: nameOfRow({ image, registry, repository }),
    words: wordsOf({ wLabels, wLicence, wNotes, wPublisher, wTitle, wVisibility })
  }
}

const tagOf = (row: typeof TagRow.Type): CatalogTag => {
  const { wLabels, wLicence, wNotes, wPublisher, wTitle, wVisibility, ...rest } = row
  return { ...rest, words: wordsOf({ wLabels, wLicence, wNotes, wPublisher, wTitle, wVisibility }) }
}

// The next page begins behind the last row, also where that cannot be read.
const paged = <A>(
  raw: ReadonlyArray<RawRow>,
  limit: number,
  items: ReadonlyArray<A>,
  mark: (row: RawRow) => string
): CatalogPage<A> => {
  const last = raw.at(-1)
  return { items, next: last !== undefined && raw.length === limit ? Option.some(mark(last)) : Option.none() }
}

const numberOf = (row: RawRow, column: string): Option.Option<number> =>
  Option.filter(Option.some(row[column]), (value) => typeof value === "number")

const tagsAtOnce = 500

const all = <A>(page: (after: string | undefined) => Effect.Effect<CatalogPage<A>, Transient>) =>
  Stream.paginateChunkEffect(
    undefined,
    (after: string | undefined) =>
      Effect.map(page(after), ({ items, next }) => [Chunk.fromIterable(items), next] as const)
  )

/** `list`, `image`, `tags`, `history` and `everything` of the catalog. */
export const makeReading = (sql: SqlClient) => {
  const entries = sql`
    select i.image_name as image, i.registry, i.repository, i.official, i.origin,
      coalesce(w.visibility, i.visibility) as visibility, i.description, i.full_description as "fullDescription", i.logo,
      i.categories, i.repositories, i.licence, i.source, ${millis(sql, "i.registered_at")} as registered, i.platforms,
      d.pulls::text as pulls, d.stars, ${millis(sql, "d.last_updated")} as "lastUpdated",
      (select count(*)::int from catalog_tags t where t.image_name = i.image_name and t.gone_at is null) as tags,
      i.tag_count as "tagCount", ${millis(sql, "s.looked_at")} as "lookedAt",
      case when s.gone_at is not null then to_char(s.missing_since, 'YYYY-MM-DD') end as "goneSince",
      coalesce(s.attempts, 0) as attempts, s.last_error as "lastError", ${wordColumns(sql)}
    from catalog_images i
      left join catalog_state s on s.image_name = i.image_name
      left join catalog_words w on w.image_name = i.image_name and w.tag = ''
      left join repo_docker d on d.image_name = i.image_name`

  const readEntries = readable(EntryRow, { job: "catalog", key: (row) => textOf(row, "image") })
  const readTags = readable(TagRow, tagNaming)
  const readHistory = readable(HistoryRow, tagNaming)

  const searched = (search: string | undefined) =>
    search === undefined || search === ""
      ? sql`true`
      : sql`strpos(lower(concat_ws(' ', i.image_name, w.title, i.description, array_to_string(w.labels, ' '),
          array_to_string(i.categories, ' '))), ${findable(search.toLowerCase())}) > 0`

  const list: Service["list"] = Effect.fn("ImageCatalog.list")(function*(filter: CatalogFilter, page?: PageOptions) {
    const limit = pageSize(page)
    const { official, platform, search, visibility = ["published", "draft"] } = filter
    const raw = yield* sql`${entries}
      where i.removed_at is null and i.image_name collate "C" > ${findable(page?.after ?? "")}
        and coalesce(w.visibility, i.visibility) = any(${texts(sql, visibility)})
        and ${official === undefined ? sql`true` : sql`i.official = ${official}`}
        and ${platform === undefined ? sql`true` : sql`${findable(platform)} = any(i.platforms)`}
        and ${searched(search)}
      order by i.image_name collate "C" limit ${limit}`
    return paged(raw, limit, (yield* readEntries(raw)).map(entryOf), (row) => textOf(row, "image"))
  }, transient)

  const image: Service["image"] = Effect.fn("ImageCatalog.image")(function*(name: CatalogName) {
    const rows = yield* readEntries(
      yield* sql`${entries} where i.removed_at is null and i.image_name = ${findable(name.image)}`
    )
    return Option.map(Option.fromNullable(rows[0]), entryOf)
  }, transient)

  const tags: Service["tags"] = Effect.fn("ImageCatalog.tags")(
    function*(name: string, page?: Parameters<Service["tags"]>[1]) {
      const limit = pageSize(page)
      const after = readTagMark(page?.after)
      const pushed = sql`coalesce(t.pushed_at, '-infinity'::timestamptz)`
      const mark = after?.pushed === undefined ? sql`'-infinity'::timestamptz` : instant(sql, after.pushed)
      const raw = yield* sql`
        select t.image_name as image, ${tagColumns(sql)}, ${millis(sql, "t.first_seen")} as "firstSeen", ${
        millis(sql, "t.gone_at")
      } as "goneSince", ${wordColumns(sql)}
        from catalog_tags t left join catalog_words w on w.image_name = t.image_name and w.tag = t.tag
        where t.image_name = ${findable(name)}
          and ${page?.gone === true ? sql`true` : sql`t.gone_at is null`}
          and ${page?.platform === undefined ? sql`true` : sql`${findable(page.platform)} = any(t.platforms)`}
          and ${
        after === undefined
          ? sql`true`
          : sql`(${pushed} < ${mark} or (${pushed} = ${mark} and t.tag > ${findable(after.tag)}))`
      }
        order by ${pushed} desc, t.tag limit ${limit}`
      return paged(
        raw,
        limit,
        (yield* readTags(raw)).map(tagOf),
        (row) => tagMark(numberOf(row, "pushed"), textOf(row, "tag"))
      )
    },
    transient
  )

  const history: Service["history"] = Effect.fn("ImageCatalog.history")(
    function*(name: string, tag: Option.Option<string>, page?: PageOptions) {
      const limit = pageSize(page)
      const after = readHistoryMark(page?.after)
      const raw = yield* sql`
        select d.image_name as image, d.tag, d.digest, ${millis(sql, "d.since")} as since, ${
        millis(sql, "d.until")
      } as until
        from catalog_tag_digests d
        where d.image_name = ${findable(name)}
          and ${Option.match(tag, { onNone: () => sql`true`, onSome: (tag) => sql`d.tag = ${findable(tag)}` })}
          and ${
        after === undefined
          ? sql`true`
          : sql`(d.tag > ${findable(after.tag)} or (d.tag = ${findable(after.tag)} and d.since < ${
            instant(sql, after.since)
          }))`
      }
        order by d.tag, d.since desc limit ${limit}`
      const items: ReadonlyArray<TagDigest> = yield* readHistory(raw)
      return paged(
        raw,
        limit,
        items,
        (row) => historyMark(textOf(row, "tag"), Option.getOrElse(numberOf(row, "since"), () => 0))
      )
    },
    transient
  )

  const everything: Service["everything"] = (filter) =>
    all((after) => list(filter, { after })).pipe(
      Stream.flatMap((image) =>
        Stream.map(
          all((after) => tags(image.name.image, { after, limit: tagsAtOnce })),
          (tag) => ({ image, tag })
        )
      )
    )

  return { list, image, tags, history, everything }
}
