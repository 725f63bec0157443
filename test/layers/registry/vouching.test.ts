import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import {
  type Asked,
  imageBytes,
  indexType,
  makeStub,
  manifestAnswer,
  manifestType,
  missing,
  reference,
  registryOver
} from "./stub.js"

const bytes = imageBytes("a")
const digest = digestOf(bytes)
const config = Buffer.from("{\"os\":\"linux\"}")
const configDigest = digestOf(config)

const here = (host: string): boolean => host !== "without.example"

/** Registries that all have the same image and its config, but for `without.example`, which has nothing. */
const registries = () =>
  makeStub(({ host, path }) =>
    !here(host)
      ? missing()
      : path.includes("/blobs/")
      ? { headers: { "content-length": String(config.byteLength) }, body: config }
      : manifestAnswer(bytes)
  )

const asked = (stub: { readonly asked: ReadonlyArray<Asked> }, host: string) =>
  stub.asked.filter((one) => one.host === host).map(({ method }) => method)

describe("a digest is only as good as who served it", () => {
  it.effect("a manifest that one registry served says nothing of another", () => {
    const stub = registries()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference(`stranger.example/o/n@${digest}`))
      const resolved = yield* Effect.flip(registry.resolve(reference(`without.example/o/n@${digest}`)))
      const read = yield* Effect.flip(registry.manifest(reference(`without.example/o/n@${digest}`)))
      assert.deepStrictEqual([resolved._tag, read._tag], ["NOT_FOUND", "NOT_FOUND"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("nor does a blob: as a document, as a blob, by its length", () => {
    const stub = registries()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.document(reference(`stranger.example/o/n@${configDigest}`))
      const elsewhere = reference(`without.example/o/n@${configDigest}`)
      const tags = [
        yield* Effect.flip(registry.document(elsewhere)),
        yield* Effect.flip(registry.blob(elsewhere)),
        yield* Effect.flip(registry.resolve(elsewhere, "blob"))
      ].map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags, ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"])
      // What it said itself is not asked for again.
      const again = yield* registry.blob(reference(`stranger.example/o/n@${configDigest}`))
      assert.deepStrictEqual(Buffer.concat([...(yield* Stream.runCollect(again.bytes))]), config)
      assert.deepStrictEqual(asked(stub, "stranger.example"), ["GET"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("but the bytes are the same everywhere: another registry is asked with one HEAD, and once", () => {
    const stub = registries()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference(`stranger.example/o/n@${digest}`))
      for (let n = 0; n < 2; n++) {
        const found = yield* registry.manifest(reference(`own.example/o/n@${digest}`))
        assert.deepStrictEqual([...found.bytes], [...bytes])
        assert.strictEqual(found.mediaType, manifestType)
      }
      const { size } = yield* registry.resolve(reference(`own.example/o/n@${digest}`))
      assert.deepStrictEqual(size, Option.some(bytes.byteLength))
      assert.deepStrictEqual(asked(stub, "own.example"), ["HEAD"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("the media type is the registry's own, and no stranger's", () => {
    // Nothing in these bytes says what they are.
    const untold = Buffer.from("{\"schemaVersion\":2}")
    const stub = makeStub(({ host }) => manifestAnswer(untold, host === "stranger.example" ? indexType : manifestType))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const types = []
      for (const host of ["stranger.example", "own.example", "stranger.example"]) {
        const text = `${host}/o/n@${digestOf(untold)}`
        types.push((yield* registry.manifest(reference(text))).mediaType)
        types.push((yield* registry.resolve(reference(text))).mediaType)
      }
      assert.deepStrictEqual(types, [indexType, indexType, manifestType, manifestType, indexType, indexType])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a HEAD whose type the kept bytes contradict is refused, as a GET's is", () => {
    const stub = makeStub(({ host }) => manifestAnswer(bytes, host === "stranger.example" ? manifestType : indexType))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference(`stranger.example/o/n@${digest}`))
      const error = yield* Effect.flip(registry.manifest(reference(`own.example/o/n@${digest}`)))
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, indexType)
      assert.include(error.message, manifestType)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })
})
