/**
 * What is known of one tag, and where it was learnt: from Docker Hub's pages, or from the manifests of the registry.
 */
import { Effect, Either, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { parse as parseDigest } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { type HubTag, isPlatform, movedAt } from "../../domain/HubTag.js"
import { type ImageConfig, parseImageConfig } from "../../domain/ImageConfig.js"
import { isAttestation } from "../../domain/ImageIndex.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import * as Documents from "../../domain/OciDocuments.js"
import type { Platform } from "../../domain/Platform.js"
import { fromDocument } from "../../domain/PlatformDocument.js"
import { type PlatformOffer, type PlatformSupport, supportOf } from "../../domain/PlatformSupport.js"
import type { OciRegistry } from "../../services/OciRegistry.js"

export interface TagFacts {
  readonly digest: Option.Option<Digest>
  readonly support: PlatformSupport
  /** The image for the platform. */
  readonly image: Option.Option<Digest>
  /** When the registry says that it was pushed (epoch milliseconds). */
  readonly pushed: Option.Option<number>
}

/** What Docker Hub's page says of a tag. */
export const factsOfHub = (tag: HubTag, platform: Platform): TagFacts => {
  const offers = tag.images.map((one) => ({ platform: Option.some(one.platform), image: one.digest }))
  const { image, support } = supportOf(platform, offers)
  return { digest: tag.digest, support, image: Option.flatten(image), pushed: movedAt(tag) }
}

/** An image for one platform, read whole. */
export interface ReadImage {
  readonly manifest: Documents.Manifest
  /** None for what is no image, but an artifact of another kind. */
  readonly config: Option.Option<ImageConfig>
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The same repository, by digest alone. */
export const byDigest = (reference: ImageReference, digest: Digest): ImageReference => ({
  ...reference,
  tag: Option.none(),
  digest: Option.some(digest)
})

const offersOf = (index: Documents.Index): ReadonlyArray<PlatformOffer<Documents.IndexEntry>> =>
  index.manifests
    .filter((entry) => !isAttestation(entry))
    .map((entry) => ({
      platform: Option.filter(Option.map(Option.fromNullable(entry.platform), fromDocument), isPlatform),
      image: entry
    }))

const malformed = (reference: ImageReference, message: string) =>
  new Transient({ service: reference.registry, reason: "malformed", message: `${familiar(reference)}: ${message}` })

/** What manifests say. The content cache answers for what was read before. */
export const makeManifestFacts = (registry: Pick<typeof OciRegistry.Service, "document" | "manifest">) => {
  const configOf = (reference: ImageReference, { config }: Documents.Manifest) =>
    Effect.gen(function*() {
      if (Documents.kindOf(config.mediaType) !== "config") return Option.none()
      const digest = yield* Effect.mapError(parseDigest(config.digest), ({ message }) => malformed(reference, message))
      return parseImageConfig(yield* registry.document(byDigest(reference, digest)))
    })

  /** The manifest of an image, without its config. */
  const manifest = (reference: ImageReference, digest: Digest): Effect.Effect<Documents.Manifest, CensusError> =>
    Effect.flatMap(
      registry.manifest(byDigest(reference, digest)),
      (found) =>
        Effect.mapError(Documents.parseManifest(text(found.bytes)), ({ message }) => malformed(reference, message))
    )

  /** The image that a digest names. */
  const image = (reference: ImageReference, digest: Digest): Effect.Effect<ReadImage, CensusError> =>
    Effect.gen(function*() {
      const read = yield* manifest(reference, digest)
      return { manifest: read, config: yield* configOf(reference, read) }
    })

  /**
   * Whether what a reference names is there for a platform: a request for an index, two for a single image. What is
   * neither, or says nothing of its platforms, is unknown.
   */
  const facts = (
    reference: ImageReference,
    platform: Platform
  ): Effect.Effect<TagFacts & { readonly annotations: Documents.Annotations }, CensusError> =>
    Effect.gen(function*() {
      const found = yield* registry.manifest(reference)
      const known = { digest: Option.some(found.digest), pushed: Option.none() }
      const nothing = { ...known, support: "unknown" as const, image: Option.none(), annotations: {} }
      switch (Documents.kindOf(found.mediaType)) {
        case "index": {
          const index = Option.getOrUndefined(Either.getRight(Documents.parseIndex(text(found.bytes))))
          if (index === undefined) return nothing
          const { image, support } = supportOf(platform, offersOf(index))
          const entry = Option.getOrUndefined(image)
          return {
            ...known,
            support,
            image: Option.flatMap(image, ({ digest }) => Either.getRight(parseDigest(digest))),
            annotations: { ...index.annotations, ...entry?.annotations }
          }
        }
        case "manifest": {
          const read = Option.getOrUndefined(Either.getRight(Documents.parseManifest(text(found.bytes))))
          if (read === undefined) return nothing
          const config = yield* configOf(reference, read)
          const offered = Option.flatMap(config, ({ platform }) => platform)
          const { support } = supportOf(platform, [{ platform: offered, image: found.digest }])
          return { ...known, support, image: Option.some(found.digest), annotations: {} }
        }
        default:
          return nothing
      }
    })

  return { facts, image, manifest }
}

export type ManifestFacts = ReturnType<typeof makeManifestFacts>
