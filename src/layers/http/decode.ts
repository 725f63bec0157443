/**
 * Undoing a body's Content-Encoding, with a bound on what comes out. Undici's own interceptor is experimental and says so
 * on standard error of every run, so the bodies, which are small and read whole, are decoded here.
 */
import { Effect } from "effect"
import { promisify } from "node:util"
import * as Zlib from "node:zlib"

/** What requests say that they accept. */
export const acceptedEncodings = "gzip, deflate, br"

/** Why a body could not be decoded, in words for people. */
export class Undecodable {
  readonly _tag = "Undecodable"
  constructor(readonly message: string) {}
}

const gunzip = promisify(Zlib.gunzip)
const inflate = promisify(Zlib.inflate)
const brotli = promisify(Zlib.brotliDecompress)

const decoders: ReadonlyMap<
  string,
  (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>
> = new Map([["gzip", gunzip], ["x-gzip", gunzip], ["deflate", inflate], ["br", brotli]])

const tooLong = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE"

const step = (bytes: Uint8Array, encoding: string, maxBytes: number) =>
  Effect.gen(function*() {
    const decoder = decoders.get(encoding)
    if (decoder === undefined) {
      return yield* Effect.fail(new Undecodable(`unknown content encoding ${encoding.slice(0, 40)}`))
    }
    return yield* Effect.tryPromise({
      try: () => decoder(bytes, { maxOutputLength: maxBytes }),
      catch: (cause) =>
        new Undecodable(
          tooLong(cause) ? `the body is longer than ${maxBytes} bytes` : `the body is no valid ${encoding}`
        )
    })
  })

/** Decodes a body by its `Content-Encoding`, outermost coding last; an empty body stays empty. */
export const decodeBody = (
  bytes: Uint8Array,
  contentEncoding: string | undefined,
  maxBytes: number
): Effect.Effect<Uint8Array, Undecodable> => {
  const codings = (contentEncoding ?? "").toLowerCase().split(",").map((coding) => coding.trim()).filter(
    (coding) => coding !== "" && coding !== "identity"
  )
  if (bytes.byteLength === 0 || codings.length === 0) return Effect.succeed(bytes)
  if (codings.length > 3) return Effect.fail(new Undecodable("more than three content encodings"))
  return Effect.reduce(codings.reverse(), bytes, (body, coding) => step(body, coding, maxBytes))
}
