/**
 * The page's files: read once, compressed where that pays, with their hashes as ETags.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { withoutEnd } from "../../../domain/textEnds.js"
import { respondServed, type Served, served } from "./fixed.js"

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

/** Answers a path of the page; none where there is no such file. */
export type StaticFiles = (path: string, acceptEncoding: string | undefined) => Option.Option<
  HttpServerResponse
>

const assets = fileURLToPath(new URL("../assets/page/", import.meta.url))

/** The charts' library, as its package has it. */
const chartsPath = "/uplot/uPlot.iife.min.js"
const charts = createRequire(import.meta.url).resolve("uplot/dist/uPlot.iife.min.js")

const fileOf = (name: string, bytes: Uint8Array): Effect.Effect<Served> =>
  served({
    type: types[/\.[a-z0-9]+$/.exec(name)?.[0] ?? ""] ?? "application/octet-stream",
    bytes,
    headers: { "content-security-policy": pagePolicy }
  })

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
    all.set(`/${name.split(paths.sep).join("/")}`, yield* fileOf(name, yield* files.readFile(path)))
  }
  all.set(chartsPath, yield* fileOf(chartsPath, yield* files.readFile(charts)))
  // Browsers ask for it where a page names no other, as that of the API's description.
  const icon = all.get("/icon.svg")
  if (icon !== undefined) all.set("/favicon.ico", icon)
  const answer: StaticFiles = (path, acceptEncoding) => {
    // Names of images and repositories may end in what looks like an extension: `socketio/socket.io`.
    const isPage = pages.test(withoutEnd(path, "/"))
    const name = isPage || !path.slice(path.lastIndexOf("/") + 1).includes(".") ? "/index.html" : path
    return Option.map(
      Option.fromNullable(all.get(name)),
      (file) => respondServed(isPage || name === path ? 200 : 404, file, acceptEncoding)
    )
  }
  return answer
}).pipe(Effect.orDie)
