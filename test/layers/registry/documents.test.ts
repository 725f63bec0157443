/**
 * Bodies of registries that are no documents: nested too deep for whatever walks them, or two documents at once.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Stream, TestClock } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { inspect } from "../../../src/programs/registry/Inspect.js"
import { synthesizeIndex } from "../../../src/programs/registry/SynthesizeIndex.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import {
  type Asked,
  imageBytes,
  indexType,
  makeStub,
  manifestAnswer,
  manifestType,
  reference,
  registryOver,
  type Told,
  unauthorized
} from "./stub.js"

const deep = (text: string): Buffer =>
  Buffer.from(text.replace("\"here\"", `${"{\"a\":".repeat(5_000)}1${"}".repeat(5_000)}`))

const digest = digestOf(imageBytes("a"))
const entry = { mediaType: manifestType, digest, size: 2 }
const one = reference("reg.example/o/n:1")

/** How a call on a world ends, with the clock running. */
const endOf = <A, E>(answer: (asked: Asked) => Told, use: Effect.Effect<A, E, OciRegistry>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.exit(use))
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(registryOver(makeStub(answer).client)))

const isTransient = (exit: Exit.Exit<object, { readonly _tag: string; readonly message: string }>, words: string) => {
  const error = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
  assert.strictEqual(error?._tag, "TRANSIENT", String(exit))
  assert.include(error?.message, words)
}

/** Whom a manifest that cannot be had concerns: `one` image, or `all` of the registry. */
const scopeOf = (told: Told) =>
  Effect.map(
    endOf(() => told, Effect.flatMap(OciRegistry, (registry) => registry.manifest(one))),
    (exit) =>
      Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag === "TRANSIENT"
        ? exit.cause.error.scope
        : String(exit)
  )

const tooDeep = "nested more than 100 levels deep"

describe("bodies of registries", () => {
  const places: ReadonlyArray<readonly [string, object]> = [
    ["annotations", { schemaVersion: 2, annotations: "here", manifests: [] }],
    ["a platform", { schemaVersion: 2, manifests: [{ ...entry, platform: "here" }] }],
    ["a member that nobody knows", { schemaVersion: 2, manifests: [], other: "here" }]
  ]

  it.effect.each(places)(
    "that are too deep in %s are no answer to whoever reads indexes",
    ([, document]) =>
      Effect.gen(function*() {
        const told = manifestAnswer(deep(JSON.stringify(document)), indexType)
        isTransient(
          yield* endOf(() => told, Effect.flatMap(OciRegistry, (registry) => registry.manifest(one))),
          tooDeep
        )
        isTransient(yield* endOf(() => told, inspect(one, Option.none())), tooDeep)
        isTransient(yield* endOf(() => told, synthesizeIndex(one)), tooDeep)
      })
  )

  it.effect("that are too deep are no config, no list, no token and no refusal", () =>
    Effect.gen(function*() {
      const config = deep("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Labels\":\"here\"}}")
      const image = Buffer.from(JSON.stringify({
        schemaVersion: 2,
        config: {
          mediaType: "application/vnd.oci.image.config.v1+json",
          digest: digestOf(config),
          size: config.byteLength
        },
        layers: []
      }))
      isTransient(
        yield* endOf(
          ({ path }) => path.includes("/blobs/") ? { body: config } : manifestAnswer(image),
          inspect(one, Option.none())
        ),
        tooDeep
      )
      const tags = Stream.unwrap(Effect.map(OciRegistry, (registry) => registry.tags(one)))
      isTransient(
        yield* endOf(() => ({ body: deep("{\"tags\":\"here\"}") }), Stream.runCollect(tags)),
        "is not JSON with a list of tags"
      )
      const resolved = Effect.flatMap(OciRegistry, (registry) => registry.resolve(one))
      const realm = unauthorized("Bearer realm=\"https://reg.example/token\",service=\"reg.example\"")
      isTransient(
        yield* endOf(
          ({ path }) => path.startsWith("/token") ? { body: deep("{\"token\":\"here\"}") } : realm,
          resolved
        ),
        "without a token"
      )
      isTransient(
        yield* endOf(() => ({ status: 404, body: deep("{\"errors\":[{\"code\":\"here\"}]}") }), resolved),
        "not the registry's own"
      )
    }))

  it.effect("that are an index and an image at once are neither (CVE-2021-41190), whatever their type says", () =>
    Effect.gen(function*() {
      const image: object = JSON.parse(Buffer.from(imageBytes("a")).toString("utf8"))
      const both = Buffer.from(JSON.stringify({ ...image, mediaType: undefined, manifests: [entry] }))
      for (const type of [indexType, manifestType, "application/json"]) {
        const read = Effect.flatMap(OciRegistry, (registry) => registry.manifest(one))
        isTransient(yield* endOf(() => manifestAnswer(both, type), read), "CVE-2021-41190")
      }
    }))

  it.effect("are of the form that their type says", () =>
    Effect.gen(function*() {
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
      const image = Buffer.from(JSON.stringify({ schemaVersion: 2, config: entry, layers: [] }))
      const read = Effect.flatMap(OciRegistry, (registry) => registry.manifest(one))
      isTransient(yield* endOf(() => manifestAnswer(index, manifestType), read), "has the form of")
      isTransient(yield* endOf(() => manifestAnswer(image, indexType), read), "has the form of")
      assert.isTrue(Exit.isSuccess(yield* endOf(() => manifestAnswer(index, indexType), read)))
      assert.isTrue(Exit.isSuccess(yield* endOf(() => manifestAnswer(image, "application/json"), read)))
    }))

  it.effect("are the fault of who pushed them where they come as manifests, and else of the registry", () =>
    Effect.gen(function*() {
      const pushed = deep(JSON.stringify({ schemaVersion: 2, annotations: "here", manifests: [] }))
      const large = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], x: "a".repeat(5_000_000) }))
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
      for (const bytes of [pushed, large]) assert.strictEqual(yield* scopeOf(manifestAnswer(bytes, indexType)), "one")
      assert.strictEqual(yield* scopeOf(manifestAnswer(index, manifestType)), "one")
      const page = Buffer.from("<html></html>")
      assert.strictEqual(yield* scopeOf(manifestAnswer(page, "text/html")), "all")
      assert.strictEqual(yield* scopeOf({ status: 503, body: "" }), "all")
    }))
})
