/**
 * Media types of manifests (image-spec, media-types.md; Docker's image manifest v2).
 */
import { dockerListType, dockerManifestType, ociIndexType, ociManifestType } from "../../domain/OciDocuments.js"

const manifestTypes: ReadonlySet<string> = new Set([ociIndexType, dockerListType, ociManifestType, dockerManifestType])

/** What is accepted as a manifest, indexes first. */
export const acceptManifests = [...manifestTypes].join(", ")

/** `Content-Type` without its parameters, in lower case. */
export const bareType = (contentType: string | undefined): string =>
  (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

/** Whether a `Content-Type` says that this is a manifest, and which. */
export const isManifestType = (mediaType: string): boolean => manifestTypes.has(mediaType)
