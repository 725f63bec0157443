import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Stream } from "effect"
import { parse } from "../../../src/domain/DeployInput.js"
import type { CensusError } from "../../../src/domain/Errors.js"
import * as Memory from "../../../src/layers/registry/OciRegistryMemory.js"
import { deploy, waves } from "../../../src/programs/registry/Deploy.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { makeImage } from "../../layers/registry/images.js"
import { pushAll } from "../../layers/registry/live.js"
import { reference } from "../../layers/registry/stub.js"

const image = makeImage("deploy")

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

const input = (value: unknown) => Either.getOrThrow(parse(JSON.stringify(value)))

// Everything an image consists of, from data alone, in the wrong order.
const fromData = [
  input({ type: "manifest", refs: ["b.example/app:1"], data: base64(image.index.bytes) }),
  ...image.manifests.map(({ bytes }) => input({ type: "manifest", refs: ["b.example/app"], data: base64(bytes) })),
  ...image.blobs.map((bytes) => input({ type: "blob", refs: ["b.example/app"], data: base64(bytes) }))
]

// The index alone: its children have to be copied from elsewhere.
const fromLookup = [
  input({
    type: "manifest",
    refs: ["b.example/app:1", "b.example/app:latest"],
    data: base64(image.index.bytes),
    lookup: { "": "a.example/app" }
  })
]

type Registry = typeof OciRegistry.Service

/** A registry that breaks down with its n-th call, as if the program had been killed there. */
const dying = (registry: Registry, calls: number): Registry => {
  let left = calls
  const counted = <A>(effect: Effect.Effect<A, CensusError>): Effect.Effect<A, CensusError> =>
    Effect.suspend(() => left-- > 0 ? effect : Effect.interrupt)
  return {
    ...registry,
    has: (kind, reference) => counted(registry.has(kind, reference)),
    pushManifest: (reference, source) => counted(registry.pushManifest(reference, source)),
    pushBlob: (repository, source) => counted(registry.pushBlob(repository, source)),
    copy: (source, target) => counted(registry.copy(source, target)),
    copyBlob: (source, target, digest, size) => counted(registry.copyBlob(source, target, digest, size))
  }
}

const run = (registry: Registry, inputs: typeof fromData, concurrency = 1) =>
  Stream.runCollect(deploy(inputs, { dryRun: false, concurrency })).pipe(
    Effect.provide(Layer.succeed(OciRegistry, registry))
  )

const complete = (registry: Registry) =>
  Effect.gen(function*() {
    for (const { digest } of image.manifests) {
      assert.isTrue(yield* registry.has("manifest", reference(`b.example/app@${digest}`)))
    }
    assert.strictEqual((yield* registry.resolve(reference("b.example/app:1"))).digest, image.index.digest)
  })

describe("deploy", () => {
  it("pushes blobs first, then manifests, children before parents", () => {
    const order = waves(fromData).map((wave) => wave.map(({ type }) => type))
    assert.deepStrictEqual(order.map((wave) => [wave[0], wave.length]), [["blob", 8], ["manifest", 4], ["manifest", 1]])
  })

  it.effect("pushes everything once, and finds it there the second time", () =>
    Effect.gen(function*() {
      const registry = Memory.make()
      const first = yield* run(registry, fromData, 4)
      assert.isTrue([...first].every(({ outcome }) => outcome === "pushed"))
      yield* complete(registry)
      const second = yield* run(registry, fromData, 4)
      assert.isTrue([...second].every(({ outcome }) => outcome === "present"))
    }))

  for (const [name, inputs] of [["from data", fromData], ["with children copied", fromLookup]] as const) {
    it.effect(`killed at any point and run again ends in the same state, ${name}`, () =>
      Effect.gen(function*() {
        let ended = false
        for (let calls = 0; !ended; calls++) {
          const registry = Memory.make()
          yield* pushAll(image, reference("a.example/app:1")).pipe(
            Effect.provide(Layer.succeed(OciRegistry, registry))
          )
          const exit = yield* Effect.exit(run(dying(registry, calls), inputs))
          ended = exit._tag === "Success"
          yield* run(registry, inputs)
          yield* complete(registry)
          assert.isBelow(calls, 200)
        }
      }))
  }

  it.effect("a dry run writes nothing", () =>
    Effect.gen(function*() {
      const registry = Memory.make()
      const said = yield* Stream.runCollect(deploy(fromData, { dryRun: true, concurrency: 4 })).pipe(
        Effect.provide(Layer.succeed(OciRegistry, registry))
      )
      assert.isTrue([...said].every(({ outcome }) => outcome === "would-push"))
      assert.isFalse(yield* registry.has("manifest", reference("b.example/app:1")))
    }))

  it.effect("a child that is nowhere is told, and the parent is not pushed", () =>
    Effect.gen(function*() {
      const registry = Memory.make()
      const error = yield* Effect.flip(run(registry, [fromData[0] ?? fromLookup[0]].flatMap((one) => one ?? [])))
      assert.strictEqual(error._tag, "NOT_FOUND")
      assert.include(error.message, image.manifests[0]?.digest ?? "?")
      assert.isFalse(yield* registry.has("manifest", reference("b.example/app:1")))
    }))

  it.effect("without data, an object is copied from where lookup says", () =>
    Effect.gen(function*() {
      const registry = Memory.make()
      yield* pushAll(image, reference("a.example/app:1")).pipe(Effect.provide(Layer.succeed(OciRegistry, registry)))
      const [blob] = image.blobs
      const done = yield* run(registry, [
        input({ type: "manifest", refs: ["b.example/app:1"], lookup: { "": "a.example/app:1" } }),
        ...(blob === undefined ? [] : [input({
          type: "blob",
          refs: [`b.example/other@${image.manifests[0] === undefined ? "" : digestIn(image.manifests[0].bytes)}`],
          lookup: { "": "a.example/app" }
        })])
      ])
      assert.deepStrictEqual([...done].map(({ outcome }) => outcome), ["copied", "copied"])
      yield* complete(registry)
    }))
})

const digestIn = (manifest: Uint8Array): string =>
  /"config":\{[^}]*"digest":"(sha256:[a-f0-9]{64})"/.exec(Buffer.from(manifest).toString("utf8"))?.[1] ?? ""
