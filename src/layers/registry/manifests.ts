/**
 * Digests, manifests and indexes: from the cache, from a request that is already in flight, or from the registry.
 */
import { Effect, Option } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { ownType } from "../../domain/ManifestShape.js"
import type { ContentCache } from "../../services/ContentCache.js"
import type { RegistryManifest, ResolvedReference } from "../../services/OciRegistry.js"
import { makeFlights } from "../flights.js"
import { type Calls, ok, wordsFor } from "./calls.js"
import type { Core, Whole } from "./core.js"
import { malformed } from "./failures.js"
import { announcedDigest, announcedLength, verifyDigest } from "./integrity.js"
import { bareType, isManifestType } from "./mediaTypes.js"
import { maxDocumentBytes, type Settled } from "./options.js"

// 405 and 501: a registry that knows no HEAD is asked with GET.
const headStatuses: ReadonlySet<number> = new Set([200, 405, 501])

/** The type of a manifest, which its header and its body must agree on. */
export const manifestType = (service: string, what: string, contentType: string | undefined, bytes: Uint8Array) =>
  Effect.suspend(() => {
    const sent = bareType(contentType)
    const own = Option.getOrUndefined(ownType(bytes))
    if (own === undefined) {
      return Effect.fail(malformed(service, `${what}: expected a manifest, the body (${sent || "no type"}) is no JSON`))
    }
    if (isManifestType(sent) && own.declared !== "" && own.declared !== sent) {
      return Effect.fail(
        malformed(service, `${what}: the media type is ${sent} in the header and ${own.declared} in the body`)
      )
    }
    return Effect.succeed(
      [isManifestType(sent) ? sent : "", own.declared, own.shown, sent].find((type) => type !== "") ?? ""
    )
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
      yield* cache.put("manifest", digest, { bytes, mediaType })
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

  const cached = (digest: Digest): Effect.Effect<Option.Option<RegistryManifest>> =>
    Effect.map(
      cache.get("manifest", digest),
      Option.map(({ bytes, mediaType }): RegistryManifest => ({ digest, mediaType, bytes }))
    )

  const head = (reference: ImageReference): Effect.Effect<ResolvedReference, CensusError> =>
    Effect.flatMap(core.open(calls.readManifest("HEAD", reference), headStatuses), (reply) => {
      const what = wordsFor(reference)
      const announced = announcedDigest(reply)
      const asked = reference.digest
      if (Option.isSome(asked) && Option.isSome(announced) && asked.value !== announced.value) {
        return Effect.fail(
          malformed(
            reference.registry,
            `${what}: expected the digest ${asked.value}, the registry says ${announced.value}`
          )
        )
      }
      if (Option.isNone(announced) || reply.status !== 200) return Effect.map(get(reference), resolvedBy)
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
        cached(reference.digest.value),
        Option.match({
          onNone: () => resolving(what, head(reference)),
          onSome: (manifest): Effect.Effect<ResolvedReference, CensusError> => Effect.succeed(resolvedBy(manifest))
        })
      )
    })

  const byDigest = (reference: ImageReference, digest: Digest): Effect.Effect<RegistryManifest, CensusError> =>
    Effect.flatMap(
      cached(digest),
      Option.match({
        onNone: () => get({ ...reference, tag: Option.none(), digest: Option.some(digest) }),
        onSome: (manifest): Effect.Effect<RegistryManifest, CensusError> => Effect.succeed(manifest)
      })
    )

  // What a tag pointed to last time is no answer, but where it is still kept, a free HEAD may save the GET.
  const byTag = (reference: ImageReference): Effect.Effect<RegistryManifest, CensusError> =>
    Effect.gen(function*() {
      const what = wordsFor(reference)
      const known = tags.get(what)
      if (known !== undefined) return yield* byDigest(reference, known.digest)
      const last = yield* cache.pointed(what)
      const kept = Option.isSome(last) && Option.isSome(yield* cached(last.value))
      if (!kept) return yield* get(reference)
      const { digest } = yield* resolve(reference)
      return yield* byDigest(reference, digest)
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
