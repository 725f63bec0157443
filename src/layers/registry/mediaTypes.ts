/**
 * Media types of manifests (image-spec, media-types.md; Docker's image manifest v2).
 */
import { Option, Schema } from "effect"

export const ociIndex = "application/vnd.oci.image.index.v1+json"
export const ociManifest = "application/vnd.oci.image.manifest.v1+json"
export const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"

const manifestTypes: ReadonlySet<string> = new Set([ociIndex, dockerList, ociManifest, dockerManifest])

/** What is accepted as a manifest, indexes first. */
export const acceptManifests = [...manifestTypes].join(", ")

/** A media type that says that the body is a list of manifests. */
export const isIndexType = (mediaType: string): boolean => mediaType === ociIndex || mediaType === dockerList

/** A media type of one image's manifest. */
export const isImageType = (mediaType: string): boolean => mediaType === ociManifest || mediaType === dockerManifest

/** Layers that no registry has to keep: they are fetched from the addresses in their descriptors. */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.")

/** `Content-Type` without its parameters, in lower case. */
export const bareType = (contentType: string | undefined): string =>
  (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

const Shape = Schema.parseJson(Schema.Struct({
  mediaType: Schema.optional(Schema.Unknown),
  manifests: Schema.optional(Schema.Unknown),
  layers: Schema.optional(Schema.Unknown),
  config: Schema.optional(Schema.Unknown)
}))

const decodeShape = Schema.decodeUnknownOption(Shape)

/** The type that a body gives itself, or shows by its form; none where it is no JSON object. Empty: it shows nothing. */
export const ownType = (bytes: Uint8Array): Option.Option<{ readonly declared: string; readonly shown: string }> =>
  Option.map(decodeShape(Buffer.from(bytes).toString("utf8")), (shape) => ({
    declared: typeof shape.mediaType === "string" ? shape.mediaType : "",
    shown: Array.isArray(shape.manifests)
      ? ociIndex
      : shape.config !== undefined && Array.isArray(shape.layers)
      ? ociManifest
      : ""
  }))

/** Whether a `Content-Type` says that this is a manifest, and which. */
export const isManifestType = (mediaType: string): boolean => manifestTypes.has(mediaType)
