/**
 * The Hub's pages of tags. Of a tag everything but its name may be missing, null or nonsense; what cannot be read is left
 * out, and said so.
 */
import { Either, Option, Schema } from "effect"
import { type Digest, parse as parseDigest } from "../../domain/Digest.js"
import { type HubTag, type HubTagImage, isPlatform } from "../../domain/HubTag.js"
import { make, normalize } from "../../domain/Platform.js"
import { isTag } from "../../domain/ReferenceGrammar.js"
import { instant } from "./wire.js"

const anything = Schema.optional(Schema.Unknown)

const Entry = Schema.Struct({
  name: Schema.String,
  digest: anything,
  media_type: anything,
  full_size: anything,
  last_updated: anything,
  tag_last_pushed: anything,
  images: anything
})

const Image = Schema.Struct({
  architecture: anything,
  variant: anything,
  digest: anything,
  os: anything,
  os_version: anything,
  os_features: anything,
  size: anything,
  status: anything,
  last_pushed: anything
})

const Page = Schema.Struct({
  count: Schema.Number.pipe(Schema.int(), Schema.nonNegative()),
  next: Schema.optional(Schema.NullishOr(Schema.String)),
  results: Schema.Array(Schema.Unknown)
})

const decodePage = Schema.decodeUnknownOption(Page)
const decodeEntry = Schema.decodeUnknownOption(Entry)
const decodeImage = Schema.decodeUnknownOption(Image)

/** A page as it was sent. */
export interface ReadTags {
  readonly count: number
  readonly hasNext: boolean
  readonly tags: ReadonlyArray<HubTag>
  /** Entries whose name could not be read: a listing with such a page proves no absence. */
  readonly nameless: number
}

// What is no plain word of the trade (empty, endless, beyond ASCII) says nothing.
const text = (value: unknown): Option.Option<string> =>
  typeof value === "string" && /^[\x20-\x7e]{1,255}$/.test(value) ? Option.some(value) : Option.none()

const wordOf = (value: unknown): string => Option.getOrElse(text(value), () => "")

const digest = (value: unknown): Option.Option<Digest> =>
  Option.flatMap(text(value), (text) => Either.getRight(parseDigest(text)))

// What is not yet measured is 0 there.
const size = (value: unknown): Option.Option<number> =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? Option.some(value) : Option.none()

const features = (value: unknown): ReadonlyArray<string> => wordOf(value).split(/[\s,]+/).filter((word) => word !== "")

const imageOf = (entry: typeof Image.Type): HubTagImage => ({
  platform: normalize(make({
    os: wordOf(entry.os),
    architecture: wordOf(entry.architecture),
    variant: wordOf(entry.variant),
    osVersion: wordOf(entry.os_version),
    osFeatures: features(entry.os_features)
  })),
  digest: digest(entry.digest),
  size: size(entry.size),
  status: wordOf(entry.status),
  lastPushed: instant(entry.last_pushed)
})

const tagOf = (entry: typeof Entry.Type): HubTag => {
  const all = (Array.isArray(entry.images) ? entry.images : [])
    .flatMap((image) => Option.toArray(Option.map(decodeImage(image), imageOf)))
  const [only, ...more] = all
  return {
    name: entry.name,
    digest: Option.orElse(
      digest(entry.digest),
      () => only !== undefined && more.length === 0 ? only.digest : Option.none()
    ),
    mediaType: text(entry.media_type),
    size: size(entry.full_size),
    lastUpdated: instant(entry.last_updated),
    lastPushed: instant(entry.tag_last_pushed),
    images: all.filter(({ platform }) => isPlatform(platform)),
    others: all.filter(({ platform }) => !isPlatform(platform))
  }
}

/** Reads a page of tags; none for any other document. */
export const readTags = (document: unknown): Option.Option<ReadTags> =>
  Option.map(decodePage(document), ({ count, next, results }) => {
    const named = results.flatMap((entry) =>
      Option.toArray(Option.filter(decodeEntry(entry), ({ name }) => isTag(name)))
    )
    return {
      count,
      hasNext: typeof next === "string",
      tags: named.map(tagOf),
      nameless: results.length - named.length
    }
  })
