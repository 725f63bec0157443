/**
 * `/api/docs`: Swagger UI over the OpenAPI document, in one page that loads nothing. It comes with `@effect/platform`.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import { takesEncoding } from "./negotiate.js"

/** Where it is. */
export const docsPath = "/api/docs"

const hashesOf = (html: string, tag: "script" | "style"): string =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))]
    .map(([, content = ""]) => `'sha256-${createHash("sha256").update(content, "utf8").digest("base64")}'`)
    .join(" ")

// Its own scripts and styles by their hashes, and requests to this server.
const policyOf = (html: string): string =>
  [
    "default-src 'none'",
    `script-src ${hashesOf(html, "script")}`,
    `style-src ${hashesOf(html, "style")}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

interface Page {
  readonly policy: string
  readonly etag: string
  readonly gzip: Uint8Array
}

/** Gives the page its policy and its ETag, and compresses it; worked out once, as the page is always the same. */
export const makeFinish = () => {
  let page: Page | undefined
  return (
    response: HttpServerResponse.HttpServerResponse,
    acceptEncoding: string | undefined
  ): HttpServerResponse.HttpServerResponse => {
    if (response.body._tag !== "Uint8Array") return response
    const bytes = response.body.body
    page ??= {
      policy: policyOf(new TextDecoder().decode(bytes)),
      etag: `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      gzip: gzipSync(bytes)
    }
    const compress = takesEncoding(acceptEncoding, "gzip")
    return HttpServerResponse.uint8Array(compress ? page.gzip : bytes, {
      contentType: "text/html; charset=utf-8",
      headers: {
        "cache-control": "no-cache",
        "content-security-policy": page.policy,
        etag: page.etag,
        vary: "Accept-Encoding",
        ...(compress ? { "content-encoding": "gzip" } : {})
      }
    })
  }
}
