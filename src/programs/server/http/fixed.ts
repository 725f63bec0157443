/**
 * Documents that are the same for everybody: hashed and compressed once, and sent from the same bytes to all.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Fiber } from "effect"
import { createHash } from "node:crypto"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import { takesEncoding } from "./negotiate.js"

/** A document, and the headers that go with it. */
export interface Fixed {
  readonly type: string
  readonly bytes: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** The same in the codings that make it smaller, with its ETag. */
export interface Served extends Fixed {
  readonly etag: string
  readonly br: Uint8Array | undefined
  readonly gzip: Uint8Array | undefined
}

const smallest = 1000

// The page of the API's description has 2 MB, for which the best quality takes longer than readers wait on a busy machine.
const brotlied = (bytes: Uint8Array) =>
  promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: bytes.byteLength > 500_000 ? 5 : 9 } })

const gzipped = (bytes: Uint8Array) => promisify(gzip)(bytes)

/** Prepares a document, beside the event loop. */
export const served = (fixed: Fixed): Effect.Effect<Served> =>
  Effect.gen(function*() {
    const { bytes, type } = fixed
    const pays = bytes.byteLength >= smallest && /^text|javascript|json|svg/.test(type)
    const [br, gzip] = pays
      ? yield* Effect.promise(() => Promise.all([brotlied(bytes), gzipped(bytes)]))
      : [undefined, undefined]
    const etag = `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`
    return { ...fixed, etag, br, gzip }
  })

/** A document as an answer, in the best coding that the reader takes. */
export const respondServed = (
  status: 200 | 404,
  { br, bytes: plain, etag, gzip, headers, type }: Served,
  acceptEncoding: string | undefined
): HttpServerResponse.HttpServerResponse => {
  const [coding, bytes] = br !== undefined && takesEncoding(acceptEncoding, "br")
    ? ["br", br] as const
    : gzip !== undefined && takesEncoding(acceptEncoding, "gzip")
    ? ["gzip", gzip] as const
    : [undefined, plain] as const
  return HttpServerResponse.uint8Array(bytes, {
    status,
    contentType: type,
    headers: {
      etag,
      "cache-control": "no-cache",
      ...headers,
      ...(br === undefined ? {} : { vary: "Accept-Encoding" }),
      ...(coding === undefined ? {} : { "content-encoding": coding })
    }
  })
}

/** Answers with a document that is made when somebody first asks for it, and never again. */
export const fixedOnce = <R>(make: Effect.Effect<Fixed, never, R>) =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    // By a fiber of its own: whoever asks first may leave before it is made.
    const making = yield* Effect.cached(Effect.forkIn(Effect.flatMap(make, served), scope))
    return (request: HttpServerRequest) =>
      Effect.map(
        Effect.flatMap(making, Fiber.join),
        (one) => respondServed(200, one, request.headers["accept-encoding"])
      )
  })
