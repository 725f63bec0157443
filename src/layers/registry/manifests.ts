/**
 * Digests, manifests and indexes: from the cache, from a request that is already in flight, or from the registry.
 */
import { Effect, Either, Option } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { ownType } from "../../domain/ManifestShape.js"
import { kindOf } from "../../domain/OciDocuments.js"
import type { ContentCache, ContentPlace } from "../../services/ContentCache.js"
import type { RegistryManifest, ResolvedReference } from "../../services/OciRegistry.js"
import { makeFlights } from "../flights.js"
import { type Calls, headed, ok, wordsFor } from "./calls.js"
import type { Core, Whole } from "./core.js"
import { illFormed, malformed } from "./failures.js"
import { announcedDigest, announcedLength, verifyDigest } from "./integrity.js"
import { bareType, isManifestType } from "./mediaTypes.js"
import { maxDocumentBytes, type Settled } from "./options.js"

const placeOf = ({ registry }: ImageReference, digest: Digest): ContentPlace => ({ kind: "manifest", registry, digest })

/** The type of a manifest, which its header and its body must agree on. */
export const manifestType = (service: string, what: string, contentType: string | undefined, bytes: Uint8Array) =>
  Effect.suspend(() => {
    const sent = bareType(contentType)
    const read = ownType(bytes)
    if (Either.isLeft(read)) {
      // A page of a proxy does not come as a manifest; what does is what somebody pushed.
      const wrong = isManifestType(sent) ? illFormed : malformed
      return Effect.fail(
        wrong(service, `${what}: expected a manifest, the body (${sent || "no type"}) ${read.left.message}`)
      )
    }
    const own = read.right
    if (isManifestType(sent) && own.declared !== "" && own.declared !== sent) {
      return Effect.fail(
        illFormed(service, `${what}: the media type is ${sent} in the header and ${own.declared} in the body`)
      )
    }
    const type = [isManifestType(sent) ? sent : "", own.declared, own.shown, sent].find((type) => type !== "") ?? ""
    if (own.shown !== "" && isManifestType(type) && kindOf(type) !== kindOf(own.shown)) {
      return Effect.fail(
        illFormed(service, `${what}: the media type is ${type}, the body has the form of ${own.shown}`)
      )
    }
    return Effect.succeed(type)
  })

const resolvedBy = ({ bytes, digest, mediaType }: RegistryManifest): ResolvedReference => ({
  digest,
  mediaType,
  size: Option.some(bytes.byteLength)
})

/** `resolve` and `manifest`. */
export const makeManifests = (
  core: Core,
  calls: Calls,
  cache: typeof ContentCache.Service,
  options: Settled
) => {
  const resolving = makeFlights<ResolvedReference, CensusError>()
  const fetching = makeFlights<RegistryManifest, CensusError>()
  const tags = new Map<string, ResolvedReference>()

  const learn = (what: string, resolved: ResolvedReference): void => {
    if (options.rememberTags) tags.set(what, resolved)
  }

  const verifiedManifest = (reference: ImageReference, { bytes, reply }: Whole) =>
    Effect.gen(function*() {
      const what = wordsFor(reference)
      const announced = announcedDigest(reply)
      const asked = reference.digest
      const digest = Option.getOrElse(Option.orElse(asked, () => announced), () => digestOf(bytes))
      yield* verifyDigest(reference.registry, what, bytes, digest)
      const mediaType = yield* manifestType(reference.registry, what, reply.headers["content-type"], bytes)
      const manifest: RegistryManifest = { digest, mediaType, bytes }
      yield* cache.keep(digest, bytes)
      yield* cache.confirm(placeOf(reference, digest), mediaType)
      if (Option.isNone(asked)) {
        learn(what, { digest, mediaType, size: Option.some(bytes.byteLength) })
        yield* cache.point(what, digest)
      }
      return manifest
    })

  const get = (reference: ImageReference): Effect.Effect<RegistryManifest, CensusError> =>
    fetching(
      wordsFor(reference),
      Effect.flatMap(core.whole(calls.readManifest("GET", reference), ok, maxDocumentBytes), (whole) =>
        verifiedManifest(reference, whole))
    )

  // What the registry of the reference has served or acknowledged before, where the bytes are still kept.
  const cached = (reference: ImageReference, digest: Digest): Effect.Effect<Option.Option<RegistryManifest>> =>
    Effect.gen(function*() {
      const mediaType = yield* cache.known(placeOf(reference, digest))
      if (Option.isNone(mediaType)) return Option.none()
      return Option.map(
        yield* cache.bytes(digest),
        (bytes): RegistryManifest => ({ digest, mediaType: mediaType.value, bytes })
      )
    })

  const head = (reference: ImageReference): Effect.Effect<ResolvedReference, CensusError> =>
    Effect.flatMap(core.open(calls.readManifest("HEAD", reference), headed), (reply) => {
      const what = wordsFor(reference)
      const announced = reply.status === 200 ? announcedDigest(reply) : Option.none()
      const asked = reference.digest
      if (Option.isSome(asked) && Option.isSome(announced) && asked.value !== announced.value) {
        return Effect.fail(
          malformed(
            reference.registry,
            `${what}: expected the digest ${asked.value}, the registry says ${announced.value}`
          )
        )
      }
      if (Option.isNone(announced)) return Effect.map(get(reference), resolvedBy)
      const resolved: ResolvedReference = {
        digest: announced.value,
        mediaType: bareType(reply.headers["content-type"]),
        size: Option.fromNullable(announcedLength(reply))
      }
      if (Option.isNone(asked)) learn(what, resolved)
      return Effect.succeed(resolved)
    })

  const resolve = (reference: ImageReference): Effect.Effect<ResolvedReference, CensusError> =>
    Effect.suspend(() => {
      const what = wordsFor(reference)
      if (Option.isNone(reference.digest)) {
        const known = tags.get(what)
        return known === undefined ? resolving(what, head(reference)) : Effect.succeed(known)
      }
      return Effect.flatMap(
        cached(reference, reference.digest.value),
        Option.match({
          onNone: () => resolving(what, head(reference)),
          onSome: (manifest): Effect.Effect<ResolvedReference, CensusError> => Effect.succeed(resolvedBy(manifest))
        })
      )
    })

  // The registry has just said that it has this, and under which type: what it would send need not come from it.
  const acknowledged = (
    reference: ImageReference,
    { digest, mediaType: said }: ResolvedReference
  ): Effect.Effect<RegistryManifest, CensusError> =>
    Effect.gen(function*() {
      const known = yield* cached(reference, digest)
      if (Option.isSome(known)) return known.value
      const kept = yield* cache.bytes(digest)
      if (Option.isNone(kept)) return yield* get({ ...reference, tag: Option.none(), digest: Option.some(digest) })
      const mediaType = yield* manifestType(reference.registry, wordsFor(reference), said, kept.value)
      yield* cache.confirm(placeOf(reference, digest), mediaType)
      return { digest, mediaType, bytes: kept.value }
    })

  // Bytes that another registry sent prove nothing of this one: a free HEAD asks it, and saves the GET.
  const byDigest = (reference: ImageReference, digest: Digest): Effect.Effect<RegistryManifest, CensusError> =>
    Effect.gen(function*() {
      const known = yield* cached(reference, digest)
      if (Option.isSome(known)) return known.value
      const named: ImageReference = { ...reference, tag: Option.none(), digest: Option.some(digest) }
      return Option.isNone(yield* cache.bytes(digest))
        ? yield* get(named)
        : yield* acknowledged(named, yield* resolve(named))
    })

  // What a tag pointed to last time is no answer, but where it is still kept, a free HEAD may save the GET.
  const byTag = (reference: ImageReference): Effect.Effect<RegistryManifest, CensusError> =>
    Effect.gen(function*() {
      const what = wordsFor(reference)
      const known = tags.get(what)
      if (known !== undefined) return yield* acknowledged(reference, known)
      const last = yield* cache.pointed(what)
      const kept = Option.isSome(last) && Option.isSome(yield* cache.bytes(last.value))
      if (!kept) return yield* get(reference)
      return yield* acknowledged(reference, yield* resolve(reference))
    })

  const manifest = (reference: ImageReference): Effect.Effect<RegistryManifest, CensusError> =>
    Option.match(reference.digest, {
      onNone: () => byTag(reference),
      onSome: (digest) => byDigest(reference, digest)
    })

  /** A tag that was pushed points elsewhere now. */
  const forget = (reference: ImageReference): void => {
    tags.delete(wordsFor(reference))
  }

  return { resolve, manifest, forget }
}

export type Manifests = ReturnType<typeof makeManifests>
