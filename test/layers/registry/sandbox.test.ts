import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Stream } from "effect"
import { synthesizeIndex } from "../../../src/programs/registry/SynthesizeIndex.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { startRegistry } from "../../sandbox/registry/server.js"
import { makeImage } from "./images.js"
import { liveRegistry } from "./live.js"
import { imageBytes, manifestType, reference } from "./stub.js"

const image = makeImage("sandbox")

describe("registries of the sandbox over sockets", () => {
  it.scopedLive("one like GHCR: a token for each repository, 401 at the token endpoint for what is missing", () =>
    Effect.gen(function*() {
      const { host, store } = yield* startRegistry({ kind: "ghcr" })
      const bytes = imageBytes("a")
      for (let tag = 0; tag < 25; tag++) store.putManifest("o/n", `t${tag}`, bytes, manifestType)
      store.putManifest("o/m/deep", "1", bytes, manifestType)
      yield* Effect.gen(function*() {
        const registry = yield* OciRegistry
        const texts = [...Array.from({ length: 25 }, (_, tag) => `${host}/o/n:t${tag}`), `${host}/o/m/deep:1`]
        yield* Effect.forEach(texts, (text) => registry.resolve(reference(text)), { concurrency: 16 })
        assert.deepStrictEqual(
          { challenges: store.counts.challenges, tokens: store.counts.tokens, heads: store.counts.heads },
          { challenges: 1, tokens: 2, heads: 26 }
        )
        assert.strictEqual(store.counts.requests, 29)
        const missing = yield* Effect.flip(registry.resolve(reference(`${host}/o/none:1`)))
        assert.strictEqual(missing._tag, "AUTH")
        const unknown = yield* Effect.flip(registry.resolve(reference(`${host}/o/n:none`)))
        assert.strictEqual(unknown._tag, "NOT_FOUND")
        const tags = yield* Stream.runCollect(registry.tags(reference(`${host}/o/n`), { pageSize: 10 }))
        assert.deepStrictEqual([...tags], Array.from({ length: 25 }, (_, tag) => `t${tag}`))
        assert.isTrue(Option.isNone(yield* synthesizeIndex(reference(`${host}/o/none:1`))))
      }).pipe(Effect.provide(liveRegistry()))
    }))

  it.scopedLive("one like Docker Hub's: HEADs are free, pulls are counted and end with RATE_LIMIT", () =>
    Effect.gen(function*() {
      const { host, store } = yield* startRegistry({ kind: "dockerhub", pullLimit: 2 })
      for (let tag = 0; tag < 4; tag++) store.putManifest("library/x", `${tag}`, imageBytes(`${tag}`), manifestType)
      yield* Effect.gen(function*() {
        const registry = yield* OciRegistry
        const budgets = yield* RateBudgets
        for (let tag = 0; tag < 4; tag++) yield* registry.resolve(reference(`${host}/library/x:${tag}`))
        assert.strictEqual(store.counts.pulls, 0)
        yield* registry.manifest(reference(`${host}/library/x:0`))
        yield* registry.manifest(reference(`${host}/library/x:1`))
        const limited = yield* Effect.either(registry.manifest(reference(`${host}/library/x:2`)))
        assert.isTrue(Either.isLeft(limited) && limited.left._tag === "RATE_LIMIT")
        assert.strictEqual(store.counts.pulls, 3)
        const asked = store.counts.requests
        const again = yield* Effect.either(registry.manifest(reference(`${host}/library/x:3`)))
        assert.isTrue(Either.isLeft(again) && again.left._tag === "RATE_LIMIT")
        assert.strictEqual(store.counts.requests, asked)
        const [state] = yield* budgets.snapshot
        assert.strictEqual(state?.limit, 2)
        assert.strictEqual(state?.remaining, 0)
        // What was pulled already is still there.
        yield* registry.manifest(
          reference(`${host}/library/x@${(yield* keptDigest(store.manifest("library/x", "0")))}`)
        )
      }).pipe(Effect.provide(liveRegistry()))
    }))

  it.scopedLive("a broken body is asked for again", () =>
    Effect.gen(function*() {
      const { host, setFault, store } = yield* startRegistry({ kind: "open" })
      store.putManifest("o/n", "1", image.index.bytes, image.index.mediaType)
      let broken = 2
      setFault(() => broken-- > 0 ? (broken === 0 ? "reset" : "truncated") : undefined)
      const found = yield* Effect.flatMap(OciRegistry, (registry) => registry.manifest(reference(`${host}/o/n:1`)))
        .pipe(
          Effect.provide(liveRegistry())
        )
      assert.strictEqual(found.digest, image.index.digest)
    }))

  it.scopedLive("a body that is always broken is TRANSIENT and names both lengths", () =>
    Effect.gen(function*() {
      const { host, setFault, store } = yield* startRegistry({ kind: "open" })
      store.putManifest("o/n", "1", image.index.bytes, image.index.mediaType)
      setFault(() => "truncated")
      const error = yield* Effect.flip(
        Effect.flatMap(OciRegistry, (registry) => registry.manifest(reference(`${host}/o/n:1`)))
      ).pipe(Effect.provide(liveRegistry({ retries: 0 })))
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, `${image.index.bytes.byteLength}`)
    }))
})

const keptDigest = (kept: { readonly digest: string } | undefined) =>
  kept === undefined ? Effect.dieMessage("nothing was kept") : Effect.succeed(kept.digest)
