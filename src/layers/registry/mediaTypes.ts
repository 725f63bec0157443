/**
 * Media types of manifests (image-spec, media-types.md; Docker's image manifest v2).
 */
import { Option, Schema } from "effect"

import { dockerListType, dockerManifestType, ociIndexType, ociManifestType } from "../../domain/OciDocuments.js"

const manifestTypes: ReadonlySet<string> = new Set([ociIndexType, dockerListType, ociManifestType, dockerManifestType])

/** What is accepted as a manifest, indexes first. */
export const acceptManifests = [...manifestTypes].join(", ")

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
      ? ociIndexType
      : shape.config !== undefined && Array.isArray(shape.layers)
      ? ociManifestType
      : ""
  }))

/** Whether a `Content-Type` says that this is a manifest, and which. */
export const isManifestType = (mediaType: string): boolean => manifestTypes.has(mediaType)
