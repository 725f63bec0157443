/**
 * `/api/docs`: Swagger UI over the OpenAPI document, in one page that loads nothing. It comes with `@effect/platform`.
 */
import type { Default } from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Fixed } from "./fixed.js"

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

const pageRequest = HttpServerRequest.fromWeb(new Request(`http://localhost${docsPath}`))

/** The page as the API makes it, with its policy. */
export const docsOf = <E, R>(
  api: Default<E, R>
): Effect.Effect<Fixed, never, Exclude<R, HttpServerRequest.HttpServerRequest>> =>
  Effect.provideService(api, HttpServerRequest.HttpServerRequest, pageRequest).pipe(
    Effect.orDie,
    Effect.flatMap(({ body }) =>
      body._tag === "Uint8Array"
        ? Effect.succeed(body.body)
        : Effect.dieMessage(`the page of the API's description is of a kind that is not known: ${body._tag}`)
    ),
    Effect.map((bytes) => ({
      type: "text/html; charset=utf-8",
      bytes,
      headers: { "content-security-policy": policyOf(new TextDecoder().decode(bytes)) }
    }))
  )

/** The OpenAPI document. */
export const documentOf = (document: object): Fixed => ({
  type: "application/json",
  bytes: new TextEncoder().encode(JSON.stringify(document))
})
