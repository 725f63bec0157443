/**
 * The page's files: read once, compressed where that pays, with their hashes as ETags.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { withoutEnd } from "../../../domain/textEnds.js"
import { takesEncoding } from "./negotiate.js"

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2"
}

/** What the page may do: its own files and its own server, nothing inline. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // `data:` for badges, which are fetched with the tab's token.
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/** A file as it is sent: whole, and in the codings that make it smaller. */
interface Served {
  readonly type: string
  readonly etag: string
  readonly plain: Uint8Array
  readonly br: Uint8Array | undefined
  readonly gzip: Uint8Array | undefined
}

/** Answers a path of the page; none where there is no such file. */
export type StaticFiles = (path: string, acceptEncoding: string | undefined) => Option.Option<
  HttpServerResponse.HttpServerResponse
>

const smallest = 1000

const served = (name: string, bytes: Uint8Array): Served => {
  const type = types[/\.[a-z0-9]+$/.exec(name)?.[0] ?? ""] ?? "application/octet-stream"
  const pays = bytes.byteLength >= smallest && /^text|javascript|json|svg/.test(type)
  return {
    type,
    etag: `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
    plain: bytes,
    br: pays ? brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }) : undefined,
    gzip: pays ? gzipSync(bytes) : undefined
  }
}

const respond = (
  status: 200 | 404,
  { br, etag, gzip, plain, type }: Served,
  acceptEncoding: string | undefined
) => {
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
      "content-security-policy": pagePolicy,
      ...(br === undefined ? {} : { vary: "Accept-Encoding" }),
      ...(coding === undefined ? {} : { "content-encoding": coding })
    }
  })
}

const assets = fileURLToPath(new URL("../assets/page/", import.meta.url))

/** The charts' library, as its package has it. */
const chartsPath = "/uplot/uPlot.iife.min.js"
const charts = createRequire(import.meta.url).resolve("uplot/dist/uPlot.iife.min.js")

/** Addresses that the page knows, without slashes at their ends, as its `main.js` tells them apart. */
const pages = /^(?:\/(?:(?:images|catalog)(?:\/.+)?|repositories(?:\/[^/]+\/[^/]+)?|updates|watches|events))?$/

/**
 * Reads the page's files. Every address of the page is `index.html`, and so is what is neither that nor a file's name, with
 * 404: the page says to people that nothing is there.
 */
export const load: Effect.Effect<StaticFiles, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const names = yield* files.readDirectory(assets, { recursive: true })
  const all = new Map<string, Served>()
  for (const name of names) {
    const path = paths.join(assets, name)
    if ((yield* files.stat(path)).type !== "File") continue
    all.set(`/${name.split(paths.sep).join("/")}`, served(name, yield* files.readFile(path)))
  }
  all.set(chartsPath, served(chartsPath, yield* files.readFile(charts)))
  // Browsers ask for it where a page names no other, as that of the API's description.
  const icon = all.get("/icon.svg")
  if (icon !== undefined) all.set("/favicon.ico", icon)
  const answer: StaticFiles = (path, acceptEncoding) => {
    // Names of images and repositories may end in what looks like an extension: `socketio/socket.io`.
    const isPage = pages.test(withoutEnd(path, "/"))
    const name = isPage || !path.slice(path.lastIndexOf("/") + 1).includes(".") ? "/index.html" : path
    return Option.map(
      Option.fromNullable(all.get(name)),
      (file) => respond(isPage || name === path ? 200 : 404, file, acceptEncoding)
    )
  }
  return answer
}).pipe(Effect.orDie)
