import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Option } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { hexOf } from "../../../src/domain/Digest.js"
import { folderName } from "../../../src/layers/registry/cacheFolder.js"
import * as Disk from "../../../src/layers/registry/ContentCacheDisk.js"
import * as Memory from "../../../src/layers/registry/ContentCacheMemory.js"
import { makeLru } from "../../../src/layers/registry/lru.js"
import { manifestType } from "./stub.js"

const bytes = Buffer.from("{\"some\":\"manifest\"}\nwith a line")
const digest = digestOf(bytes)

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
  Effect.scoped(
    Effect.flatMap(
      Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orDie(fs.makeTempDirectoryScoped())),
      (folder) => use(folder)
    )
  ).pipe(Effect.provide(NodeContext.layer))

const open = (directory: string) => Effect.scoped(Disk.make({ directory }))

describe("the least recently used", () => {
  it.prop(
    "is never over its bytes, and keeps what was used last",
    [FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 0, max: 9 }), FastCheck.integer({ min: 1, max: 60 })))],
    ([steps]) => {
      const lru = makeLru<number>(100, (size) => size)
      for (const [key, size] of steps) {
        lru.set(String(key), size)
        assert.isAtMost(lru.bytes(), 100)
        assert.strictEqual(lru.get(String(key)), size)
      }
    }
  )

  it("drops the oldest first", () => {
    const lru = makeLru<number>(3, () => 1)
    for (const key of ["a", "b", "c"]) lru.set(key, 1)
    lru.get("a")
    lru.set("d", 1)
    assert.deepStrictEqual(["a", "b", "c", "d"].map((key) => lru.get(key)), [1, undefined, 1, 1])
    lru.set("too large", 1)
    const none = makeLru<number>(3, () => 4)
    none.set("x", 1)
    assert.strictEqual(none.get("x"), undefined)
  })
})

describe("the cache in memory", () => {
  it.effect("keeps manifests and blobs apart, and lets large bodies pass", () =>
    Effect.gen(function*() {
      const cache = Memory.make({ maxObjectBytes: 100 })
      yield* cache.put("manifest", digest, { bytes, mediaType: manifestType })
      assert.isTrue(Option.isNone(yield* cache.get("blob", digest)))
      yield* cache.put("blob", digest, { bytes, mediaType: "" })
      assert.strictEqual(Option.getOrThrow(yield* cache.get("manifest", digest)).mediaType, manifestType)
      const large = new Uint8Array(101)
      yield* cache.put("blob", digestOf(large), { bytes: large, mediaType: "" })
      assert.isTrue(Option.isNone(yield* cache.get("blob", digestOf(large))))
    }))
})

describe("the cache on disk", () => {
  it.scopedLive("gives to the next process what one has kept", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const first = yield* open(folder)
        yield* first.put("manifest", digest, { bytes, mediaType: manifestType })
        yield* first.point("docker.io/library/x:1", digest)
        const second = yield* open(folder)
        const found = Option.getOrThrow(yield* second.get("manifest", digest))
        assert.deepStrictEqual([...found.bytes], [...bytes])
        assert.strictEqual(found.mediaType, manifestType)
        assert.deepStrictEqual(yield* second.pointed("docker.io/library/x:1"), Option.some(digest))
        assert.isTrue(Option.isNone(yield* second.pointed("docker.io/library/x:2")))
        assert.isTrue(Option.isNone(yield* second.get("blob", digest)))
      })
    ))

  it.scopedLive("takes a broken file for a miss, and replaces it", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const hex = hexOf(digest)
        const file = path.join(folder, folderName, "blobs", "sha256", hex.slice(0, 2), hex)
        for (const broken of [bytes.subarray(0, 5), Buffer.from(""), Buffer.concat([bytes, bytes])]) {
          const writer = yield* open(folder)
          yield* writer.put("blob", digest, { bytes, mediaType: "" })
          yield* fs.writeFile(file, broken)
          const reader = yield* open(folder)
          assert.isTrue(Option.isNone(yield* reader.get("blob", digest)))
          yield* reader.put("blob", digest, { bytes, mediaType: "" })
          assert.isTrue(Option.isSome(yield* (yield* open(folder)).get("blob", digest)))
        }
      })
    ))

  it.scopedLive("is written by many at once, and nothing half is ever seen", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const caches = yield* Effect.all(Array.from({ length: 4 }, () => open(folder)))
        const bodies = Array.from({ length: 10 }, (_, n) => Buffer.alloc(5_000, `body ${n}`))
        yield* Effect.forEach(
          caches.flatMap((cache) => bodies.map((bytes) => ({ cache, bytes }))),
          ({ bytes, cache }) => cache.put("blob", digestOf(bytes), { bytes, mediaType: "" }),
          { concurrency: "unbounded" }
        )
        const reader = yield* open(folder)
        for (const bytes of bodies) assert.isTrue(Option.isSome(yield* reader.get("blob", digestOf(bytes))))
        const fs = yield* FileSystem.FileSystem
        const names = yield* fs.readDirectory(folder, { recursive: true })
        assert.isFalse(names.some((name) => name.includes("part-")))
      })
    ))

  it.scopedLive("goes on in memory where the folder cannot be written", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${folder}/file`, "")
        const cache = yield* open(`${folder}/file/cache`)
        yield* cache.put("blob", digest, { bytes, mediaType: "" })
        assert.isTrue(Option.isSome(yield* cache.get("blob", digest)))
      })
    ))
})
