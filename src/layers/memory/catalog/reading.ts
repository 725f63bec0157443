/**
 * Reading the catalog in memory.
 */
import { Chunk, Effect, Option, Stream } from "effect"
import { type CatalogName, isOfficial, noWords } from "../../../domain/CatalogImage.js"
import type {
  CatalogEntry,
  CatalogFilter,
  CatalogPage,
  CatalogTag,
  ImageCatalog,
  PageOptions
} from "../../../services/ImageCatalog.js"
import { historyMark, pageSize, readHistoryMark, readTagMark, tagMark } from "../../store/catalog/marks.js"
import { byText, type Tables } from "../store/tables.js"
import { type EntryRow, type TagRow, wordsKey } from "./tables.js"

type Service = ImageCatalog["Type"]

const paged = <A>(
  all: ReadonlyArray<A>,
  page: PageOptions | undefined,
  mark: (item: A) => string
): CatalogPage<A> => {
  const items = all.slice(0, pageSize(page))
  const last = items.at(-1)
  return {
    items,
    next: last !== undefined && items.length === pageSize(page) ? Option.some(mark(last)) : Option.none()
  }
}

const pushedOf = ({ pushed }: { readonly pushed: Option.Option<number> }) => Option.getOrElse(pushed, () => -Infinity)

const newestFirst = (
  a: { readonly pushed: Option.Option<number>; readonly tag: string },
  b: { readonly pushed: Option.Option<number>; readonly tag: string }
): number => pushedOf(a) === pushedOf(b) ? byText(a.tag, b.tag) : pushedOf(a) < pushedOf(b) ? 1 : -1

const present = (row: EntryRow) => [...row.tags.values()].filter(({ goneSince }) => Option.isNone(goneSince))

const matches = ({ official, platform, search = "", visibility = ["published", "draft"] }: CatalogFilter) => {
  const wanted = search.toLowerCase()
  return (entry: CatalogEntry): boolean => {
    const words = [Option.getOrElse(entry.words.title, () => ""), ...entry.words.labels, ...entry.categories]
    return visibility.includes(entry.visibility) &&
      (official === undefined || entry.official === official) &&
      (platform === undefined || entry.platforms.includes(platform)) &&
      [entry.name.image, entry.description, ...words].join(" ").toLowerCase().includes(wanted)
  }
}

/** `list`, `image`, `tags`, `history` and `everything` of the catalog. */
export const makeReading = (tables: Tables) => {
  const { catalog } = tables

  const entryOf = (row: EntryRow): CatalogEntry => {
    const counted = Option.fromNullable(tables.images.get(row.name.image))
    const words = catalog.words.get(wordsKey(row.name.image, "")) ?? noWords
    const tags = present(row)
    return {
      name: row.name,
      official: isOfficial(row.name),
      words,
      visibility: Option.getOrElse(words.visibility, () => row.visibility),
      origin: row.origin,
      description: row.description,
      fullDescription: row.fullDescription,
      logo: row.logo,
      categories: row.categories,
      repositories: row.repositories,
      licence: row.licence,
      source: row.source,
      registered: row.registered,
      pulls: Option.flatMap(counted, ({ pulls }) => pulls),
      stars: Option.flatMap(counted, ({ stars }) => stars),
      lastUpdated: Option.flatMap(counted, ({ lastUpdated }) => lastUpdated),
      platforms: [...new Set(tags.flatMap(({ platforms }) => platforms.map(({ platform }) => platform)))].sort(byText),
      tags: tags.length,
      tagCount: row.tagCount,
      lookedAt: row.lookedAt,
      goneSince: row.gone ? row.missingSince : Option.none(),
      attempts: row.attempts,
      lastError: row.lastError
    }
  }

  const list: Service["list"] = Effect.fn("ImageCatalog.list")((filter: CatalogFilter, page?: PageOptions) =>
    Effect.sync(() =>
      paged(
        [...catalog.entries.values()]
          .filter((row) => !row.removed && row.name.image > (page?.after ?? ""))
          .sort((a, b) => byText(a.name.image, b.name.image))
          .map(entryOf)
          .filter(matches(filter)),
        page,
        ({ name }) => name.image
      )
    )
  )

  const image: Service["image"] = Effect.fn("ImageCatalog.image")((name: CatalogName) =>
    Effect.sync(() =>
      Option.fromNullable(catalog.entries.get(name.image)).pipe(
        Option.filter((row) => !row.removed),
        Option.map(entryOf)
      )
    )
  )

  const tagOf = (image: string, row: TagRow): CatalogTag => {
    const { digests: _digests, missingSince: _missingSince, ...tag } = row
    return { ...tag, words: catalog.words.get(wordsKey(image, row.tag)) ?? noWords }
  }

  const tags: Service["tags"] = Effect.fn("ImageCatalog.tags")(
    (image: string, page?: Parameters<Service["tags"]>[1]) =>
      Effect.sync(() => {
        const after = readTagMark(page?.after)
        const mark = after === undefined
          ? undefined
          : { pushed: Option.fromNullable(after.pushed), tag: after.tag }
        const rows = [...catalog.entries.get(image)?.tags.values() ?? []]
          .filter(({ goneSince }) => page?.gone === true || Option.isNone(goneSince))
          .filter(({ platforms }) =>
            page?.platform === undefined || platforms.some(({ platform }) => platform === page.platform)
          )
          .sort(newestFirst)
          .filter((row) => mark === undefined || newestFirst(mark, row) < 0)
        return paged(rows.map((row) => tagOf(image, row)), page, ({ pushed, tag }) => tagMark(pushed, tag))
      })
  )

  const history: Service["history"] = Effect.fn("ImageCatalog.history")(
    (image: string, tag: Option.Option<string>, page?: PageOptions) =>
      Effect.sync(() => {
        const after = readHistoryMark(page?.after)
        const rows = [...catalog.entries.get(image)?.tags.values() ?? []]
          .filter((row) => Option.match(tag, { onNone: () => true, onSome: (tag) => row.tag === tag }))
          .sort((a, b) => byText(a.tag, b.tag))
          .flatMap((row) => [...row.digests].reverse().map((one) => ({ tag: row.tag, ...one })))
          .filter((one) =>
            after === undefined || one.tag > after.tag || (one.tag === after.tag && one.since < after.since)
          )
        return paged(rows, page, ({ since, tag }) => historyMark(tag, since))
      })
  )

  const everything: Service["everything"] = (filter) =>
    Stream.suspend(() =>
      Stream.fromIterable(
        [...catalog.entries.values()]
          .filter((row) => !row.removed)
          .sort((a, b) => byText(a.name.image, b.name.image))
          .filter((row) => matches(filter)(entryOf(row)))
      )
    ).pipe(
      Stream.flatMap((row) =>
        Stream.fromChunk(Chunk.fromIterable(
          present(row).sort(newestFirst).map((tag) => ({ image: entryOf(row), tag: tagOf(row.name.image, tag) }))
        ))
      )
    )

  return { list, image, tags, history, everything }
}
