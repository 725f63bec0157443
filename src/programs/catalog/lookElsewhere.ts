/**
 * A look at an image of another registry than Docker Hub: its list of tags, a HEAD for each of the newest ones, and what
 * is behind those digests that are new. Nothing is read twice by its digest.
 */
import { Array as Arr, Chunk, Effect, Either, Option, Ref, Stream } from "effect"
import { type FoundImage, type FoundPlatform, type FoundTag, nameOnly } from "../../domain/CatalogImage.js"
import { type Digest, parse as parseDigest } from "../../domain/Digest.js"
import { downloadSize } from "../../domain/DownloadSize.js"
import { Auth, type CensusError } from "../../domain/Errors.js"
import { isPlatform } from "../../domain/HubTag.js"
import { parseImageConfig } from "../../domain/ImageConfig.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { newestFirst } from "../../domain/NewestTags.js"
import * as Documents from "../../domain/OciDocuments.js"
import { format, normalize } from "../../domain/Platform.js"
import { fromDocument } from "../../domain/PlatformDocument.js"
import type { ClaimedEntry } from "../../services/ImageCatalog.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import type { Look } from "./look.js"

/** A list beyond this is not read to its end, and proves no absence. */
const mostTags = 10_000
/** Manifests behind one index that are read for their sizes. */
const mostManifests = 24
const atOnce = 4

type Labels = Readonly<Record<string, string>>

/** What is behind a digest. */
interface Content {
  readonly tag: Omit<FoundTag, "tag">
  /** Whose config holds the labels; none where there is no image. */
  readonly labelled: Option.Option<ImageReference>
  readonly annotations: Labels
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const at = (reference: ImageReference, digest: Digest): ImageReference => ({
  ...reference,
  tag: Option.none(),
  digest: Option.some(digest)
})

// Strangers write the lengths: a sum that no table holds is no size.
const sizeOf = (manifest: Documents.Manifest): Option.Option<number> =>
  Option.filter(Option.some(downloadSize(manifest, undefined).total), (total) => Number.isSafeInteger(total))

const unknownPlatform = "unknown/unknown"

/** An entry of an index. Its size needs its manifest: the index knows only that document's own. */
const entry = (reference: ImageReference, found: Documents.IndexEntry, read: boolean) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const digest = Either.getRight(parseDigest(found.digest))
    const platform = normalize(fromDocument(found.platform ?? {}))
    const manifest = read && isPlatform(platform) && Option.isSome(digest)
      ? yield* registry.manifest(at(reference, digest.value)).pipe(
        Effect.map(({ bytes }) => Either.getRight(Documents.parseManifest(text(bytes)))),
        // An index may name what is not there (any more).
        Effect.catchTag("NOT_FOUND", () => Effect.succeedNone)
      )
      : Option.none()
    const one: FoundPlatform = {
      platform: isPlatform(platform) ? format(platform) : unknownPlatform,
      osVersion: platform.osVersion,
      digest,
      size: Option.flatMap(manifest, sizeOf),
      pushed: Option.none()
    }
    return { one, manifest }
  })

const configOf = (reference: ImageReference, manifest: Option.Option<Documents.Manifest>) =>
  manifest.pipe(
    Option.filter(({ config }) => Documents.kindOf(config.mediaType) === "config"),
    Option.flatMap(({ config }) => Either.getRight(parseDigest(config.digest))),
    Option.map((digest) => at(reference, digest))
  )

const readConfig = (config: Option.Option<ImageReference>) =>
  Effect.gen(function*() {
    if (Option.isNone(config)) return Option.none()
    const registry = yield* OciRegistry
    return parseImageConfig(yield* registry.document(config.value))
  })

/** Reads what a reference's digest stands for: one manifest, or an index and the manifests behind it. */
const contentOf = Effect.fn("catalog.content")(function*(
  reference: ImageReference
): Effect.fn.Return<Content & { readonly digest: Digest }, CensusError, OciRegistry> {
  const registry = yield* OciRegistry
  const { bytes, digest, mediaType } = yield* registry.manifest(reference)
  const known = { digest: Option.some(digest), mediaType: Option.some(mediaType), pushed: Option.none() }
  const index = Either.getRight(Documents.parseIndex(text(bytes)))
  if (Documents.kindOf(mediaType) === "index" && Option.isSome(index)) {
    const entries = yield* Effect.forEach(
      index.value.manifests,
      (found, i) => entry(reference, found, i < mostManifests),
      { concurrency: atOnce }
    )
    const [attestations, platforms] = Arr.partition(entries, ({ one }) => one.platform !== unknownPlatform)
    const main = platforms.find(({ one }) => one.platform === "linux/amd64") ?? platforms[0]
    return {
      digest,
      tag: {
        ...known,
        size: Option.flatMap(Option.fromNullable(main), ({ one }) => one.size),
        platforms: platforms.map(({ one }) => one),
        attestations: attestations.map(({ one }) => one)
      },
      labelled: main === undefined ? Option.none() : configOf(reference, main.manifest),
      annotations: {
        ...(main === undefined ? {} : Option.getOrUndefined(main.manifest)?.annotations),
        ...index.value.annotations
      }
    }
  }
  const manifest = Either.getRight(Documents.parseManifest(text(bytes)))
  const labelled = configOf(reference, manifest)
  const config = yield* readConfig(labelled)
  const size = Option.flatMap(manifest, sizeOf)
  const platform = Option.filterMap(config, ({ platform }) => Option.map(platform, normalize))
  return {
    digest,
    tag: {
      ...known,
      size,
      platforms: Option.toArray(platform).map((platform) => ({
        platform: format(platform),
        osVersion: platform.osVersion,
        digest: Option.some(digest),
        size,
        pushed: Option.none()
      })),
      attestations: []
    },
    labelled,
    annotations: Option.getOrElse(manifest, () => ({ annotations: {} })).annotations ?? {}
  }
})

const label = (labels: Labels, name: string): Option.Option<string> =>
  Option.filter(Option.fromNullable(labels[`org.opencontainers.image.${name}`]), (value) => value.trim() !== "")

/** What an image says of itself; nothing is guessed. */
const foundOf = (labels: Labels): FoundImage => ({
  description: Option.getOrElse(label(labels, "description"), () => "").slice(0, 1_000),
  fullDescription: "",
  logo: Option.none(),
  categories: [],
  registered: Option.none(),
  licence: label(labels, "licenses"),
  source: label(labels, "source")
})

const lookAtTags = Effect.fn("catalog.lookAtTags")(function*(
  claim: ClaimedEntry,
  wanted: Option.Option<number>
): Effect.fn.Return<Look, CensusError, OciRegistry> {
  const registry = yield* OciRegistry
  const listed = Chunk.toReadonlyArray(
    yield* Stream.runCollect(Stream.take(registry.tags(claim.name, { pageSize: 1000 }), mostTags))
  )
  const newest = newestFirst(listed)
  const chosen = newest.slice(0, Option.getOrElse(wanted, () => Infinity))
  const before = new Map(claim.tags.map((tag) => [tag.tag, tag]))
  const byDigest = new Map(
    claim.tags.flatMap((tag) => Option.toArray(tag.digest).map((digest) => [digest, tag] as const))
  )
  const contents = yield* Ref.make<ReadonlyMap<string, Content>>(new Map())

  const readTag = Effect.fnUntraced(function*(tag: string) {
    const reference = { ...claim.name, tag: Option.some(tag), digest: Option.none() }
    // Of a tag that was never read, its manifest tells the digest too.
    const digest = before.has(tag) || byDigest.size > 0
      ? Option.some((yield* registry.resolve(reference)).digest)
      : Option.none()
    const read = yield* Ref.get(contents)
    const known = Option.flatMap(digest, (digest) => Option.fromNullable(byDigest.get(digest) ?? read.get(digest)?.tag))
    if (Option.isSome(known)) return { ...known.value, tag }
    const { digest: found, ...content } = yield* contentOf(
      Option.match(digest, { onNone: () => reference, onSome: (digest) => at(reference, digest) })
    )
    yield* Ref.update(contents, (all) => new Map(all).set(found, content))
    return { ...content.tag, tag }
  })

  const tags = yield* Effect.forEach(
    chosen,
    // A tag that went since it was listed, or that this registry cannot serve, is known by its name.
    (tag) => Effect.catchTag(readTag(tag), "NOT_FOUND", () => Effect.succeed(nameOnly(tag)))
  )
  const read = yield* Ref.get(contents)
  const first = tags.find(({ digest }) => Option.exists(digest, (digest) => read.has(digest)))
  // The labels are those of the newest image; it says nothing new where it was read before.
  const isNewest = first !== undefined && first === tags.find(({ platforms }) => platforms.length > 0)
  const content = isNewest
    ? Option.flatMap(first.digest, (digest) => Option.fromNullable(read.get(digest)))
    : Option.none()
  const image = yield* Option.match(content, {
    onNone: () => Effect.succeed<Look["image"]>(Option.none()),
    onSome: ({ annotations, labelled }) =>
      Effect.map(readConfig(labelled), (config): Look["image"] =>
        Option.some({
          _tag: "Found",
          found: foundOf({ ...annotations, ...Option.getOrElse(config, () => ({ labels: {} })).labels }),
          counters: Option.none()
        }))
  })
  return {
    image,
    tags: Option.some({
      tags,
      others: [],
      names: listed,
      complete: listed.length < mostTags,
      count: newest.length,
      wanted,
      updated: Option.none()
    }),
    error: Option.none()
  }
})

/** Looks at an image elsewhere. What one registry refuses is that image's failure and nobody else's. */
export const lookElsewhere = (wanted: Option.Option<number>) => (claim: ClaimedEntry) =>
  lookAtTags(claim, wanted).pipe(Effect.catchTags({
    NOT_FOUND: () =>
      Effect.succeed<Look>({ image: Option.some({ _tag: "Gone" }), tags: Option.none(), error: Option.none() }),
    AUTH: ({ message, service }) => new Auth({ service, message, scope: "one" })
  }))
