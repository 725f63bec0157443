/**
 * Findings written to the catalog in memory.
 */
import { Effect, Option } from "effect"
import { type FoundImage, type FoundTag, isOfficial } from "../../../domain/CatalogImage.js"
import type { Digest } from "../../../domain/Digest.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type {
  CatalogChange,
  CatalogFinding,
  Counters,
  ImageCatalog,
  TagListing
} from "../../../services/ImageCatalog.js"
import { keepable } from "../../store/catalog/tagWrites.js"
import { goneLook } from "../../store/imageWrites.js"
import { noteDefect } from "../store/defects.js"
import { markedGone, seen } from "../store/findings.js"
import { newImage, type Tables } from "../store/tables.js"
import type { EntryRow, TagRow } from "./tables.js"

type Service = ImageCatalog["Type"]

const nothing: CatalogChange = { imageChanged: false, tagsAdded: 0, tagsMoved: 0, tagsGone: 0 }

const foundOf = ({ categories, description, fullDescription, licence, logo, registered, source }: FoundImage) => ({
  categories,
  description,
  fullDescription,
  licence,
  logo,
  registered,
  source
})

const sameDigest = (a: Option.Option<Digest>, b: Option.Option<Digest>) => Option.getOrNull(a) === Option.getOrNull(b)

// What a tag pointed to, with what it points to now.
const pointing = (row: TagRow | undefined, found: FoundTag, at: number): TagRow["digests"] => {
  const before = row?.digests ?? []
  if (Option.isNone(found.digest)) return before
  if (row !== undefined && Option.isNone(row.goneSince) && sameDigest(row.digest, found.digest)) return before
  const ends = before.map(({ since, until }) => Option.getOrElse(until, () => since))
  const last = Math.max(-Infinity, ...ends)
  const pushed = Option.match(found.pushed, { onNone: () => at, onSome: (pushed) => Math.min(pushed, at) })
  const since = pushed > last ? pushed : Math.max(at, last + 1)
  return [
    ...before.map((one) => Option.isNone(one.until) ? { ...one, until: Option.some(since) } : one),
    { digest: found.digest.value, since, until: Option.none() }
  ]
}

const merged = (row: TagRow | undefined, found: FoundTag, at: number): TagRow => {
  const digests = pointing(row, found, at)
  if (row === undefined) {
    return { ...found, firstSeen: at, missingSince: Option.none(), goneSince: Option.none(), digests }
  }
  const digest = Option.orElse(found.digest, () => row.digest)
  const silent = found.platforms.length === 0 && sameDigest(digest, row.digest)
  return {
    tag: row.tag,
    digest,
    mediaType: Option.orElse(found.mediaType, () => row.mediaType),
    size: Option.orElse(found.size, () => row.size),
    pushed: Option.orElse(found.pushed, () => row.pushed),
    platforms: silent ? row.platforms : found.platforms,
    attestations: silent ? row.attestations : found.attestations,
    firstSeen: row.firstSeen,
    missingSince: Option.none(),
    goneSince: Option.none(),
    digests
  }
}

const missed = (row: TagRow, at: number): TagRow =>
  Option.isNone(row.missingSince)
    ? { ...row, missingSince: Option.some(at) }
    : {
      ...row,
      goneSince: Option.some(at),
      digests: row.digests.map((one) =>
        Option.isNone(one.until) ? { ...one, until: Option.some(Math.max(at, one.since)) } : one
      )
    }

const writeTags = (entry: EntryRow, at: number, listing: TagListing) => {
  const tags = new Map(entry.tags)
  const counts = { added: 0, moved: 0, gone: 0, missing: 0 }
  const others = listing.others.filter(({ tag }) => tags.has(tag))
  for (const found of [...listing.tags, ...others]) {
    const before = tags.get(found.tag)
    if (before === undefined) counts.added += 1
    else if (
      Option.isSome(before.digest) && Option.isSome(found.digest) && before.digest.value !== found.digest.value
    ) {
      counts.moved += 1
    }
    tags.set(found.tag, merged(before, found, at))
  }
  const names = new Set(listing.names)
  for (const row of listing.complete ? tags.values() : []) {
    if (names.has(row.tag) || Option.isSome(row.goneSince)) continue
    counts[Option.isSome(row.missingSince) ? "gone" : "missing"] += 1
    tags.set(row.tag, missed(row, at))
  }
  return { tags, counts }
}

const textOf = (row: EntryRow): string => JSON.stringify([foundOf(row), row.repositories])

/** `record` of the catalog; counters go into the tables of the census. */
export const makeRecord = (tables: Tables) => {
  const { catalog } = tables

  const count = (image: string, at: number, { lastUpdated, pulls, stars }: Counters) => {
    if (pulls >= 2n ** 63n) return
    const before = tables.images.get(image) ?? newImage(image, dayOf(at))
    tables.images.set(image, seen(before, { image, pulls, stars, lastUpdated }, at))
  }

  const write = (entry: EntryRow, finding: CatalogFinding): CatalogChange => {
    const { at, claim, dueAt, failure, image, repositories } = finding
    const answer = Option.getOrUndefined(image)
    const day = dayOf(at)
    let row: EntryRow = { ...entry, holder: "", leasedUntil: -Infinity }
    if (answer?._tag === "Found") {
      if (Option.isSome(answer.counters)) count(claim.name.image, at, answer.counters.value)
      const official = isOfficial(claim.name)
      row = {
        ...row,
        ...foundOf(answer.found),
        repositories: official ? repositories : row.repositories,
        fetchedAt: Option.some(at),
        missingSince: Option.none(),
        gone: false
      }
    } else if (answer?._tag === "Gone") {
      const known = tables.images.get(claim.name.image)
      if (known !== undefined) tables.images.set(known.image, markedGone(known, day, goneLook))
      const since = Option.getOrElse(row.missingSince, () => day)
      row = { ...row, missingSince: Option.some(since), gone: row.gone || since < day }
    }
    row = Option.match(failure, {
      onNone: () => ({
        ...row,
        lookedAt: Option.some(at),
        dueAt,
        notBefore: -Infinity,
        attempts: 0,
        lastError: Option.none()
      }),
      onSome: ({ notBefore, reason }) => ({
        ...row,
        notBefore,
        attempts: row.attempts + 1,
        lastError: Option.some(reason.slice(0, 500))
      })
    })
    if (Option.isSome(failure)) noteDefect(tables, "catalog", claim.name.image, failure.value.reason, at)
    const written = Option.map(
      Option.map(finding.tags, keepable),
      (listing) => ({ listing, ...writeTags(row, at, listing) })
    )
    if (Option.isSome(written)) {
      const { counts, listing, tags } = written.value
      const { complete, updated, wanted } = listing
      row = {
        ...row,
        tags,
        tagCount: Option.some(listing.count),
        listing: Option.some({ at, updated, wanted, complete }),
        missing: counts.missing
      }
    }
    catalog.entries.set(claim.name.image, row)
    const { added, gone, moved } = Option.match(written, {
      onNone: () => ({ added: 0, moved: 0, gone: 0 }),
      onSome: ({ counts }) => counts
    })
    return { imageChanged: textOf(entry) !== textOf(row), tagsAdded: added, tagsMoved: moved, tagsGone: gone }
  }

  const record: Service["record"] = Effect.fn("ImageCatalog.record")((finding: CatalogFinding) =>
    Effect.sync(() => {
      const entry = catalog.entries.get(finding.claim.name.image)
      return entry === undefined || entry.removed || Option.exists(entry.lookedAt, (at) => at > finding.at)
        ? nothing
        : write(entry, finding)
    })
  )

  return { record }
}
