/**
 * Platforms as the documents of registries write them (image-spec, image-index.md), and as docker-library normalises
 * them: as containerd does, but with the variants of arm and arm64 always written.
 */
import { Option } from "effect"
import { make, normalize, type Platform } from "./Platform.js"

/** What is read: every part may be missing, or null. */
export interface LoosePlatformDocument {
  readonly architecture?: string | null | undefined
  readonly os?: string | null | undefined
  readonly "os.version"?: string | null | undefined
  readonly "os.features"?: ReadonlyArray<string> | null | undefined
  readonly variant?: string | null | undefined
}

/** What is written; keys in this order. */
export interface WrittenPlatform {
  readonly architecture: string
  readonly os: string
  readonly "os.version"?: string
  readonly "os.features"?: ReadonlyArray<string>
  readonly variant?: string
}

/** The platform that a document names, as it is there; missing parts are empty. */
export const fromDocument = (document: LoosePlatformDocument): Platform =>
  make({
    os: document.os ?? "",
    architecture: document.architecture ?? "",
    variant: document.variant ?? undefined,
    osVersion: document["os.version"] ?? undefined,
    osFeatures: document["os.features"] ?? undefined
  })

/** A platform as a document writes it. */
export const toDocument = (platform: Platform): WrittenPlatform => ({
  architecture: platform.architecture,
  os: platform.os,
  ...(Option.isSome(platform.osVersion) ? { "os.version": platform.osVersion.value } : {}),
  ...(platform.osFeatures.length > 0 ? { "os.features": platform.osFeatures } : {}),
  ...(Option.isSome(platform.variant) ? { variant: platform.variant.value } : {})
})

/** The normal form of a document's platform: `arm64` has variant `v8`, `arm` without variant is `v7`. */
export const normalizeDocument = (document: LoosePlatformDocument): WrittenPlatform => {
  const platform = normalize(fromDocument(document))
  const usual = platform.architecture === "arm64" ? Option.some("v8") : Option.none()
  return toDocument({ ...platform, variant: Option.orElse(platform.variant, () => usual) })
}
