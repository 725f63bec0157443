/**
 * Which images the catalog is about, and what people say of them.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Array, Clock, Effect, Either, Option, Schema } from "effect"
import {
  type CatalogName,
  isOfficial,
  noWords,
  parseName,
  type Visibility,
  type Words
} from "../../../domain/CatalogImage.js"
import { fullName, parse } from "../../../domain/GitHubRepository.js"
import { type OfficialImage, officialImages } from "../../../domain/OfficialImages.js"
import { findable, storable } from "../../../domain/StorableText.js"
import type { CatalogOrigin, ImageCatalog } from "../../../services/ImageCatalog.js"
import { instant, rowOf, rowsOf, transient } from "../core.js"
import { inTransaction } from "../errors.js"
import { maybeText, texts, wordColumns, WordFields, wordsOf } from "./core.js"

type Service = ImageCatalog["Type"]

const Name = Schema.Struct({ image: Schema.String })
const Count = Schema.Struct({ count: Schema.Int })
const Official = Schema.Struct({
  name: Schema.String,
  repositories: Schema.Array(Schema.String),
  architectures: Schema.Array(Schema.String)
})
const WordRow = Schema.Struct(WordFields)

interface Wanted {
  readonly name: CatalogName
  readonly origin: CatalogOrigin
}

const distinct = (
  wanted: ReadonlyArray<Wanted>
): ReadonlyArray<Wanted> => [...new Map(wanted.map((one) => [one.name.image, one])).values()]

const officialText = ({ architectures, repositories }: OfficialImage) =>
  JSON.stringify([repositories.map(fullName), architectures])

/** Adding, removing, wanting, the official list, and words. */
export const makeWanted = (sql: SqlClient) => {
  const input = (wanted: ReadonlyArray<Wanted>) =>
    sql`jsonb_to_recordset(${
      JSON.stringify(
        distinct(wanted).map(({ name, origin }) => ({
          ...name,
          official: isOfficial(name),
          origin
        }))
      )
    }::jsonb) as x (image text, registry text, repository text, official boolean, origin text)`

  // Rows that are there keep what they have; what a person adds is theirs from then on, and comes back if it was removed.
  const insert = (wanted: ReadonlyArray<Wanted>, as: Visibility, now: number) =>
    Effect.gen(function*() {
      const { count } = yield* rowOf(Count)(sql`
        with added as (
          insert into catalog_images (image_name, registry, repository, official, origin, visibility, added_at)
          select image, registry, repository, official, origin, ${as}, ${instant(sql, now)} from ${input(wanted)}
          order by image
          on conflict (image_name) do nothing returning 1
        ) select count(*)::int as count from added`)
      yield* sql`insert into catalog_state (image_name) select image from ${input(wanted)} order by image
        on conflict do nothing`
      return count
    })

  const add: Service["add"] = Effect.fn("ImageCatalog.add")(
    function*(images: ReadonlyArray<CatalogName>, as: Visibility) {
      const now = yield* Clock.currentTimeMillis
      const wanted = distinct(images.map((name) => ({ name, origin: "person" })))
      return yield* inTransaction(sql)(Effect.gen(function*() {
        const back = yield* rowOf(Count)(sql`
          with back as (
            update catalog_images set removed_at = null, origin = 'person'
            where removed_at is not null and image_name in (select image from ${input(wanted)}) returning 1
          ) select count(*)::int as count from back`)
        const added = yield* insert(wanted, as, now)
        yield* sql`update catalog_images i set origin = 'person' from ${input(wanted)}
          where i.image_name = x.image and i.origin <> 'person'`
        yield* sql`update catalog_state s set tracked = true from ${input(wanted)}
          where s.image_name = x.image and not s.tracked`
        const all = added + back.count
        return { added: all, known: wanted.length - all }
      }))
    },
    transient
  )

  const remove: Service["remove"] = Effect.fn("ImageCatalog.remove")(
    function*(images: ReadonlyArray<CatalogName>) {
      const now = yield* Clock.currentTimeMillis
      const names = texts(sql, images.map(({ image }) => image))
      const removed = yield* inTransaction(sql)(Effect.gen(function*() {
        const rows = yield* rowsOf(Name)(sql`
          update catalog_images set removed_at = ${instant(sql, now)}, description = '', full_description = '',
            logo = null, categories = '{}', repositories = '{}', licence = null, source = null, registered_at = null,
            platforms = '{}', tag_count = null
          where removed_at is null and image_name = any(${names}) returning image_name as image`)
        const gone = texts(sql, rows.map(({ image }) => image))
        yield* sql`delete from catalog_tag_digests where image_name = any(${gone})`
        yield* sql`delete from catalog_tags where image_name = any(${gone})`
        yield* sql`delete from catalog_state where image_name = any(${gone})`
        yield* sql`insert into catalog_state (image_name, tracked) select unnest(${gone}), false`
        return new Set(rows.map(({ image }) => image))
      }))
      return {
        removed: removed.size,
        unknown: [...new Set(images.map(({ image }) => image))].filter((image) => !removed.has(image))
      }
    },
    transient
  )

  const linked = Effect.map(
    rowsOf(Name)(sql`
      select distinct l.image_name as image from repo_docker_links l left join repo_docker d on d.image_name = l.image_name
      where l.unseen_since is null and d.gone_at is null
        and not exists (select 1 from catalog_images i where i.image_name = l.image_name)`),
    Array.filterMap(({ image }) =>
      Option.map(Either.getRight(parseName(image)), (name): Wanted => ({ name, origin: "links" }))
    )
  )

  const want: Service["want"] = Effect.fn("ImageCatalog.want")(
    function*(wanted: ReadonlyArray<Wanted>, options: { readonly fromLinks: boolean; readonly as: Visibility }) {
      const now = yield* Clock.currentTimeMillis
      return yield* inTransaction(sql)(Effect.gen(function*() {
        const more = options.fromLinks ? yield* linked : []
        const added = yield* insert([...more, ...wanted], options.as, now)
        yield* sql`with verdict as (
            select i.image_name, i.removed_at is null and (i.origin = 'person' or x.image is not null
              or (i.origin = 'links' and ${options.fromLinks})) as tracked
            from catalog_images i left join ${input(wanted)} on x.image = i.image_name
          )
          update catalog_state s set tracked = v.tracked from verdict v
          where v.image_name = s.image_name and s.tracked <> v.tracked`
        return added
      }))
    },
    transient
  )

  const storedOfficial = Effect.map(
    rowsOf(Official)(sql`select name, repositories, architectures from catalog_official order by name collate "C"`),
    (rows): ReadonlyArray<OfficialImage> =>
      rows.length === 0
        ? officialImages
        : rows.map((row) => ({
          ...row,
          repositories: row.repositories.flatMap((text) => Option.toArray(Either.getRight(parse(text))))
        }))
  )

  const official: Service["official"] = transient(storedOfficial).pipe(Effect.withSpan("ImageCatalog.official"))

  const replaceOfficial: Service["replaceOfficial"] = Effect.fn("ImageCatalog.replaceOfficial")(
    function*(images: ReadonlyArray<OfficialImage>) {
      return yield* inTransaction(sql)(Effect.gen(function*() {
        const before = new Map((yield* storedOfficial).map((image) => [image.name, officialText(image)]))
        const after = new Map(images.map((image) => [image.name, officialText(image)]))
        yield* sql`delete from catalog_official`
        yield* sql`insert into catalog_official (name, repositories, architectures)
          select name, repositories, architectures from jsonb_to_recordset(${
          JSON.stringify(images.map((image) => ({ ...image, repositories: image.repositories.map(fullName) })))
        }::jsonb) as x (name text, repositories text[], architectures text[])`
        return {
          added: [...after.keys()].filter((name) => !before.has(name)).length,
          changed: [...after].filter(([name, now]) => before.has(name) && before.get(name) !== now).length,
          removed: [...before.keys()].filter((name) => !after.has(name)).length
        }
      }))
    },
    transient
  )

  const say: Service["say"] = Effect.fn("ImageCatalog.say")(
    function*(name: CatalogName, tag: Option.Option<string>, change: (words: Words) => Words) {
      const now = yield* Clock.currentTimeMillis
      const tagName = findable(Option.getOrElse(tag, () => ""))
      return yield* inTransaction(sql)(Effect.gen(function*() {
        const there = yield* rowsOf(Name)(sql`
          select i.image_name as image from catalog_images i
          where i.image_name = ${findable(name.image)} and i.removed_at is null and (${tagName} = '' or exists (
            select 1 from catalog_tags t where t.image_name = i.image_name and t.tag = ${tagName}))
          for update of i`)
        if (there.length === 0) return false
        const rows = yield* rowsOf(WordRow)(sql`
          select ${wordColumns(sql)} from catalog_words w where w.image_name = ${name.image} and w.tag = ${tagName}`)
        const words = change(rows[0] === undefined ? noWords : wordsOf(rows[0]))
        yield* sql`insert into catalog_words
            (image_name, tag, title, notes, labels, publisher, licence, visibility, changed_at)
          values (${name.image}, ${tagName}, ${maybeText(words.title)}, ${maybeText(words.notes)},
            ${texts(sql, words.labels.map(storable))}, ${maybeText(words.publisher)}, ${maybeText(words.licence)},
            ${Option.getOrNull(words.visibility)}, ${instant(sql, now)})
          on conflict (image_name, tag) do update set title = excluded.title, notes = excluded.notes,
            labels = excluded.labels, publisher = excluded.publisher, licence = excluded.licence,
            visibility = excluded.visibility, changed_at = excluded.changed_at`
        return true
      }))
    },
    transient
  )

  return { add, remove, want, official, replaceOfficial, say }
}
