/**
 * The tables of the catalog in memory. Times are epoch milliseconds.
 */
import { Option } from "effect"
import type { CatalogName, FoundImage, FoundTag, Visibility, Words } from "../../../domain/CatalogImage.js"
import type { Digest } from "../../../domain/Digest.js"
import type { OfficialImage } from "../../../domain/OfficialImages.js"
import type { UtcDay } from "../../../domain/UtcDay.js"
import type { CatalogOrigin, ClaimedEntry } from "../../../services/ImageCatalog.js"

export interface TagRow extends FoundTag {
  readonly firstSeen: number
  readonly missingSince: Option.Option<number>
  readonly goneSince: Option.Option<number>
  /** The latest last. */
  readonly digests: ReadonlyArray<{
    readonly digest: Digest
    readonly since: number
    readonly until: Option.Option<number>
  }>
}

/** An image with its state and its tags. */
export interface EntryRow extends FoundImage {
  readonly name: CatalogName
  readonly origin: CatalogOrigin
  readonly visibility: Visibility
  readonly removed: boolean
  readonly tracked: boolean
  readonly repositories: ReadonlyArray<string>
  readonly tagCount: Option.Option<number>
  readonly dueAt: number
  readonly notBefore: number
  readonly holder: string
  readonly leasedUntil: number
  readonly attempts: number
  readonly lastError: Option.Option<string>
  readonly lookedAt: Option.Option<number>
  readonly fetchedAt: Option.Option<number>
  readonly missingSince: Option.Option<UtcDay>
  readonly gone: boolean
  readonly listing: ClaimedEntry["listing"]
  readonly missing: number
  readonly tags: ReadonlyMap<string, TagRow>
}

/** What several catalogs may share, as several processes share a database. */
export interface CatalogTables {
  readonly entries: Map<string, EntryRow>
  /** By image, a NUL and the tag; an image's own under the empty tag. */
  readonly words: Map<string, Words>
  readonly passes: Map<string, { readonly since: number; readonly until: number }>
  official: ReadonlyArray<OfficialImage>
}

/** Tables without rows. */
export const emptyCatalog = (): CatalogTables => ({
  entries: new Map(),
  words: new Map(),
  passes: new Map(),
  official: []
})

const nothingFound: FoundImage = {
  description: "",
  fullDescription: "",
  logo: Option.none(),
  categories: [],
  registered: Option.none(),
  licence: Option.none(),
  source: Option.none()
}

/** An image that was never looked at. */
export const newEntry = (name: CatalogName, origin: CatalogOrigin, visibility: Visibility): EntryRow => ({
  ...nothingFound,
  name,
  origin,
  visibility,
  removed: false,
  tracked: true,
  repositories: [],
  tagCount: Option.none(),
  dueAt: -Infinity,
  notBefore: -Infinity,
  holder: "",
  leasedUntil: -Infinity,
  attempts: 0,
  lastError: Option.none(),
  lookedAt: Option.none(),
  fetchedAt: Option.none(),
  missingSince: Option.none(),
  gone: false,
  listing: Option.none(),
  missing: 0,
  tags: new Map()
})

/** Where the words about an image or a tag stand. */
export const wordsKey = (image: string, tag: string): string => `${image}\u0000${tag}`
