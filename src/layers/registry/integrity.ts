/**
 * Bodies are what they claim to be, or an error that names both values.
 */
import { Effect, Either, Option, Stream } from "effect"
import { createHash } from "node:crypto"
import { digestOf } from "../../domain/ContentDigest.js"
import { algorithmOf, type Digest, parse as parseDigest } from "../../domain/Digest.js"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { decodeBody } from "../http/decode.js"
import { brokenConnection, illFormed, malformed } from "./failures.js"
import { type Method, readSaying, type Reply } from "./transport.js"

/** What a body is expected to be. */
export interface Expectation {
  /** The registry, for errors. */
  readonly service: string
  /** What was asked for, for errors. */
  readonly what: string
  readonly method: Method
  /** A longer body is refused, before it is read where its length is announced. */
  readonly maxBytes: number
}

/** The length that a body announces, where it is not encoded for the way. */
export const announcedLength = (reply: Reply): number | undefined => {
  const text = reply.headers["content-length"]
  const encoding = reply.headers["content-encoding"]
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined
  return encoding === undefined || encoding === "identity" ? Number(text) : undefined
}

/** `Docker-Content-Digest`; none where it is missing or is no digest that can be verified. */
export const announcedDigest = (reply: Reply): Option.Option<Digest> => {
  const text = reply.headers["docker-content-digest"]
  return text === undefined ? Option.none() : Either.getRight(parseDigest(text))
}

const tooLong = ({ maxBytes, service, what }: Expectation, length: number | undefined): Transient =>
  illFormed(
    service,
    `${what}: the body is ${length === undefined ? "longer" : `${length} bytes`}, and at most ${maxBytes} are read`
  )

const short = ({ service, what }: Expectation, announced: number, got: number): Transient =>
  new Transient({
    service,
    reason: "network",
    message: `${what}: the body ended after ${got} bytes, and ${announced} were announced`
  })

/**
 * Reads a body to its end. Fails with TRANSIENT: `malformed` when it is longer than allowed, on the wire or decoded;
 * `network` when it broke off or is shorter than announced, which is worth another try.
 */
export const readWhole = (reply: Reply, expected: Expectation): Effect.Effect<Uint8Array, Transient> =>
  Effect.suspend(() => {
    const announced = announcedLength(reply)
    if (announced !== undefined && announced > expected.maxBytes) {
      return Effect.zipRight(readSaying(reply, expected.method, 1), Effect.fail(tooLong(expected, announced)))
    }
    const chunks: Array<Uint8Array> = []
    let size = 0
    return reply.body.pipe(
      Stream.catchAll((error) =>
        Stream.fail(
          announced === undefined
            ? brokenConnection(expected.service, expected.what, error)
            : short(expected, announced, size)
        )
      ),
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > expected.maxBytes) return Effect.fail(tooLong(expected, undefined))
        chunks.push(chunk)
        return Effect.void
      }),
      Effect.flatMap(() => {
        if (announced !== undefined && size !== announced) return Effect.fail(short(expected, announced, size))
        const decoded = decodeBody(Buffer.concat(chunks), reply.headers["content-encoding"], expected.maxBytes)
        return Effect.mapError(decoded, ({ message }) => malformed(expected.service, `${expected.what}: ${message}`))
      })
    )
  })

/** Fails unless the bytes have the digest. */
export const verifyDigest = (
  service: string,
  what: string,
  bytes: Uint8Array,
  digest: Digest
): Effect.Effect<void, Transient> =>
  Effect.suspend(() => {
    const actual = digestOf(bytes, algorithmOf(digest))
    return actual === digest
      ? Effect.void
      : Effect.fail(malformed(service, `${what}: expected the digest ${digest}, the body has ${actual}`))
  })

/**
 * A stream that fails at its end unless it had the digest (and the size, where that is known), and at once when it is
 * longer. `size` is in bytes.
 */
export const verified = (
  bytes: Stream.Stream<Uint8Array, CensusError>,
  { digest, service, size, what }: {
    readonly service: string
    readonly what: string
    readonly digest: Digest
    readonly size: number | undefined
  }
): Stream.Stream<Uint8Array, CensusError> =>
  Stream.suspend(() => {
    const hash = createHash(algorithmOf(digest))
    let length = 0
    const wrongLength = () => malformed(service, `${what}: expected ${size} bytes, the body has ${length} or more`)
    const counted = Stream.mapEffect(bytes, (chunk): Effect.Effect<Uint8Array, CensusError> => {
      hash.update(chunk)
      length += chunk.byteLength
      return size !== undefined && length > size ? Effect.fail(wrongLength()) : Effect.succeed(chunk)
    })
    const checked = Effect.suspend((): Effect.Effect<void, CensusError> => {
      if (size !== undefined && length !== size) {
        return Effect.fail(malformed(service, `${what}: expected ${size} bytes, the body has ${length}`))
      }
      const actual = `${algorithmOf(digest)}:${hash.digest("hex")}`
      return actual === digest
        ? Effect.void
        : Effect.fail(malformed(service, `${what}: expected the digest ${digest}, the body has ${actual}`))
    })
    return Stream.concat(counted, Stream.drain(Stream.fromEffect(checked)))
  })
