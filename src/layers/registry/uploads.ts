/**
 * Uploads of blobs: sessions, in one request or in pieces, and mounts from other repositories (distribution-spec, "Pushing
 * blobs").
 */
import { Effect, Option, Stream } from "effect"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError, Transient } from "../../domain/Errors.js"
import { canonicalName } from "../../domain/ImageReference.js"
import type { BlobSource, RegistryRepository } from "../../services/OciRegistry.js"
import { type Calls, created } from "./calls.js"
import type { Core } from "./core.js"
import { malformed } from "./failures.js"
import { announcedDigest } from "./integrity.js"
import type { Settled } from "./options.js"
import { pieces } from "./pieces.js"
import type { Call, CallBody, Reply } from "./transport.js"
import type { Ways } from "./ways.js"

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

const sessionOf = (ways: Ways, call: Call, reply: Reply) =>
  Effect.suspend(() => {
    const fail = (message: string) => Effect.fail(malformed(call.endpoint.registry, `${call.what}: ${message}`))
    const location = reply.headers["location"]
    if (location === undefined || !URL.canParse(location, reply.url.href)) {
      return fail("the registry opened an upload without saying where")
    }
    const url = new URL(location, reply.url)
    const refusal = ways.refusal(call.endpoint, call.endpoint.base, url)
    if (refusal !== undefined) return fail(`the upload at ${url.host} is not made: ${refusal}`)
    const smallest = Number(reply.headers["oci-chunk-min-length"] ?? "0")
    return Effect.succeed<Session>({ location: url, smallest: Number.isSafeInteger(smallest) ? smallest : 0 })
  })

const closing = (session: Session, digest: Digest): URL => {
  const url = new URL(session.location)
  url.searchParams.set("digest", digest)
  return url
}

/** The uploads of one client. */
export const makeUploads = (core: Core, ways: Ways, calls: Calls, options: Settled) => {
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
          (reply) =>
            Effect.map(sessionOf(ways, call, reply), (session) => ({ session, sent: state.sent + piece.byteLength }))
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

  const opening = (repository: RegistryRepository, digest: Digest, query: string): Call =>
    calls.writing(repository, {
      method: "POST",
      path: `blobs/uploads/${query}`,
      what: blobWords(repository, digest),
      headers: { "content-length": "0" }
    })

  const open = (repository: RegistryRepository, digest: Digest): Effect.Effect<Session, CensusError> => {
    const call = opening(repository, digest, "")
    return Effect.flatMap(core.open(call, created), (reply) => sessionOf(ways, call, reply))
  }

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

  /** Mounts a blob; where the registry does not, it may have opened an upload instead. */
  const mountOrOpen = (
    repository: RegistryRepository,
    digest: Digest,
    from: string
  ): Effect.Effect<"mounted" | Session | undefined, CensusError> => {
    const call = opening(repository, digest, `?${new URLSearchParams({ mount: digest, from }).toString()}`)
    const asking: Call = { ...call, scope: `${call.scope} repository:${from}:pull` }
    return core.open(asking, mounting, 0).pipe(
      Effect.flatMap((reply): Effect.Effect<"mounted" | Session | undefined, Transient> =>
        reply.status === 201 ? Effect.succeed("mounted") : sessionOf(ways, call, reply)
      ),
      // Whatever the refusal or the trouble was, the upload that follows says whether it is final.
      Effect.catchTags({
        AUTH: () => Effect.succeed(undefined),
        NOT_FOUND: () => Effect.succeed(undefined),
        TRANSIENT: () => Effect.succeed(undefined)
      })
    )
  }

  return { upload, mountOrOpen }
}

export type Uploads = ReturnType<typeof makeUploads>
