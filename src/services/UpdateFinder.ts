import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { Digest } from "../domain/Digest.js"
import type { DownloadSize } from "../domain/DownloadSize.js"
import type { CensusError } from "../domain/Errors.js"
import type { ImageReference } from "../domain/ImageReference.js"
import type { Platform } from "../domain/Platform.js"
import type { PlatformSupport } from "../domain/PlatformSupport.js"
import type { SourceRepository } from "../domain/ReleaseNotes.js"
import type { TagVersion } from "../domain/TagVersion.js"
import type { PassedOverReason, UpdateCandidate, UpdateLevel, UpdatePolicy } from "../domain/UpdatePolicy.js"

/** What is asked of one image. */
export interface UpdateQuestion {
  readonly reference: ImageReference
  /** What it has to run on. */
  readonly platform: Platform
  readonly policy: UpdatePolicy
  /** A tag is offered only when it has been there for so long. Zero: at once. */
  readonly minAge: Duration.Duration
  /** The repository of its source, for images that do not say. */
  readonly source: Option.Option<SourceRepository>
}

/** How the instant of a candidate is known. */
export type DateOrigin = "registry" | "first sight" | "image"

/** A tag to which one could go. */
export interface OfferedUpdate {
  readonly version: TagVersion
  readonly change: UpdateLevel
  /** Never `no`. `unknown`: nobody says, or too many newer ones were not there for the platform. */
  readonly support: PlatformSupport
  /** What the tag points to; for several platforms that is their index. None: it was not looked at. */
  readonly digest: Option.Option<Digest>
  /** The image for the wanted platform. */
  readonly image: Option.Option<Digest>
  /** Epoch milliseconds: when it was pushed, by the registry; else since when it is known; else when it was built. */
  readonly date: Option.Option<{ readonly at: number; readonly origin: DateOrigin }>
  /** The page of its release, or of the project's releases where it is not known how they are named. */
  readonly notes: Option.Option<string>
}

/** Why a tag is not offered: by its name, or by what was found behind it. */
export interface PassedOverTag {
  readonly tag: string
  /**
   * `platform`: it is not there for the platform. `too new`: the cool-off is not over. `gone`: it was listed, and is not
   * there. `not looked at`: a newer one of the same level was verified, and to look would cost requests.
   */
  readonly reason: PassedOverReason | "platform" | "too new" | "gone" | "not looked at"
}

/** A reference that names a digest, compared with what its tag points to now. */
export interface PinnedDigest {
  readonly pinned: Digest
  /** What the pinned digest is of; `unknown` where the registry no longer has it. */
  readonly kind: "index" | "image" | "unknown"
  /** What the tag points to now, and the image for the platform behind it. */
  readonly now: Digest
  readonly image: Option.Option<Digest>
  /** The image for the platform is another one. */
  readonly moved: boolean
  /** The index is another one, but not for the platform: other platforms or attestations changed. */
  readonly changedElsewhere: boolean
}

/** What is known of one image. */
export interface UpdateAnswer {
  readonly reference: ImageReference
  readonly platform: Platform
  /** None where the tag names no version; then a warning says what can be done. */
  readonly current: Option.Option<TagVersion>
  /** The tag moves with more precise ones: `1.25` beside `1.25.3`. */
  readonly floating: boolean
  /**
   * Newest first: the newest that was verified of every level, and what is known of others without asking for it.
   */
  readonly candidates: ReadonlyArray<OfferedUpdate>
  readonly passedOver: ReadonlyArray<PassedOverTag>
  /** The newest tag beyond the allowed level, by its name alone. */
  readonly beyond: Option.Option<UpdateCandidate>
  readonly pinned: Option.Option<PinnedDigest>
  /** Of the newest candidate, beside what runs. */
  readonly download: Option.Option<DownloadSize>
  readonly source: Option.Option<SourceRepository>
  /** How many tags were listed, and how it is known that there are more. */
  readonly listing: { readonly tags: number; readonly cutOff: Option.Option<string> }
  /** One line each. */
  readonly warnings: ReadonlyArray<string>
}

/** Which newer version could be run. */
export class UpdateFinder extends Context.Tag("image-census/UpdateFinder")<UpdateFinder, {
  /**
   * Looks one image up. Fails where the tags could not be listed or a candidate could not be verified: an answer
   * without candidates always means that there is nothing newer. RATE_LIMIT names the time to ask again. What only
   * adorns an answer (sizes, release notes) turns into a warning where it cannot be had.
   */
  readonly find: (question: UpdateQuestion) => Effect.Effect<UpdateAnswer, CensusError>
}>() {}
