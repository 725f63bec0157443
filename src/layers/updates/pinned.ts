/**
 * A reference that names a digest, compared with what its tag points to now.
 */
import { Effect, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { kindOf } from "../../domain/OciDocuments.js"
import type { Platform } from "../../domain/Platform.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import type { PinnedDigest } from "../../services/UpdateFinder.js"
import { byDigest, type ManifestFacts } from "./tagFacts.js"

/**
 * Compares. A HEAD where the tag still points to the pinned digest; where it does not, the manifests on both sides, by
 * which a change for this platform is told from one elsewhere.
 */
export const makePinned = (registry: typeof OciRegistry.Service, manifests: ManifestFacts) =>
  Effect.fn("UpdateFinder.pinned")(function*(
    reference: ImageReference,
    pinned: Digest,
    platform: Platform
  ): Effect.fn.Return<PinnedDigest, CensusError> {
    const tagged: ImageReference = { ...reference, digest: Option.none() }
    const { digest: now, mediaType } = yield* registry.resolve(tagged)
    const nothing = { pinned, now, image: Option.none(), moved: false, changedElsewhere: false }
    if (now === pinned) return { ...nothing, kind: kindOf(mediaType) === "index" ? "index" : "image" }
    const current = yield* manifests.facts(byDigest(reference, now), platform)
    const image = current.image
    if (Option.contains(image, pinned)) return { ...nothing, image, kind: "image" }
    const old = yield* manifests.facts(byDigest(reference, pinned), platform).pipe(
      Effect.asSome,
      Effect.catchTag("NOT_FOUND", () => Effect.succeedNone)
    )
    const oldImage = Option.flatMap(old, ({ image }) => image)
    const same = Option.isSome(oldImage) && Option.contains(image, oldImage.value)
    return {
      ...nothing,
      image,
      kind: Option.isNone(old) ? "unknown" : Option.contains(oldImage, pinned) ? "image" : "index",
      moved: !same,
      changedElsewhere: same
    }
  })
