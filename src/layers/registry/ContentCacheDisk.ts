/**
 * Bodies by digest in a directory, with memory in front. Several processes may share the directory: files appear whole
 * or not at all (written beside and renamed), and what is read is verified, so that a broken file is only a miss.
 */
import type { FileSystem, Path } from "@effect/platform"
import { Effect, Either, Layer, Option } from "effect"
import { createHash } from "node:crypto"
import { digestOf } from "../../domain/ContentDigest.js"
import { algorithmOf, type Digest, hexOf, parse as parseDigest } from "../../domain/Digest.js"
import { ContentCache, type ContentPlace } from "../../services/ContentCache.js"
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

// What a registry has is a file of two lines: the place, so that a file of another one is only a miss, and the media type.
const encodePlace = (place: ContentPlace, mediaType: string): Uint8Array =>
  Buffer.from(`${Memory.placeKey(place)}\n${mediaType}\n`, "utf8")

const decodePlace = (place: ContentPlace, file: Uint8Array): Option.Option<string> => {
  const [key, mediaType, ...rest] = Buffer.from(file).toString("utf8").split("\n")
  return key === Memory.placeKey(place) && mediaType !== undefined && rest.length === 1 && rest[0] === ""
    ? Option.some(mediaType)
    : Option.none()
}

const bytesOf = (digest: Digest): ReadonlyArray<string> => {
  const hex = hexOf(digest)
  return ["blobs", algorithmOf(digest), hex.slice(0, 2), hex]
}

const hashed = (folder: string, key: string): ReadonlyArray<string> => {
  const name = createHash("sha256").update(key).digest("hex")
  return [folder, name.slice(0, 2), name]
}

const pointerOf = (tag: string): ReadonlyArray<string> => hashed("tags", tag)

const placeOf = (place: ContentPlace): ReadonlyArray<string> => hashed("places", Memory.placeKey(place))

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
  const fromDisk = (digest: Digest) =>
    Effect.gen(function*() {
      const found = yield* read(bytesOf(digest))
      if (Option.isNone(found) || digestOf(found.value, algorithmOf(digest)) !== digest) {
        return Option.none<Uint8Array>()
      }
      yield* memory.keep(digest, found.value)
      return found
    })

  const placeFromDisk = (place: ContentPlace) =>
    Effect.gen(function*() {
      const found = Option.flatMap(yield* read(placeOf(place)), (file) => decodePlace(place, file))
      if (Option.isSome(found)) yield* memory.confirm(place, found.value)
      return found
    })

  yield* Effect.forkScoped(sweep)

  const service: typeof ContentCache.Service = {
    known: (place) =>
      Effect.flatMap(memory.known(place), (held) => Option.isSome(held) ? Effect.succeed(held) : placeFromDisk(place)),
    confirm: (place, given) =>
      Effect.suspend(() => {
        const mediaType = given.replace(/[\r\n]/g, "")
        return Effect.flatMap(memory.known(place), (held) =>
          Option.contains(held, mediaType)
            ? Effect.void
            : Effect.zipRight(
              memory.confirm(place, mediaType),
              write(placeOf(place), encodePlace(place, mediaType))
            ))
      }),
    bytes: (digest) =>
      Effect.flatMap(memory.bytes(digest), (held) => Option.isSome(held) ? Effect.succeed(held) : fromDisk(digest)),
    keep: (digest, bytes) =>
      Effect.gen(function*() {
        yield* memory.keep(digest, bytes)
        if (bytes.byteLength > maxObjectBytes) return
        yield* write(bytesOf(digest), bytes)
        written += bytes.byteLength
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
