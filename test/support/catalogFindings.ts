/**
 * Short forms of what a sync finds, for tests of the catalog.
 */
import { Duration, Effect, Either, Option } from "effect"
import { type CatalogName, type FoundImage, type FoundTag, nameOnly, parseName } from "../../src/domain/CatalogImage.js"
import { type Digest, parse } from "../../src/domain/Digest.js"
import type { CatalogFinding, ClaimedEntry, ImageCatalog, TagListing } from "../../src/services/ImageCatalog.js"

export const name = (text: string): CatalogName => Either.getOrThrow(parseName(text))

/** A digest of one letter (`a` to `f`) or digit. */
export const digest = (letter: string): Digest => Either.getOrThrow(parse(`sha256:${letter.repeat(64)}`))

export const found = (more: Partial<FoundImage> = {}): FoundImage => ({
  description: "An image",
  fullDescription: "# An image",
  logo: Option.none(),
  categories: [],
  registered: Option.none(),
  licence: Option.none(),
  source: Option.none(),
  ...more
})

/** A tag that points to a digest, on these platforms. */
export const tag = (
  tag: string,
  letter: string,
  pushed: number | undefined,
  platforms: ReadonlyArray<string> = ["linux/amd64"]
): FoundTag => ({
  ...nameOnly(tag),
  digest: Option.some(digest(letter)),
  pushed: Option.fromNullable(pushed),
  size: Option.some(1_000),
  platforms: platforms.map((platform) => ({
    platform,
    osVersion: Option.none(),
    digest: Option.some(digest(letter)),
    size: Option.some(1_000),
    pushed: Option.fromNullable(pushed)
  }))
})

/** A listing of these tags and no others. */
export const listing = (tags: ReadonlyArray<FoundTag>, more: Partial<TagListing> = {}): TagListing => ({
  tags,
  others: [],
  names: tags.map(({ tag }) => tag),
  complete: true,
  count: tags.length,
  wanted: Option.some(10),
  updated: Option.none(),
  ...more
})

/** A look that found an image with 7 pulls and these tags. */
export const look = (
  claim: ClaimedEntry,
  at: number,
  tags: TagListing | undefined,
  more: Partial<CatalogFinding> = {}
): CatalogFinding => ({
  claim,
  at,
  image: Option.some({
    _tag: "Found",
    found: found(),
    counters: Option.some({ pulls: 7n, stars: 1, lastUpdated: Option.some(at) })
  }),
  repositories: [],
  tags: Option.fromNullable(tags),
  failure: Option.none(),
  dueAt: at + 86_400_000,
  ...more
})

/** Claims one image by its name, due or not. */
export const claimOne = (catalog: ImageCatalog["Type"], image: string, since = Number.MAX_SAFE_INTEGER / 10) =>
  Effect.flatMap(
    catalog.claim({ limit: 1, lease: Duration.minutes(1), which: { _tag: "named", since, images: [image] } }),
    ([claim]) => claim === undefined ? Effect.dieMessage(`${image} cannot be claimed`) : Effect.succeed(claim)
  )
