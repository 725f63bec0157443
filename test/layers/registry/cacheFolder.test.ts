/**
 * A cache folder that has a person's files in it: they stay, whatever they are called.
 */
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { folderName } from "../../../src/layers/registry/cacheFolder.js"
import * as Disk from "../../../src/layers/registry/ContentCacheDisk.js"

const hex = "0123456789abcdef".repeat(4)
const long = "x".repeat(3000)

/** What a folder in use holds, with names such as the cache gives, and as older versions of it gave. */
const persons = [
  ".bashrc",
  ".ssh/id_ed25519",
  "documents/2019/tax.pdf",
  `blobs/sha256/01/${hex}`,
  `manifests/sha256/01/${hex}`,
  `${hex}/${hex}`,
  `tags/01/${hex}`,
  ".part-a1b2c3/d4e5f6",
  "part-0123456789ab"
]
/** The same in the folder that the cache makes. */
const placed = [
  `${folderName}/${hex}`,
  `${folderName}/notes.txt`,
  `${folderName}/part-0123456789ab`,
  `${folderName}/blobs/sha256/01/${hex}.bak`,
  `${folderName}/blobs/sha256/01/.${hex}`,
  `${folderName}/blobs/sha256/01/${hex.toUpperCase()}`,
  `${folderName}/.hidden/${hex}`,
  `${folderName}/a/b/c/d/e/${hex}`
]

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* fs.realPath(yield* fs.makeTempDirectoryScoped()))
  })).pipe(Effect.provide(NodeContext.layer))

const writeAll = (folder: string, names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const name of names) {
      const file = path.join(folder, name)
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      yield* fs.writeFileString(file, long)
      // Older than all that the cache writes, so that it would go first.
      yield* fs.utimes(file, 1000, 1000)
    }
  })

const missing = (folder: string, names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.filter(names, (name) => Effect.map(fs.exists(path.join(folder, name)), (is) => !is))
  })

const body = (n: number) => Buffer.alloc(1000, `body ${n}`)
const bodies = Array.from({ length: 40 }, (_, n) => body(n))

const fill = (directory: string) =>
  Effect.scoped(Effect.gen(function*() {
    const cache = yield* Disk.make({ directory, maxDiskBytes: 10_000 })
    for (const bytes of bodies) yield* cache.keep(digestOf(bytes), bytes)
  }))

const kept = (directory: string) =>
  Effect.scoped(Effect.gen(function*() {
    const cache = yield* Disk.make({ directory })
    return yield* Effect.filter(bodies, (bytes) => Effect.map(cache.bytes(digestOf(bytes)), Option.isSome))
  }))

describe("a cache folder that holds a person's files", () => {
  it.live("is swept of the cache's own files alone", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        yield* writeAll(folder, persons)
        yield* fill(folder)
        yield* writeAll(folder, placed)
        yield* fill(folder)
        assert.deepStrictEqual(yield* missing(folder, [...persons, ...placed]), [])
        const left = yield* kept(folder)
        assert.isAtLeast(left.length, 1)
        assert.isAtMost(left.length, 11)
      })
    ))

  it.live("is swept of nothing behind a symbolic link", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const elsewhere = `${folder}/elsewhere`
        const files = [hex, `sha256/01/${hex}`, `01/${hex}`]
        yield* writeAll(elsewhere, files)
        yield* fill(`${folder}/cache`)
        const own = `${folder}/cache/${folderName}`
        yield* fs.symlink(elsewhere, `${own}/manifests`)
        yield* fs.symlink(`${elsewhere}/01`, `${own}/blobs/sha256/zz`)
        yield* fs.symlink(`${elsewhere}/${hex}`, `${own}/blobs/sha256/${hex}`)
        yield* fs.symlink(`${elsewhere}/nowhere`, `${own}/blobs/nowhere`)
        yield* fill(`${folder}/cache`)
        assert.deepStrictEqual(yield* missing(elsewhere, files), [])
        assert.strictEqual(yield* fs.readLink(`${own}/blobs/sha256/${hex}`), `${elsewhere}/${hex}`)
        assert.isAtMost((yield* kept(`${folder}/cache`)).length, 11)
      })
    ))

  it.live("is not used where the cache's folder has the name of another one", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const mine = [`blobs/sha256/01/${hex}`, `tags/01/${hex}`, "README.md"]
        yield* writeAll(`${folder}/${folderName}`, mine)
        yield* fill(folder)
        assert.deepStrictEqual(yield* missing(`${folder}/${folderName}`, mine), [])
        assert.deepStrictEqual(yield* kept(folder), [])
      })
    ))

  it.live("may be reached by a symbolic link itself", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(`${folder}/disk`)
        yield* fs.symlink(`${folder}/disk`, `${folder}/link`)
        yield* fill(`${folder}/link`)
        const left = yield* kept(`${folder}/disk`)
        assert.isAtLeast(left.length, 1)
        assert.isAtMost(left.length, 11)
      })
    ))

  it.live("shows what the cache keeps to its owner alone, and what a killed process left goes", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fill(folder)
        const left = `${folder}/${folderName}/blobs/sha256/part-0123456789ab`
        yield* fs.writeFileString(left, "half", { mode: 0o600 })
        yield* fs.utimes(left, 1000, 1000)
        yield* fill(folder)
        assert.isFalse(yield* fs.exists(left))
        const names = yield* fs.readDirectory(folder, { recursive: true })
        const open = yield* Effect.filter(
          names,
          (name) => Effect.map(fs.stat(`${folder}/${name}`), ({ mode }) => (mode & 0o077) !== 0)
        )
        assert.deepStrictEqual(open, [])
      })
    ))
})
