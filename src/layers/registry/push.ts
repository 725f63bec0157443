/**
 * Writing to a registry (distribution-spec, "Push"): always to the registry itself, never to a mirror.
 */
import { Effect, Option, Stream } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import type { Digest } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { canonicalName, type ImageReference } from "../../domain/ImageReference.js"
import type { BlobSource, ManifestSource, RegistryRepository } from "../../services/OciRegistry.js"
import { refusalOf } from "./addresses.js"
import { type Calls, created, wordsFor } from "./calls.js"
import type { Core } from "./core.js"
import { malformed } from "./failures.js"
import { announcedDigest } from "./integrity.js"
import { maxDocumentBytes, type Settled } from "./options.js"
import type { Call, CallBody, Reply } from "./transport.js"

const okOrMissing: ReadonlySet<number> = new Set([200, 404])
const mounting: ReadonlySet<number> = new Set([201, 202])

/** The slowest upload that is waited for, in bytes per millisecond. */
const slowest = 50

/** An upload that a registry has opened. */
export interface Session {
  readonly location: URL
  /** The smallest piece that the registry takes (`OCI-Chunk-Min-Length`); 0 where it did not say. */
  readonly smallest: number
}

const blobWords = (repository: RegistryRepository, digest: Digest) => `${canonicalName(repository)}@${digest}`

const sessionOf = (call: Call, reply: Reply) =>
  Effect.suspend(() => {
    const fail = (message: string) => Effect.fail(malformed(call.endpoint.registry, `${call.what}: ${message}`))
    const location = reply.headers["location"]
    if (location === undefined || !URL.canParse(location, reply.url.href)) {
      return fail("the registry opened an upload without saying where")
    }
    const url = new URL(location, reply.url)
    const refusal = refusalOf(call.endpoint.base, url)
    if (refusal !== undefined) return fail(`the upload at ${url.host} is not made: ${refusal}`)
    const smallest = Number(reply.headers["oci-chunk-min-length"] ?? "0")
    return Effect.succeed<Session>({ location: url, smallest: Number.isSafeInteger(smallest) ? smallest : 0 })
  })

const closing = (session: Session, digest: Digest): URL => {
  const url = new URL(session.location)
  url.searchParams.set("digest", digest)
  return url
}

/** `has`, `pushManifest`, `pushBlob`, and the parts of `mount`. */
export const makePush = (core: Core, calls: Calls, options: Settled, forget: (reference: ImageReference) => void) => {
  const has = Effect.fn("OciRegistry.has")(function*(kind: "manifest" | "blob", reference: ImageReference) {
    const what = wordsFor(reference)
    const call = kind === "manifest"
      ? calls.writtenManifest(reference)
      : calls.writing(reference, {
        method: "HEAD",
        path: `blobs/${Option.getOrElse(reference.digest, () => "")}`,
        what
      })
    const reply = yield* core.open(call, okOrMissing)
    if (reply.status === 404) return false
    const announced = announcedDigest(reply)
    const same = Option.isNone(reference.digest) || Option.contains(announced, reference.digest.value)
    if (kind === "manifest" && Option.isSome(reference.tag)) return same
    if (!same && Option.isSome(announced)) {
      return yield* malformed(
        reference.registry,
        `${what}: expected the digest ${
          Option.getOrElse(reference.digest, () => "")
        }, the registry says ${announced.value}`
      )
    }
    return true
  })

  const pushManifest = Effect.fn("OciRegistry.pushManifest")(
    function*(reference: ImageReference, { bytes, mediaType }: ManifestSource) {
      const what = wordsFor(reference)
      if (bytes.byteLength > maxDocumentBytes) {
        return yield* malformed(
          reference.registry,
          `${what}: a manifest of ${bytes.byteLength} bytes is over the limit of ${maxDocumentBytes}`
        )
      }
      const digest = digestOf(bytes)
      const asked = reference.digest
      if (Option.isSome(asked) && asked.value.startsWith("sha256:") && asked.value !== digest) {
        return yield* malformed(reference.registry, `${what}: the manifest to be sent has the digest ${digest}`)
      }
      const reply = yield* core.open(calls.putManifest(reference, mediaType, bytes), created)
      forget(reference)
      const kept = Option.filter(announcedDigest(reply), (kept) => kept.startsWith("sha256:"))
      if (Option.isSome(kept) && kept.value !== digest) {
        return yield* malformed(reference.registry, `${what}: sent ${digest}, the registry kept ${kept.value}`)
      }
      return Option.getOrElse(asked, () => digest)
    }
  )

  const sending = (
    repository: RegistryRepository,
    digest: Digest,
    method: Call["method"],
    url: URL,
    headers: Call["headers"],
    body?: CallBody
  ): Call => ({
    ...calls.writing(repository, { method, path: "blobs/uploads/", what: blobWords(repository, digest), headers }),
    url,
    ...(body === undefined
      ? {}
      : { body, patience: 30_000 + (body.kind === "stream" ? body.size : body.bytes.byteLength) / slowest })
  })

  const monolithic = (repository: RegistryRepository, session: Session, source: BlobSource) =>
    core.open(
      sending(
        repository,
        source.digest,
        "PUT",
        closing(session, source.digest),
        { "content-type": "application/octet-stream", "content-length": String(source.size) },
        { kind: "stream", bytes: source.bytes, size: source.size }
      ),
      created,
      0
    )

  // Pieces are cut to size, so that one is in memory at a time.
  const chunked = (repository: RegistryRepository, opened: Session, source: BlobSource, wanted: number) =>
    Effect.gen(function*() {
      const size = Math.max(wanted, opened.smallest, 1)
      const step = (state: { readonly session: Session; readonly sent: number }, piece: Uint8Array) => {
        const call = sending(repository, source.digest, "PATCH", state.session.location, {
          "content-type": "application/octet-stream",
          "content-length": String(piece.byteLength),
          "content-range": `${state.sent}-${state.sent + piece.byteLength - 1}`
        }, { kind: "bytes", bytes: piece })
        return Effect.flatMap(
          core.open(call, created, 0),
          (reply) => Effect.map(sessionOf(call, reply), (session) => ({ session, sent: state.sent + piece.byteLength }))
        )
      }
      const { sent, session } = yield* pieces(source.bytes, size).pipe(
        Stream.runFoldEffect({ session: opened, sent: 0 }, step)
      )
      if (sent !== source.size) {
        return yield* malformed(
          repository.registry,
          `${blobWords(repository, source.digest)}: expected ${source.size} bytes, there were ${sent}`
        )
      }
      const url = closing(session, source.digest)
      return yield* core.open(sending(repository, source.digest, "PUT", url, { "content-length": "0" }), created, 0)
    })

  const start = (repository: RegistryRepository, digest: Digest, query: string, expected: ReadonlySet<number>) => {
    const call = calls.writing(repository, {
      method: "POST",
      path: `blobs/uploads/${query}`,
      what: blobWords(repository, digest),
      headers: { "content-length": "0" }
    })
    return Effect.map(core.open(call, expected), (reply) => ({ call, reply }))
  }

  const open = (repository: RegistryRepository, digest: Digest): Effect.Effect<Session, CensusError> =>
    Effect.flatMap(start(repository, digest, "", created), ({ call, reply }) => sessionOf(call, reply))

  /** Sends a blob; a session that breaks is followed by a new one, from the beginning. */
  const upload = (
    repository: RegistryRepository,
    source: BlobSource,
    chunkSize: number | undefined,
    offered?: Session
  ): Effect.Effect<void, CensusError> => {
    const send = (session: Session) =>
      chunkSize === undefined
        ? monolithic(repository, session, source)
        : chunked(repository, session, source, chunkSize)
    const kept = (reply: Reply) => {
      const announced = Option.getOrElse(announcedDigest(reply), () => source.digest)
      return announced === source.digest ? Effect.void : Effect.fail(malformed(
        repository.registry,
        `${blobWords(repository, source.digest)}: sent ${source.digest}, the registry kept ${announced}`
      ))
    }
    const again = (left: number): Effect.Effect<void, CensusError> =>
      open(repository, source.digest).pipe(Effect.flatMap(send), Effect.flatMap(kept), retrying(left))
    const retrying = (left: number) => (attempt: Effect.Effect<void, CensusError>) =>
      Effect.catchAll(attempt, (error) => {
        // A session that the registry has forgotten is no word on the blob.
        const lost = error._tag === "NOT_FOUND" ||
          (error._tag === "TRANSIENT" && error.reason !== "malformed") || error._tag === "RATE_LIMIT"
        return lost && left > 0 ? again(left - 1) : Effect.fail(error)
      })
    const first = offered === undefined ? Effect.flatMap(open(repository, source.digest), send) : send(offered)
    return first.pipe(Effect.flatMap(kept), retrying(options.retries))
  }

  const pushBlob = Effect.fn("OciRegistry.pushBlob")(
    function*(repository: RegistryRepository, source: BlobSource, more: { readonly chunkSize?: number } = {}) {
      const reference = { ...repository, tag: Option.none(), digest: Option.some(source.digest) }
      if (yield* has("blob", reference)) return false
      yield* upload(repository, source, more.chunkSize)
      return true
    }
  )

  /** Mounts a blob; where the registry does not, it may have opened an upload instead. */
  const mountOrOpen = (
    repository: RegistryRepository,
    digest: Digest,
    from: string
  ): Effect.Effect<"mounted" | Session | undefined, CensusError> => {
    const query = new URLSearchParams({ mount: digest, from })
    const call = calls.writing(repository, {
      method: "POST",
      path: `blobs/uploads/?${query.toString()}`,
      what: blobWords(repository, digest),
      headers: { "content-length": "0" }
    })
    const asking: Call = { ...call, scope: `${call.scope} repository:${from}:pull` }
    return core.open(asking, mounting, 0).pipe(
      Effect.flatMap((reply): Effect.Effect<"mounted" | Session | undefined, Transient> =>
        reply.status === 201 ? Effect.succeed("mounted") : sessionOf(call, reply)
      ),
      // Whatever the refusal or the trouble was, the upload that follows says whether it is final.
      Effect.catchTags({
        AUTH: () => Effect.succeed(undefined),
        NOT_FOUND: () => Effect.succeed(undefined),
        TRANSIENT: () => Effect.succeed(undefined)
      })
    )
  }

  return { has, pushManifest, pushBlob, upload, mountOrOpen }
}

/** Bytes cut anew into pieces of one size; the last may be shorter. */
export const pieces = <E>(bytes: Stream.Stream<Uint8Array, E>, size: number): Stream.Stream<Uint8Array, E> => {
  const cut = (held: Uint8Array, chunk: Uint8Array): readonly [Uint8Array, ReadonlyArray<Uint8Array>] => {
    const all = held.byteLength === 0 ? chunk : Buffer.concat([held, chunk])
    const full = Math.floor(all.byteLength / size)
    const out = Array.from({ length: full }, (_, index) => all.subarray(index * size, (index + 1) * size))
    return [all.subarray(full * size), out]
  }
  return bytes.pipe(
    Stream.map(Option.some),
    Stream.concat(Stream.make(Option.none<Uint8Array>())),
    Stream.mapAccum<Uint8Array, Option.Option<Uint8Array>, ReadonlyArray<Uint8Array>>(
      new Uint8Array(0),
      (held, chunk) =>
        Option.match(chunk, {
          onNone: () => [new Uint8Array(0), held.byteLength === 0 ? [] : [held]] as const,
          onSome: (chunk) => cut(held, chunk)
        })
    ),
    Stream.mapConcat((out) => out)
  )
}
