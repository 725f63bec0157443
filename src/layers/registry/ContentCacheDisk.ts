/**
 * Bodies by digest in a directory, with memory in front. Several processes may share the directory: files appear whole
 * or not at all (written beside and renamed), and what is read is verified, so that a broken file is only a miss.
 */
import type { FileSystem, Path } from "@effect/platform"
import { Effect, Either, Layer, Option } from "effect"
import { createHash } from "node:crypto"
import { digestOf } from "../../domain/ContentDigest.js"
import { algorithmOf, type Digest, hexOf, parse as parseDigest } from "../../domain/Digest.js"
import { type CachedContent, ContentCache, type ContentKind } from "../../services/ContentCache.js"
import * as CacheFolder from "./cacheFolder.js"
import * as Memory from "./ContentCacheMemory.js"
import { maxDocumentBytes } from "./options.js"

export interface DiskCacheOptions extends Memory.ContentCacheOptions {
  /** The cache's own folder is made in it, for its owner only: private images lie there too. */
  readonly directory: string
  /** The cache's files together, in bytes; the oldest go first. Default 1 GiB. */
  readonly maxDiskBytes?: number
}

const usualDiskBytes = 1024 * 1024 * 1024

// A manifest's file begins with a line for its media type. Nothing else is in it but the bytes.
const encode = (kind: ContentKind, { bytes, mediaType }: CachedContent): Uint8Array =>
  kind === "blob" ? bytes : Buffer.concat([Buffer.from(`${mediaType.replace(/[\r\n]/g, "")}\n`, "utf8"), bytes])

const decode = (kind: ContentKind, file: Uint8Array): CachedContent => {
  if (kind === "blob") return { bytes: file, mediaType: "" }
  const end = file.indexOf(10)
  return { bytes: file.subarray(end + 1), mediaType: Buffer.from(file.subarray(0, Math.max(end, 0))).toString("utf8") }
}

const fileOf = (kind: ContentKind, digest: Digest): ReadonlyArray<string> => {
  const hex = hexOf(digest)
  return [`${kind}s`, algorithmOf(digest), hex.slice(0, 2), hex]
}

const pointerOf = (tag: string): ReadonlyArray<string> => {
  const name = createHash("sha256").update(tag).digest("hex")
  return ["tags", name.slice(0, 2), name]
}

/** The cache in a directory. What the disk refuses is told in the log, and the cache goes on in memory. */
export const make = Effect.fnUntraced(function*(options: DiskCacheOptions) {
  const { directory, maxDiskBytes = usualDiskBytes, maxObjectBytes = maxDocumentBytes } = options
  const files = yield* CacheFolder.make(directory)
  const memory = Memory.make(options)
  let written = 0
  let told = false

  const refused = (what: string) => (error: { readonly message: string }): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (told) return Effect.logDebug(`cache: ${what}: ${error.message}`)
      told = true
      return Effect.logWarning(`The cache directory cannot be used as it should: ${what}: ${error.message}`)
    })

  const write = (file: ReadonlyArray<string>, bytes: Uint8Array) =>
    Effect.catchAll(files.write(file, bytes), refused("writing"))
  const read = (file: ReadonlyArray<string>) =>
    Effect.catchAll(files.read(file), (error) => Effect.as(refused("reading")(error), Option.none<Uint8Array>()))
  const sweep = Effect.catchAll(files.sweep(maxDiskBytes), refused("sweeping"))

  // A broken file is a miss: what is fetched because of it takes its place.
  const fromDisk = (kind: ContentKind, digest: Digest) =>
    Effect.gen(function*() {
      const found = yield* read(fileOf(kind, digest))
      if (Option.isNone(found)) return Option.none<CachedContent>()
      const content = decode(kind, found.value)
      if (digestOf(content.bytes, algorithmOf(digest)) !== digest) return Option.none<CachedContent>()
      yield* memory.put(kind, digest, content)
      return Option.some(content)
    })

  yield* Effect.forkScoped(sweep)

  const service: typeof ContentCache.Service = {
    get: (kind, digest) =>
      Effect.flatMap(
        memory.get(kind, digest),
        (held) => Option.isSome(held) ? Effect.succeed(held) : fromDisk(kind, digest)
      ),
    put: (kind, digest, content) =>
      Effect.gen(function*() {
        yield* memory.put(kind, digest, content)
        if (content.bytes.byteLength > maxObjectBytes) return
        yield* write(fileOf(kind, digest), encode(kind, content))
        written += content.bytes.byteLength
        if (written < maxDiskBytes / 10) return
        written = 0
        yield* sweep
      }),
    pointed: (tag) =>
      Effect.flatMap(memory.pointed(tag), (held) =>
        Option.isSome(held) ? Effect.succeed(held) : Effect.map(
          read(pointerOf(tag)),
          Option.flatMap((bytes) => Either.getRight(parseDigest(Buffer.from(bytes).toString("utf8"))))
        )),
    point: (tag, digest) =>
      Effect.flatMap(memory.pointed(tag), (held) =>
        Option.contains(held, digest)
          ? Effect.void
          : Effect.zipRight(memory.point(tag, digest), write(pointerOf(tag), Buffer.from(digest, "utf8"))))
  }
  return service
})

/** The cache as a layer. */
export const layer = (options: DiskCacheOptions): Layer.Layer<ContentCache, never, FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(ContentCache, make(options))
