import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, TestClock } from "effect"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import { requestsTo } from "../../support/requestCounts.js"
import { imageBytes, makeStub, manifestAnswer, reference, registryOver, type Told, unauthorized } from "./stub.js"

const basic: RegistryCredential = { kind: "basic", id: "mine", username: "u", secret: Redacted.make("p") }
const given: RegistryCredential = { kind: "bearer", id: "given", secret: Redacted.make("t") }
const refresh: RegistryCredential = { kind: "identity", id: "refresh", secret: Redacted.make("r") }

const denied: Told = { status: 403, body: "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"denied\"}]}" }

/** A registry with tokens, of which `o/private` is shown to nobody. */
const guarded = (token: (authorization: string | undefined) => Told) =>
  makeStub(({ authorization, host, path }) => {
    if (path.startsWith("/token")) return token(authorization)
    const challenge = unauthorized(`Bearer realm="https://${host}/token",service="${host}"`)
    if (authorization === undefined) return challenge
    return path.startsWith("/v2/o/private/") ? challenge : manifestAnswer(imageBytes("a"))
  })

const issued: Told = { body: "{\"token\":\"t\"}" }

/** Looks at images one after the other, as far as they let it. */
const look = (stub: ReturnType<typeof makeStub>, texts: ReadonlyArray<string>, credential?: RegistryCredential) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const fiber = yield* Effect.fork(
      Effect.forEach(texts, (text) => Effect.either(registry.resolve(reference(text))), { discard: true })
    )
    yield* TestClock.adjust("5 minutes")
    yield* Fiber.join(fiber)
  }).pipe(Effect.provide(registryOver(
    stub.client,
    { retries: 0 },
    new Map(credential === undefined ? [] : texts.map((text) => [text.split("/")[0] ?? "", credential]))
  )))

describe("what registries answered is counted", () => {
  it.effect("a challenge and what strangers are not shown are no refusals", () =>
    Effect.gen(function*() {
      const images = ["strangers.example/o/n:1", "strangers.example/o/private:1", "strangers.example/o/private:2"]
      yield* look(guarded(() => issued), images)
      const { challenged, not_visible: hidden, ok, refused } = yield* requestsTo("strangers.example")
      assert.deepStrictEqual([challenged, refused], [1, undefined])
      assert.isAtLeast(hidden ?? 0, 2)
      assert.isAtLeast(ok ?? 0, 3)
    }))

  it.effect("a token endpoint that gives strangers nothing refuses no credential", () =>
    Effect.gen(function*() {
      yield* look(guarded(() => denied), ["closed.example/o/private:1", "closed.example/o/private:2"])
      assert.deepStrictEqual(yield* requestsTo("closed.example"), { challenged: 1, not_visible: 2 })
    }))

  it.effect("a registry that answers 403 to strangers refuses no credential", () =>
    Effect.gen(function*() {
      yield* look(makeStub(() => denied), ["open.example/o/private:1", "open.example/o/private:2"])
      assert.deepStrictEqual(yield* requestsTo("open.example"), { not_visible: 2 })
    }))

  it.effect("credentials that token endpoints refuse are refused, in a header and in a form", () =>
    Effect.gen(function*() {
      yield* look(guarded(() => denied), ["stale.example/o/n:1", "stale.example/o/n:2"], basic)
      assert.deepStrictEqual(yield* requestsTo("stale.example"), { challenged: 1, refused: 2 })
      yield* look(guarded(() => denied), ["form.example/o/n:1"], refresh)
      assert.deepStrictEqual(yield* requestsTo("form.example"), { challenged: 1, refused: 1 })
    }))

  it.effect("what a credential's token is refused is refused, and so is a token that was given to us", () =>
    Effect.gen(function*() {
      yield* look(guarded(() => issued), ["scoped.example/o/private:1"], basic)
      const counts = yield* requestsTo("scoped.example")
      assert.deepStrictEqual([counts["challenged"], counts["not_visible"]], [1, undefined])
      assert.isAtLeast(counts["refused"] ?? 0, 1)
      yield* look(makeStub(() => denied), ["given.example/o/n:1"], given)
      assert.deepStrictEqual(yield* requestsTo("given.example"), { refused: 1 })
    }))

  it.effect("under the name that the budget has, a mirror's too", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* Effect.flatMap(OciRegistry, (registry) => registry.resolve(reference("reg.example/o/n:1")))
      const names = (yield* budgets.snapshot).map(({ key }) => key.service)
      assert.deepStrictEqual(names, ["reg.example via mirror.example"])
      for (const name of names) assert.deepStrictEqual(yield* requestsTo(name), { challenged: 1, ok: 2 })
      assert.deepStrictEqual(yield* requestsTo("reg.example"), {})
    }).pipe(
      Effect.provide(registryOver(guarded(() => issued).client, {
        mirrors: [{ registry: "reg.example", address: new URL("https://mirror.example") }]
      }))
    ))
})
