/**
 * Bodies by digest in a directory, with memory in front. Several processes may share the directory: files appear whole
 * or not at all (written beside and renamed), and what is read is verified, so that a broken file is only a miss.
 */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Either, Layer, Option } from "effect"
import { createHash } from "node:crypto"
import { digestOf } from "../../domain/ContentDigest.js"
import { algorithmOf, type Digest, hexOf, parse as parseDigest } from "../../domain/Digest.js"
import { type CachedContent, ContentCache, type ContentKind } from "../../services/ContentCache.js"
import * as Memory from "./ContentCacheMemory.js"
import { maxDocumentBytes } from "./options.js"

export interface DiskCacheOptions extends Memory.ContentCacheOptions {
  /** Made where it is not there, for its owner only: private images lie here too. */
  readonly directory: string
  /** All files together, in bytes; the oldest go first. Default 1 GiB. */
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

/** The cache in a directory. What the disk refuses is told in the log, and the cache goes on in memory. */
export const make = Effect.fnUntraced(function*(options: DiskCacheOptions) {
  const { directory, maxDiskBytes = usualDiskBytes, maxObjectBytes = maxDocumentBytes } = options
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const memory = Memory.make(options)
  let written = 0
  let told = false

  const fileOf = (kind: ContentKind, digest: Digest): string => {
    const hex = hexOf(digest)
    return path.join(directory, `${kind}s`, algorithmOf(digest), hex.slice(0, 2), hex)
  }

  const pointerOf = (tag: string): string => {
    const name = createHash("sha256").update(tag).digest("hex")
    return path.join(directory, "tags", name.slice(0, 2), name)
  }

  const refused = (what: string) => (error: { readonly message: string }): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (told) return Effect.logDebug(`cache: ${what}: ${error.message}`)
      told = true
      return Effect.logWarning(`The cache directory cannot be used as it should: ${what}: ${error.message}`)
    })

  // A name beside the file that no other writer has: the directory is made by the file system.
  const writeWhole = (file: string, bytes: Uint8Array): Effect.Effect<void> =>
    Effect.scoped(Effect.gen(function*() {
      yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 })
      const beside = yield* fs.makeTempFileScoped({ directory: path.dirname(file), prefix: ".part-" })
      yield* fs.writeFile(beside, bytes, { mode: 0o600 })
      yield* fs.rename(beside, file)
    })).pipe(Effect.catchAll(refused("writing")))

  const readIfThere = (file: string): Effect.Effect<Option.Option<Uint8Array>> =>
    fs.readFile(file).pipe(
      Effect.asSome,
      Effect.catchAll((error) =>
        error._tag === "SystemError" && error.reason === "NotFound"
          ? Effect.succeed(Option.none<Uint8Array>())
          : Effect.as(refused("reading")(error), Option.none<Uint8Array>())
      )
    )

  /** Deletes the oldest files until four fifths of the bound are left. */
  const sweep = Effect.gen(function*() {
    const names = yield* fs.readDirectory(directory, { recursive: true })
    const files = yield* Effect.forEach(names, (name) =>
      fs.stat(path.join(directory, name)).pipe(
        Effect.map((info) => ({ name, info })),
        Effect.option
      ), { concurrency: 8 })
    const known = files.flatMap(Option.toArray).filter(({ info }) => info.type === "File")
      .map(({ info, name }) => ({
        name,
        size: Number(info.size),
        at: Option.match(info.mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
      }))
      .toSorted((a, b) => a.at - b.at)
    let total = known.reduce((sum, { size }) => sum + size, 0)
    if (total <= maxDiskBytes) return
    for (const { name, size } of known) {
      if (total <= maxDiskBytes * 0.8) return
      yield* fs.remove(path.join(directory, name), { force: true })
      total -= size
    }
  }).pipe(Effect.catchAll(refused("sweeping")))

  const fromDisk = (kind: ContentKind, digest: Digest) =>
    Effect.gen(function*() {
      const file = fileOf(kind, digest)
      const found = yield* readIfThere(file)
      if (Option.isNone(found)) return Option.none<CachedContent>()
      const content = decode(kind, found.value)
      if (digestOf(content.bytes, algorithmOf(digest)) === digest) {
        yield* memory.put(kind, digest, content)
        return Option.some(content)
      }
      yield* fs.remove(file, { force: true }).pipe(Effect.catchAll(refused("removing a broken file")))
      return Option.none<CachedContent>()
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
        const file = fileOf(kind, digest)
        yield* writeWhole(file, encode(kind, content))
        written += content.bytes.byteLength
        if (written < maxDiskBytes / 10) return
        written = 0
        yield* sweep
      }),
    pointed: (tag) =>
      Effect.flatMap(memory.pointed(tag), (held) =>
        Option.isSome(held) ? Effect.succeed(held) : Effect.map(
          readIfThere(pointerOf(tag)),
          Option.flatMap((bytes) => Either.getRight(parseDigest(Buffer.from(bytes).toString("utf8"))))
        )),
    point: (tag, digest) =>
      Effect.flatMap(memory.pointed(tag), (held) =>
        Option.contains(held, digest)
          ? Effect.void
          : Effect.zipRight(memory.point(tag, digest), writeWhole(pointerOf(tag), Buffer.from(digest, "utf8"))))
  }
  return service
})

/** The cache as a layer. */
export const layer = (options: DiskCacheOptions): Layer.Layer<ContentCache, never, FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(ContentCache, make(options))
