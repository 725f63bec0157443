/**
 * The index behind a reference, made whole: what `domain/ImageIndex` asks for, fetched.
 */
import { Effect, Option } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import { algorithmOf } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import {
  type FoundDescriptor,
  type ObjectLookup,
  type SynthesizedIndex,
  synthesizeIndex as synthesize
} from "../../domain/ImageIndex.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import type { Malformed } from "../../domain/Malformed.js"
import { OciRegistry } from "../../services/OciRegistry.js"

/** What is unknown, refused or hidden is no object; everything else that went wrong stays an error. */
export const orNone = <A, R>(
  effect: Effect.Effect<A, CensusError, R>
): Effect.Effect<Option.Option<A>, CensusError, R> =>
  Effect.catchTags(Effect.asSome(effect), {
    NOT_FOUND: () => Effect.succeedNone,
    AUTH: () => Effect.succeedNone
  })

// What a descriptor embeds is taken only if it is what it claims to be.
const embedded = ({ data, digest, size }: FoundDescriptor): Option.Option<Uint8Array> => {
  if (data === undefined || data === null || data === "") return Option.none()
  const bytes = Buffer.from(data, "base64")
  return bytes.byteLength === size && digestOf(bytes, algorithmOf(digest)) === digest
    ? Option.some(bytes)
    : Option.none()
}

const kept = (descriptor: FoundDescriptor, ask: Effect.Effect<Uint8Array, CensusError>) =>
  Option.match(embedded(descriptor), { onNone: () => ask, onSome: (bytes) => Effect.succeed(bytes) })

const lookupIn = (registry: typeof OciRegistry.Service, reference: ImageReference): ObjectLookup<CensusError> => {
  const named = (descriptor: FoundDescriptor): ImageReference => ({
    ...reference,
    tag: Option.none(),
    digest: Option.some(descriptor.digest)
  })
  return {
    manifest: (descriptor) => kept(descriptor, Effect.map(registry.manifest(named(descriptor)), ({ bytes }) => bytes)),
    blob: (descriptor) => kept(descriptor, registry.document(named(descriptor)))
  }
}

/** A document that cannot be used is no definite answer. */
export const asTransient = (reference: ImageReference) => (error: Malformed): Transient =>
  new Transient({
    service: reference.registry,
    reason: "malformed",
    message: `${familiar(reference)}: ${error.message}`
  })

/**
 * The index behind a reference (`latest` where it has neither tag nor digest), none where the registry has no such
 * thing or does not show it. Costs a request for the manifest, and two for each entry whose platform is missing.
 */
export const synthesizeIndex = Effect.fn("synthesizeIndex")(function*(reference: ImageReference) {
  const registry = yield* OciRegistry
  const found = yield* orNone(registry.manifest(reference))
  if (Option.isNone(found)) return Option.none<SynthesizedIndex>()
  return Option.some(
    yield* synthesize(reference, found.value, lookupIn(registry, reference)).pipe(
      Effect.catchTag("Malformed", (error) => Effect.fail(asTransient(reference)(error))),
      Effect.withConcurrency(8)
    )
  )
})
