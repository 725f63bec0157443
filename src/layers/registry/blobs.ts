/**
 * Blobs: small ones whole and through the cache, large ones as they come.
 */
import { Duration, Effect, Option, Stream } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import type { ContentCache, ContentPlace } from "../../services/ContentCache.js"
import type { RegistryBlob } from "../../services/OciRegistry.js"
import { makeFlights } from "../flights.js"
import { type Calls, headed, ok, wordsFor } from "./calls.js"
import type { Core } from "./core.js"
import { brokenConnection, malformed } from "./failures.js"
import { announcedLength, readWhole, verified, verifyDigest } from "./integrity.js"
import { maxDocumentBytes, type Settled } from "./options.js"
import { type Call, readSaying, type Reply } from "./transport.js"

const digestIn = (reference: ImageReference): Effect.Effect<Digest, Transient> =>
  Option.match(reference.digest, {
    onNone: () => Effect.fail(malformed(reference.registry, `${wordsFor(reference)}: a blob is named by its digest`)),
    onSome: Effect.succeed
  })

const placeOf = ({ registry }: ImageReference, digest: Digest): ContentPlace => ({ kind: "blob", registry, digest })

const whole = (digest: Digest, bytes: Uint8Array): RegistryBlob => ({
  digest,
  size: Option.some(bytes.byteLength),
  bytes: Stream.make(bytes)
})

/** `blob` and `document`. */
export const makeBlobs = (core: Core, calls: Calls, cache: typeof ContentCache.Service, options: Settled) => {
  const fetching = makeFlights<Uint8Array, CensusError>()

  const callFor = (reference: ImageReference, digest: Digest): Call =>
    calls.reading(reference, { method: "GET", path: `blobs/${digest}`, what: wordsFor(reference) })

  const kept = (reference: ImageReference, digest: Digest, bytes: Uint8Array) =>
    verifyDigest(reference.registry, wordsFor(reference), bytes, digest).pipe(
      Effect.zipRight(cache.keep(digest, bytes)),
      Effect.zipRight(cache.confirm(placeOf(reference, digest), "")),
      Effect.as(bytes)
    )

  // Bytes that another registry sent prove nothing of this one, and asking it costs as much as having them sent.
  const held = (reference: ImageReference, digest: Digest): Effect.Effect<Option.Option<Uint8Array>> =>
    Effect.flatMap(
      cache.known(placeOf(reference, digest)),
      (known) => Option.isSome(known) ? cache.bytes(digest) : Effect.succeedNone
    )

  const document = Effect.fn("OciRegistry.document")(function*(reference: ImageReference) {
    const digest = yield* digestIn(reference)
    const cached = yield* held(reference, digest)
    if (Option.isSome(cached)) return cached.value
    return yield* fetching(
      wordsFor(reference),
      Effect.flatMap(
        core.whole(callFor(reference, digest), ok, maxDocumentBytes),
        ({ bytes }) => kept(reference, digest, bytes)
      )
    )
  })

  const silence = (reference: ImageReference) => () =>
    new Transient({
      service: reference.registry,
      reason: "timeout",
      message: `${wordsFor(reference)}: nothing more came for ${Duration.format(options.timeout)}`
    })

  const streamed = (reference: ImageReference, digest: Digest, reply: Reply): RegistryBlob => {
    const what = wordsFor(reference)
    const size = announcedLength(reply)
    const bytes: Stream.Stream<Uint8Array, CensusError> = reply.body.pipe(
      Stream.catchAll((error) => Stream.fail(brokenConnection(reference.registry, what, error))),
      Stream.timeoutFail(silence(reference), options.timeout)
    )
    return {
      digest,
      size: Option.fromNullable(size),
      bytes: verified(bytes, { service: reference.registry, what, digest, size })
    }
  }

  // Only a GET has a body that shows whose word a 404 is. What comes instead where the blob is there is not read.
  const told = (reference: ImageReference, digest: Digest): Effect.Effect<Reply, CensusError> => {
    const call = callFor(reference, digest)
    return Effect.flatMap(core.open({ ...call, method: "HEAD" }, headed), (reply) =>
      reply.status === 200
        ? Effect.succeed(reply)
        : Effect.tap(core.open(call, ok), (reply) => readSaying(reply, call.method, 1)))
  }

  /** HEAD: whether the blob is there, and how long it is. */
  const resolve = Effect.fn("OciRegistry.resolve")(function*(reference: ImageReference) {
    const digest = yield* digestIn(reference)
    const cached = yield* held(reference, digest)
    const size = Option.isSome(cached) ? cached.value.byteLength : announcedLength(yield* told(reference, digest))
    return { digest, mediaType: "application/octet-stream", size: Option.fromNullable(size) }
  })

  const blob = Effect.fn("OciRegistry.blob")(function*(reference: ImageReference) {
    const digest = yield* digestIn(reference)
    const cached = yield* held(reference, digest)
    if (Option.isSome(cached)) return whole(digest, cached.value)
    const call = callFor(reference, digest)
    const reply = yield* core.open(call, ok)
    const announced = announcedLength(reply)
    if (announced === undefined || announced > maxDocumentBytes) return streamed(reference, digest, reply)
    const expected = {
      service: reference.registry,
      what: call.what,
      method: call.method,
      maxBytes: maxDocumentBytes
    }
    const bytes = yield* readWhole(reply, expected).pipe(
      Effect.timeoutFail({ duration: options.timeout, onTimeout: silence(reference) }),
      Effect.flatMap((bytes) => kept(reference, digest, bytes)),
      // What broke off is asked for anew, as documents are: within the lane and its retries.
      Effect.catchIf(({ reason }) => reason !== "malformed", () => document(reference))
    )
    return whole(digest, bytes)
  })

  return { document, blob, resolve }
}
