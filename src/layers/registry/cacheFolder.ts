/**
 * The files of the cache, in a folder of their own below the one that a person named: what else lies there is the
 * person's. A file is removed only in a folder with our tag, under a name as the cache writes it, and never behind a
 * symbolic link. The tag is also the one by which backups leave caches out (Cache Directory Tagging Specification 0.6).
 */
import { FileSystem, Path } from "@effect/platform"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import { Array as Arr, Clock, Duration, Effect, Option, Random } from "effect"

/** The folder that the cache makes. */
export const folderName = "image-census-cache"

const tagName = "CACHEDIR.TAG"

const tagText = "Signature: 8a477f597d28d172789f06886806bc55\n" +
  "# image-census made this folder and removes files in it.\n"

const fileName = /^[0-9a-f]{40,128}$/
const unfinishedName = /^part-[0-9a-f]{12}$/
const innerFolder = /^[0-9a-z][0-9a-z.-]{0,63}$/
/** Kind, algorithm or registry, and the first digits: folders are looked into no deeper. */
const depth = 4
/** A file that another process is still writing is younger. */
const unfinishedFor = Duration.hours(1)

const ownerOnly = { folder: 0o700, file: 0o600 } as const

interface Entry {
  readonly path: string
  readonly name: string
  readonly size: number
  /** Epoch milliseconds. */
  readonly at: number
}

const isReason = (reason: SystemError["reason"]) => (error: PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === reason

/** The cache's files below a directory. Paths are lists of folders and at last a name of hexadecimal digits. */
export const make = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.join(directory, folderName)
  const tag = path.join(root, tagName)

  const isOurs = fs.readFileString(tag).pipe(
    Effect.map((text) => text === tagText),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(false))
  )

  // An empty folder is one whose maker has not written the tag yet.
  const prepare = Effect.gen(function*() {
    yield* fs.makeDirectory(root, { recursive: true, mode: ownerOnly.folder })
    if (yield* isOurs) return
    if ((yield* fs.readDirectory(root)).some((name) => name !== tagName)) {
      return yield* new SystemError({
        reason: "AlreadyExists",
        module: "FileSystem",
        method: "makeDirectory",
        pathOrDescriptor: root,
        description: `${root} is there already and was not made by the cache; name another folder`
      })
    }
    yield* fs.writeFileString(tag, tagText, { mode: ownerOnly.file })
  })
  let prepared = false

  /** Writes a file whole: beside its place under a name that no other writer has, and renamed. */
  const write = Effect.fnUntraced(function*(file: ReadonlyArray<string>, bytes: Uint8Array) {
    if (!prepared) yield* prepare
    prepared = true
    const target = path.join(root, ...file)
    const number = yield* Random.nextIntBetween(0, 2 ** 48)
    const beside = path.join(path.dirname(target), `part-${number.toString(16).padStart(12, "0")}`)
    yield* fs.makeDirectory(path.dirname(target), { recursive: true, mode: ownerOnly.folder })
    yield* fs.writeFile(beside, bytes, { flag: "wx", mode: ownerOnly.file }).pipe(
      Effect.zipRight(fs.rename(beside, target)),
      Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true })))
    )
  })

  const read = (file: ReadonlyArray<string>): Effect.Effect<Option.Option<Uint8Array>, PlatformError> =>
    fs.readFile(path.join(root, ...file)).pipe(
      Effect.asSome,
      Effect.catchIf(isReason("NotFound"), () => Effect.succeedNone)
    )

  // A path that leads elsewhere than it says has a symbolic link in it.
  const entriesOf = (folder: string, level: number): Effect.Effect<ReadonlyArray<Entry>, PlatformError> =>
    Effect.gen(function*() {
      const names = yield* fs.readDirectory(folder)
      const found = yield* Effect.forEach(names, (name) =>
        Effect.gen(function*() {
          const isFile = level > 0 && (fileName.test(name) || unfinishedName.test(name))
          if (!isFile && !innerFolder.test(name)) return []
          const inner = path.join(folder, name)
          if ((yield* fs.realPath(inner)) !== inner) return []
          const info = yield* fs.stat(inner)
          if (info.type === "Directory") return level < depth ? yield* entriesOf(inner, level + 1) : []
          if (info.type !== "File" || !isFile) return []
          const at = Option.match(info.mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
          return [{ path: inner, name, size: Number(info.size), at }]
        }).pipe(
          // Another process has removed it meanwhile, or the link leads nowhere.
          Effect.catchIf(isReason("NotFound"), () => Effect.succeed([]))
        ), { concurrency: 8 })
      return found.flat()
    })

  /** Removes the oldest files until four fifths of the bound (bytes) are left, and what was never finished. */
  const sweep = Effect.fnUntraced(function*(maxBytes: number) {
    if (!(yield* isOurs)) return
    const now = yield* Clock.currentTimeMillis
    const [whole, unfinished] = Arr.partition(
      yield* entriesOf(yield* fs.realPath(root), 0),
      ({ name }) => unfinishedName.test(name)
    )
    const remove = (entry: Entry) => fs.remove(entry.path, { force: true })
    const abandoned = unfinished.filter(({ at }) => now - at > Duration.toMillis(unfinishedFor))
    yield* Effect.forEach(abandoned, remove, { discard: true })
    let total = whole.reduce((sum, { size }) => sum + size, 0)
    if (total <= maxBytes) return
    for (const entry of whole.toSorted((a, b) => a.at - b.at)) {
      if (total <= maxBytes * 0.8) return
      yield* remove(entry)
      total -= entry.size
    }
  })

  return { read, write, sweep }
})
