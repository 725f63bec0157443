/**
 * `DigestWatcher` on the registries. The client must not remember what tags point to (`rememberTags`).
 */
import { type Array, Effect, Either, Layer, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { type CensusError, type RateLimit, Transient } from "../../domain/Errors.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import type { Malformed } from "../../domain/Malformed.js"
import { kindOf } from "../../domain/OciDocuments.js"
import type { Platform } from "../../domain/Platform.js"
import { configOf, configSuits, imagesIn, manifestFor } from "../../domain/PlatformManifest.js"
import type { LookResult } from "../../domain/WatchState.js"
import { DigestWatcher } from "../../services/DigestWatcher.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import type { ClaimedWatch } from "../../services/WatchStore.js"

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const malformed = (reference: ImageReference) => (error: Malformed): Transient =>
  new Transient({
    service: reference.registry,
    reason: "malformed",
    message: `${familiar(reference)}: ${error.message}`
  })

const deferred = (problem: string): LookResult => ({ _tag: "Deferred", problem, parked: false })

// Everything but the wish to wait is a result.
const asResult = (look: Effect.Effect<LookResult, CensusError>): Effect.Effect<LookResult, RateLimit> =>
  Effect.catchTags(look, {
    NOT_FOUND: ({ message }) => Effect.succeed<LookResult>({ _tag: "Unseen", outcome: "not-found", problem: message }),
    AUTH: ({ message }) => Effect.succeed<LookResult>({ _tag: "Unseen", outcome: "refused", problem: message }),
    TRANSIENT: ({ message }) => Effect.succeed(deferred(message))
  })

/** Looks through this client. */
export const make = Effect.gen(function*() {
  const registry = yield* OciRegistry

  const singleImage = (reference: ImageReference, manifest: string, digest: Digest, platform: Platform) =>
    Effect.gen(function*() {
      const config = yield* Either.mapLeft(configOf(manifest), malformed(reference))
      if (Option.isNone(config)) return Option.some(digest)
      const bytes = yield* registry.document({ ...reference, digest: config })
      const suits = yield* Either.mapLeft(configSuits(textOf(bytes), platform), malformed(reference))
      return suits ? Option.some(digest) : Option.none()
    })

  const platformDigest = Effect.fn("DigestWatcher.platform")(
    function*(reference: ImageReference, digest: Digest, platform: Platform) {
      const exact = { ...reference, tag: Option.none(), digest: Option.some(digest) }
      const { bytes, mediaType } = yield* registry.manifest(exact)
      return kindOf(mediaType) === "index"
        ? yield* Either.mapLeft(manifestFor(textOf(bytes), platform), malformed(exact))
        : yield* singleImage(exact, textOf(bytes), digest, platform)
    },
    // What the tag points to is there by the registry's own word: that a part of it is not is no definite answer.
    (read, reference) =>
      Effect.catchTag(
        read,
        "NOT_FOUND",
        ({ message }) => new Transient({ service: reference.registry, reason: "malformed", message })
      )
  )

  // None for a single image.
  const images = (reference: ImageReference, digest: Digest) =>
    Effect.gen(function*() {
      const exact = { ...reference, tag: Option.none(), digest: Option.some(digest) }
      const { bytes, mediaType } = yield* registry.manifest(exact)
      return kindOf(mediaType) === "index"
        ? Option.some(yield* Either.mapLeft(imagesIn(textOf(bytes)), malformed(exact)))
        : Option.none()
    })

  // An index that the registry no longer has, or no longer shows, cannot be compared: then the move counts.
  const sameImages = Effect.fn("DigestWatcher.sameImages")(
    function*(reference: ImageReference, from: Digest, to: Digest) {
      const after = yield* images(reference, to)
      if (Option.isNone(after)) return false
      const before = yield* images(reference, from)
      return Option.exists(
        before,
        (before) => before.size === after.value.size && [...before].every((digest) => after.value.has(digest))
      )
    },
    Effect.catchTags({ NOT_FOUND: () => Effect.succeed(false), AUTH: () => Effect.succeed(false) })
  )

  const anyPlatform = ({ state, watch }: ClaimedWatch, digest: Digest): Effect.Effect<LookResult, CensusError> => {
    const moved = Option.filter(state.digest, (before) => before !== digest)
    const same = Option.match(moved, {
      onNone: () => Effect.succeed(false),
      onSome: (before) => sameImages(watch.reference, before, digest)
    })
    return Effect.map(same, (sameImages) => ({ _tag: "Seen", digest, platformDigest: Option.none(), sameImages }))
  }

  const seen = (claim: ClaimedWatch, digest: Digest): Effect.Effect<LookResult, CensusError> => {
    const { state, watch } = claim
    if (Option.isNone(watch.platform)) return anyPlatform(claim, digest)
    const outcome = Option.getOrUndefined(state.outcome)
    const known = Option.contains(state.digest, digest) && (outcome === "seen" || outcome === "no-platform")
    const platform = known
      ? Effect.succeed(outcome === "seen" ? state.platformDigest : Option.none())
      : platformDigest(watch.reference, digest, watch.platform.value)
    return Effect.map(platform, (platformDigest) => ({ _tag: "Seen", digest, platformDigest }))
  }

  const look = Effect.fn("DigestWatcher.look")(function*(watches: Array.NonEmptyReadonlyArray<ClaimedWatch>) {
    const [{ watch: { reference } }] = watches
    const resolved = yield* Effect.either(registry.resolve(reference))
    return yield* Effect.forEach(
      watches,
      (watch) => asResult(Effect.flatMap(resolved, ({ digest }) => seen(watch, digest)))
    )
  })

  return DigestWatcher.of({ look })
})

/** The watcher as a layer. */
export const layer: Layer.Layer<DigestWatcher, never, OciRegistry> = Layer.effect(DigestWatcher, make)
