/**
 * Which images the catalog in memory is about, who looks at them, and what people say.
 */
import { Clock, Duration, Effect, Either, Option } from "effect"
import { type CatalogName, noWords, parseName, type Visibility, type Words } from "../../../domain/CatalogImage.js"
import { fullName } from "../../../domain/GitHubRepository.js"
import { dockerHub } from "../../../domain/ImageReference.js"
import { type OfficialImage, officialImages } from "../../../domain/OfficialImages.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { CatalogClaim, CatalogOrigin, ClaimedEntry, ImageCatalog } from "../../../services/ImageCatalog.js"
import { byText, type Tables } from "../store/tables.js"
import { type EntryRow, newEntry, wordsKey } from "./tables.js"

type Service = ImageCatalog["Type"]

const officialText = ({ architectures, repositories }: OfficialImage) =>
  JSON.stringify([repositories.map(fullName), architectures])

const distinct = (names: ReadonlyArray<CatalogName>) => [...new Map(names.map((name) => [name.image, name])).values()]

const chosen = (which: CatalogClaim["which"], now: number) => (row: EntryRow): boolean => {
  if (row.removed) return false
  if (which._tag === "due") return row.tracked && row.dueAt <= now && row.notBefore <= now
  const open = Option.match(row.lookedAt, { onNone: () => true, onSome: (at) => at < which.since })
  return which._tag === "all"
    ? row.tracked && row.notBefore <= now && open
    : which.images.includes(row.name.image) && open
}

/** The parts of the catalog that decide what is looked at, by whom. */
export const makeWanted = (tables: Tables, holder: string) => {
  const { catalog } = tables

  const put = (row: EntryRow) => catalog.entries.set(row.name.image, row)

  const insert = (name: CatalogName, origin: CatalogOrigin, as: Visibility): number => {
    if (catalog.entries.has(name.image)) return 0
    put(newEntry(name, origin, as))
    return 1
  }

  const add: Service["add"] = Effect.fn("ImageCatalog.add")((images: ReadonlyArray<CatalogName>, as: Visibility) =>
    Effect.sync(() => {
      const names = distinct(images)
      let added = 0
      for (const name of names) {
        const row = catalog.entries.get(name.image)
        if (row === undefined || row.removed) added += 1
        put({ ...row ?? newEntry(name, "person", as), origin: "person", removed: false, tracked: true })
      }
      return { added, known: names.length - added }
    })
  )

  const remove: Service["remove"] = Effect.fn("ImageCatalog.remove")((images: ReadonlyArray<CatalogName>) =>
    Effect.sync(() => {
      const unknown: Array<string> = []
      let removed = 0
      for (const { image } of distinct(images)) {
        const row = catalog.entries.get(image)
        if (row === undefined || row.removed) unknown.push(image)
        else {
          removed += 1
          put({ ...newEntry(row.name, row.origin, row.visibility), removed: true, tracked: false })
        }
      }
      return { removed, unknown }
    })
  )

  const linked = (): ReadonlyArray<CatalogName> =>
    [...tables.links.values()].flatMap(({ image, unseenSince }) =>
      Option.isSome(unseenSince) || tables.images.get(image)?.gone === true
        ? []
        : Option.toArray(Either.getRight(parseName(image)))
    )

  const want: Service["want"] = Effect.fn("ImageCatalog.want")((
    wanted: ReadonlyArray<{ readonly name: CatalogName; readonly origin: CatalogOrigin }>,
    options: { readonly fromLinks: boolean; readonly as: Visibility }
  ) =>
    Effect.sync(() => {
      let added = 0
      for (const { name, origin } of wanted) added += insert(name, origin, options.as)
      if (options.fromLinks) { for (const name of linked()) added += insert(name, "links", options.as) }
      const names = new Set(wanted.map(({ name }) => name.image))
      for (const row of catalog.entries.values()) {
        const tracked = !row.removed && (row.origin === "person" || names.has(row.name.image) ||
          (row.origin === "links" && options.fromLinks))
        if (tracked !== row.tracked) put({ ...row, tracked })
      }
      return added
    })
  )

  const official: Service["official"] = Effect.sync(() =>
    catalog.official.length === 0 ? officialImages : catalog.official
  )

  const replaceOfficial: Service["replaceOfficial"] = Effect.fn("ImageCatalog.replaceOfficial")(
    function*(images: ReadonlyArray<OfficialImage>) {
      const before = new Map((yield* official).map((image) => [image.name, officialText(image)]))
      const after = new Map(images.map((image) => [image.name, officialText(image)]))
      catalog.official = [...images].sort((a, b) => byText(a.name, b.name))
      return {
        added: [...after.keys()].filter((name) => !before.has(name)).length,
        changed: [...after].filter(([name, text]) => before.has(name) && before.get(name) !== text).length,
        removed: [...before.keys()].filter((name) => !after.has(name)).length
      }
    }
  )

  const say: Service["say"] = Effect.fn("ImageCatalog.say")((
    name: CatalogName,
    tag: Option.Option<string>,
    change: (words: Words) => Words
  ) =>
    Effect.sync(() => {
      const row = catalog.entries.get(name.image)
      const known = row !== undefined && !row.removed &&
        Option.match(tag, { onNone: () => true, onSome: (tag) => row.tags.has(tag) })
      const key = wordsKey(name.image, Option.getOrElse(tag, () => ""))
      if (known) catalog.words.set(key, change(catalog.words.get(key) ?? noWords))
      return known
    })
  )

  const entryOf = (row: EntryRow, now: number): ClaimedEntry => ({
    name: row.name,
    attempts: row.attempts,
    lookedAt: row.lookedAt,
    refreshed: row.fetchedAt.pipe(
      Option.filter((at) => dayOf(at) === dayOf(now) && at > Option.getOrElse(row.lookedAt, () => -Infinity)),
      Option.map((at) => ({
        at,
        lastUpdated: Option.flatMap(
          Option.fromNullable(tables.images.get(row.name.image)),
          ({ lastUpdated }) => lastUpdated
        )
      }))
    ),
    listing: row.listing,
    missing: row.missing,
    tags: row.name.registry === dockerHub
      ? []
      : [...row.tags.values()].filter((tag) =>
        Option.isSome(tag.digest) && Option.isNone(tag.goneSince) && tag.platforms.length > 0
      )
  })

  const claim: Service["claim"] = Effect.fn("ImageCatalog.claim")(function*(options: CatalogClaim) {
    const now = yield* Clock.currentTimeMillis
    const due = [...catalog.entries.values()]
      .filter((row) => chosen(options.which, now)(row) && row.leasedUntil <= now)
      .sort((a, b) => a.dueAt - b.dueAt || byText(a.name.image, b.name.image))
      .slice(0, options.limit)
    for (const row of due) put({ ...row, holder, leasedUntil: now + Duration.toMillis(options.lease) })
    return due.map((row) => entryOf(row, now))
  })

  const heldByOthers: Service["heldByOthers"] = Effect.fn("ImageCatalog.heldByOthers")(
    function*(which: CatalogClaim["which"]) {
      const now = yield* Clock.currentTimeMillis
      return [...catalog.entries.values()]
        .filter((row) => chosen(which, now)(row) && row.leasedUntil > now && row.holder !== holder).length
    }
  )

  const beginPass: Service["beginPass"] = Effect.fn("ImageCatalog.beginPass")(function*(lease: Duration.Duration) {
    const now = yield* Clock.currentTimeMillis
    for (const [other, pass] of catalog.passes) {
      if (pass.until <= now || other === holder) catalog.passes.delete(other)
    }
    const since = Math.min(now, ...[...catalog.passes.values()].map((pass) => pass.since))
    catalog.passes.set(holder, { since, until: now + Duration.toMillis(lease) })
    return since
  })

  const endPass: Service["endPass"] = Effect.sync(() => void catalog.passes.delete(holder))

  const held = (images: ReadonlyArray<string>) =>
    images.flatMap((image) => catalog.entries.get(image) ?? []).filter((row) => row.holder === holder)

  const extend: Service["extend"] = Effect.fn("ImageCatalog.extend")(
    function*(images: ReadonlyArray<string>, lease: Duration.Duration) {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(lease)
      const pass = catalog.passes.get(holder)
      if (pass !== undefined) catalog.passes.set(holder, { ...pass, until })
      for (const row of held(images)) put({ ...row, leasedUntil: until })
    }
  )

  const release: Service["release"] = Effect.fn("ImageCatalog.release")((images: ReadonlyArray<string>) =>
    Effect.sync(() => {
      for (const row of held(images)) put({ ...row, holder: "", leasedUntil: -Infinity })
    })
  )

  const undefer: Service["undefer"] = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const deferred = [...catalog.entries.values()].filter(({ notBefore }) => notBefore > now)
    for (const row of deferred) put({ ...row, notBefore: -Infinity })
    return deferred.length
  })

  return {
    add,
    remove,
    want,
    official,
    replaceOfficial,
    say,
    claim,
    heldByOthers,
    beginPass,
    endPass,
    extend,
    release,
    undefer
  }
}
