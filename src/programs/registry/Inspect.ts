/**
 * What an image is: its platforms, sizes, labels and where it comes from.
 */
import { Effect, Either, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { parse as parseDigest } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { isAttestation } from "../../domain/ImageIndex.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import type { Malformed } from "../../domain/Malformed.js"
import * as Documents from "../../domain/OciDocuments.js"
import * as Platform from "../../domain/Platform.js"
import { fromDocument } from "../../domain/PlatformDocument.js"
import { rank } from "../../domain/PlatformMatch.js"
import { OciRegistry } from "../../services/OciRegistry.js"

/** An image for one platform. Sizes are in bytes. */
export interface InspectedImage {
  readonly platform: string
  readonly digest: Digest
  readonly mediaType: string
  /** Config and layers together, compressed as they are sent. */
  readonly size: number
  readonly layers: ReadonlyArray<{ readonly digest: string; readonly size: number; readonly mediaType: string }>
  /** RFC 3339; none where the image does not say. */
  readonly created: Option.Option<string>
  readonly labels: Readonly<Record<string, string>>
}

/** What a reference stands for. */
export interface Inspected {
  readonly reference: string
  readonly digest: Digest
  readonly mediaType: string
  /** The repository that the image says it was built from. */
  readonly source: Option.Option<string>
  readonly images: ReadonlyArray<InspectedImage>
  readonly attestations: number
}

const sourceLabel = "org.opencontainers.image.source"
const olderSourceLabel = "org.label-schema.vcs-url"

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const malformed = (reference: ImageReference) => (error: Malformed): Transient =>
  new Transient({
    service: reference.registry,
    reason: "malformed",
    message: `${familiar(reference)}: ${error.message}`
  })

const image = Effect.fn("inspect.image")(function*(reference: ImageReference, digest: Digest) {
  const registry = yield* OciRegistry
  const exact = { ...reference, tag: Option.none(), digest: Option.some(digest) }
  const found = yield* registry.manifest(exact)
  const manifest = yield* Either.mapLeft(Documents.parseManifest(text(found.bytes)), malformed(exact))
  const isImage = Documents.kindOf(manifest.config.mediaType) === "config"
  const config = isImage ? yield* configOf(exact, manifest.config.digest) : undefined
  const layers = manifest.layers.map(({ digest, mediaType, size }) => ({ digest, size, mediaType }))
  return {
    platform: config === undefined ? manifest.config.mediaType : Platform.format(fromDocument(config)),
    digest,
    mediaType: found.mediaType,
    size: manifest.config.size + layers.reduce((sum, { size }) => sum + size, 0),
    layers,
    created: Option.fromNullable(config?.created),
    labels: { ...config?.config?.Labels, ...manifest.annotations }
  } satisfies InspectedImage
})

const configOf = (reference: ImageReference, digest: string) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const config = yield* Either.mapLeft(parseDigest(digest), malformed(reference))
    const bytes = yield* registry.document({ ...reference, digest: Option.some(config) })
    return yield* Either.mapLeft(Documents.parseConfig(text(bytes)), malformed(reference))
  })

/** The images of an index that suit a platform best; all of them without one. Attestations are no images. */
const wantedOf = (index: Documents.Index, platform: Option.Option<Platform.Platform>) => {
  const images = index.manifests.filter((entry) => !isAttestation(entry))
  if (Option.isNone(platform)) return images
  const ranked = images.flatMap((entry) => {
    const order = entry.platform === undefined ? undefined : rank(platform.value, fromDocument(entry.platform))
    return order === undefined ? [] : [{ entry, order }]
  }).toSorted((a, b) => a.order - b.order)
  return ranked.slice(0, 1).map(({ entry }) => entry)
}

/**
 * Inspects a reference; with a platform, the one image that suits it best. Costs a request for the manifest, and two
 * for each image.
 */
export const inspect = (
  reference: ImageReference,
  platform: Option.Option<Platform.Platform>
): Effect.Effect<Inspected, CensusError, OciRegistry> =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const found = yield* registry.manifest(reference)
    const index = Documents.kindOf(found.mediaType) === "index"
      ? Option.some(yield* Either.mapLeft(Documents.parseIndex(text(found.bytes)), malformed(reference)))
      : Option.none<Documents.Index>()
    const digests = Option.match(index, {
      onNone: () => [found.digest],
      onSome: (index) =>
        wantedOf(index, platform).flatMap(({ digest }) => Option.toArray(Either.getRight(parseDigest(digest))))
    })
    const images = yield* Effect.forEach(digests, (digest) => image(reference, digest), { concurrency: 4 })
    const sources = images.map(({ labels }) => labels[sourceLabel] ?? labels[olderSourceLabel])
    return {
      reference: familiar(reference),
      digest: found.digest,
      mediaType: found.mediaType,
      source: Option.fromNullable(sources.find((source) => source !== undefined && source !== "")),
      images,
      attestations: Option.match(index, {
        onNone: () => 0,
        onSome: ({ manifests }) => manifests.filter(isAttestation).length
      })
    }
  }).pipe(Effect.withSpan("inspect"))
