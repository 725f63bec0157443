/**
 * Answers that say nothing good, for any service.
 */
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { type Answer, text } from "../service/Exchange.js"
import type { Before } from "./Stranger.js"

/** So many levels deep, as text. */
export const deep = (levels: number, open = "{\"a\":", close = "}"): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`

export const page = (status: number): Answer =>
  text(status, "<!DOCTYPE html><html><body><h1>Nothing to see</h1></body></html>", "text/html")

const json = "application/json"
const filler = "a".repeat(65_536)

const body = (body: string | Uint8Array, more: Partial<Extract<Answer, { readonly _tag: "Answer" }>> = {}): Answer => ({
  _tag: "Answer",
  status: 200,
  headers: { "content-type": json },
  body,
  ...more
})

/** Whole answers, by what is wrong about them. */
export const badAnswers: ReadonlyArray<readonly [string, Answer]> = [
  ["a page instead of a document", page(200)],
  ["404 of a proxy", text(404, "404 page not found\n", "text/plain")],
  ["404 as a page", page(404)],
  ["403 as a page", page(403)],
  ["500", text(500, "", "text/plain")],
  ["429 for ten years", body("{}", { status: 429, headers: { "retry-after": "315360000" } })],
  ["429 that names no number", body("{}", { status: 429, headers: { "retry-after": "\u00ff".repeat(100) } })],
  ["a body that breaks off", body("{\"name\":\"x\"}", { cut: 5 })],
  ["a body that does not end", body(filler, { goesOn: "endless" })],
  ["a body that falls silent", body("{", { goesOn: "silence" })],
  ["no answer but a broken connection", { _tag: "Reset" }],
  [
    "a gzip bomb",
    body(gzipSync(Buffer.alloc(64 * 1024 * 1024)), {
      headers: { "content-type": json, "content-encoding": "gzip" }
    })
  ],
  ["gzip that is none", body("{}", { headers: { "content-type": json, "content-encoding": "gzip" } })],
  ["bytes that are no text", body(new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]))],
  ["nothing", body("")],
  ["null", body("null")],
  ["a number", body("1e999")],
  ["thousands of levels", body(deep(20_000))],
  ["thousands of levels of lists", body(deep(20_000, "[", "]"))],
  ["thousands of levels in an error", body(`{"errors":[{"code":"X","message":${deep(20_000)}}]}`, { status: 400 })]
]

/** The same answer to everything. */
export const always = (answer: Answer): Before => () => Effect.succeed(answer)
