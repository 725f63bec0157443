import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Option, Stream } from "effect"
import { layerMemory } from "../../../src/layers/dockerhub/DockerHubRegistryMemory.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"

const facts = (image: string) => ({ image, pulls: 7n, stars: 1, lastUpdated: Option.none() })

describe("DockerHubRegistryMemory", () => {
  it.effect("knows what it was given, by any spelling, and nothing else", () =>
    Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      assert.deepStrictEqual(yield* hub.repository("library/nginx"), facts("library/nginx"))
      assert.strictEqual((yield* hub.repository("A/b")).image, "A/b")
      assert.strictEqual((yield* Effect.flip(hub.repository("a/c")))._tag, "NOT_FOUND")
      assert.strictEqual((yield* Effect.flip(Stream.runHead(hub.namespace("c"))))._tag, "NOT_FOUND")
    }).pipe(Effect.provide(layerMemory([facts("nginx"), facts("a/b")]))))

  it.effect.prop(
    "lists a namespace page by page to its end",
    { size: FastCheck.integer({ min: 1, max: 320 }) },
    ({ size }) =>
      Effect.gen(function*() {
        const hub = yield* DockerHubRegistry
        const pages = Chunk.toReadonlyArray(yield* Stream.runCollect(hub.namespace("NS")))
        assert.lengthOf(pages, Math.ceil(size / 100))
        assert.deepStrictEqual(
          pages.map(({ complete }) => complete),
          pages.map((_, index) => index === pages.length - 1)
        )
        assert.strictEqual(new Set(pages.flatMap(({ images }) => images.map(({ image }) => image))).size, size)
        assert.isTrue(pages.every(({ count, walled }) => count === size && !walled))
      }).pipe(
        Effect.provide(layerMemory([facts("other/x"), ...Array.from({ length: size }, (_, i) => facts(`ns/i${i}`))]))
      )
  )
})
