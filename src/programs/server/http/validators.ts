/**
 * ETags, `If-None-Match` and compression of answers that were made just now.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { gzip } from "node:zlib"
import { takesEncoding, varying } from "./negotiate.js"

/** Smaller ones fit into a packet or two as they are. */
const worthCompressing = 4_000

const isRead = ({ method }: HttpServerRequest) => method === "GET" || method === "HEAD"

const matches = (header: string, etag: string): boolean =>
  header.trim() === "*" ||
  header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag.replace(/^W\//, ""))

/** Answers 304 where the reader has this already. */
export const notModified = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  const etag = response.headers["etag"]
  const held = request.headers["if-none-match"]
  if (etag === undefined || held === undefined || !isRead(request) || response.status !== 200) return response
  return matches(held, etag)
    ? HttpServerResponse.empty({ status: 304, headers: withoutBody(response.headers) })
    : response
}

const withoutBody = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-(?:encoding|length|type)$/.test(name)))

/** Gives an answer its ETag, the hash of its body; not one that nobody is to keep. */
export const withEtag = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  if (!isRead(request) || response.status !== 200 || response.body._tag !== "Uint8Array") return response
  if (response.headers["etag"] !== undefined || response.headers["cache-control"] === "no-store") return response
  const hash = createHash("sha256").update(response.body.body).digest("base64url").slice(0, 22)
  return HttpServerResponse.setHeaders(response, { "cache-control": "no-cache", etag: `W/"${hash}"` })
}

const gzipped = (bytes: Uint8Array) =>
  Effect.async<Uint8Array>((resume) =>
    gzip(bytes, { level: 4 }, (error, result) => resume(error === null ? Effect.succeed(result) : Effect.die(error)))
  )

/** Compresses a large answer for those who take it. */
export const compressed = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const { body } = response
  if (body._tag !== "Uint8Array" || body.body.byteLength < worthCompressing) return Effect.succeed(response)
  const varied = varying(response, "Accept-Encoding")
  if (!takesEncoding(request.headers["accept-encoding"], "gzip")) return Effect.succeed(varied)
  return Effect.map(gzipped(body.body), (bytes) =>
    HttpServerResponse.uint8Array(bytes, {
      status: response.status,
      contentType: body.contentType,
      headers: { ...varied.headers, "content-encoding": "gzip" }
    }))
}
