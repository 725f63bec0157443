/**
 * Cross-origin requests: refused by every browser unless an origin is named in the settings.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { varying } from "./negotiate.js"

/** Origins such as `https://dashboard.example.org`. */
export type Origins = ReadonlyArray<string>

const allowed = (origins: Origins, request: HttpServerRequest): string | undefined => {
  const origin = request.headers["origin"]
  return origin !== undefined && origins.includes(origin) ? origin : undefined
}

/** Lets a page of an allowed origin read the answer; caches are told that others may not. */
export const crossOrigin = (
  origins: Origins,
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  if (origins.length === 0) return response
  const origin = allowed(origins, request)
  const varied = varying(response, "Origin")
  return origin === undefined ? varied : HttpServerResponse.setHeaders(varied, {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "ETag, Retry-After",
    "cross-origin-resource-policy": "cross-origin"
  })
}

/** The answer to a browser that asks first; none for other requests. */
export const preflight = (
  origins: Origins,
  request: HttpServerRequest
): HttpServerResponse.HttpServerResponse | undefined =>
  request.method === "OPTIONS" && allowed(origins, request) !== undefined &&
    request.headers["access-control-request-method"] !== undefined
    ? HttpServerResponse.empty({
      status: 204,
      headers: {
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "Authorization, Content-Type, If-None-Match",
        "access-control-max-age": "600"
      }
    })
    : undefined
