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

const place = (registry: string, kind: "manifest" | "blob" = "manifest") => ({ kind, registry, digest })

describe("the cache in memory", () => {
  it.effect("keeps apart which registry has what, as manifest or as blob, and gives out bytes by digest", () =>
    Effect.gen(function*() {
      const cache = Memory.make({ maxObjectBytes: 100 })
      yield* cache.keep(digest, bytes)
      yield* cache.confirm(place("a.example"), manifestType)
      assert.deepStrictEqual(yield* cache.known(place("a.example")), Option.some(manifestType))
      assert.deepStrictEqual(yield* cache.known(place("a.example", "blob")), Option.none())
      assert.deepStrictEqual(yield* cache.known(place("b.example")), Option.none())
      yield* cache.confirm(place("b.example"), "other/type")
      assert.deepStrictEqual(yield* cache.known(place("a.example")), Option.some(manifestType))
      assert.deepStrictEqual(yield* cache.bytes(digest), Option.some<Uint8Array>(bytes))
    }))

  it.effect("lets large bodies pass", () =>
    Effect.gen(function*() {
      const cache = Memory.make({ maxObjectBytes: 100 })
      const large = new Uint8Array(101)
      yield* cache.keep(digestOf(large), large)
      assert.isTrue(Option.isNone(yield* cache.bytes(digestOf(large))))
    }))
})

describe("the cache on disk", () => {
  it.scopedLive("gives to the next process what one has kept", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const first = yield* open(folder)
        yield* first.keep(digest, bytes)
        yield* first.confirm(place("a.example"), manifestType)
        yield* first.point("docker.io/library/x:1", digest)
        const second = yield* open(folder)
        assert.deepStrictEqual([...Option.getOrThrow(yield* second.bytes(digest))], [...bytes])
        assert.deepStrictEqual(yield* second.known(place("a.example")), Option.some(manifestType))
        assert.isTrue(Option.isNone(yield* second.known(place("b.example"))))
        assert.isTrue(Option.isNone(yield* second.known(place("a.example", "blob"))))
        assert.deepStrictEqual(yield* second.pointed("docker.io/library/x:1"), Option.some(digest))
        assert.isTrue(Option.isNone(yield* second.pointed("docker.io/library/x:2")))
      })
    ))

  it.scopedLive("believes no file about a registry that speaks of another place, or is cut off", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        yield* (yield* open(folder)).confirm(place("a.example"), manifestType)
        const [name = ""] = (yield* fs.readDirectory(path.join(folder, folderName, "places"), { recursive: true }))
          .filter((name) => path.basename(name).length === 64)
        const file = path.join(folder, folderName, "places", name)
        const whole = yield* fs.readFileString(file)
        for (const broken of ["", whole.slice(0, -1), whole.slice(0, 30), whole.replace("a.example", "b.example")]) {
          yield* fs.writeFileString(file, broken)
          assert.isTrue(Option.isNone(yield* (yield* open(folder)).known(place("a.example"))), broken)
        }
        yield* fs.writeFileString(file, whole)
        assert.isTrue(Option.isSome(yield* (yield* open(folder)).known(place("a.example"))))
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
          yield* writer.keep(digest, bytes)
          yield* fs.writeFile(file, broken)
          const reader = yield* open(folder)
          assert.isTrue(Option.isNone(yield* reader.bytes(digest)))
          yield* reader.keep(digest, bytes)
          assert.isTrue(Option.isSome(yield* (yield* open(folder)).bytes(digest)))
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
          ({ bytes, cache }) => cache.keep(digestOf(bytes), bytes),
          { concurrency: "unbounded" }
        )
        const reader = yield* open(folder)
        for (const bytes of bodies) assert.isTrue(Option.isSome(yield* reader.bytes(digestOf(bytes))))
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
        yield* cache.keep(digest, bytes)
        assert.isTrue(Option.isSome(yield* cache.bytes(digest)))
      })
    ))
})
