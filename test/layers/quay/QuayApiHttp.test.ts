import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import { assert } from "vitest"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import { layer, type QuayOptions } from "../../../src/layers/quay/QuayApiHttp.js"
import { layerMemory } from "../../../src/layers/quay/QuayApiMemory.js"
import { QuayApi } from "../../../src/services/QuayApi.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { addedTo } from "../../support/requestCounts.js"
import { json, makeStub, type Reply } from "../dockerhub/stub.js"

const document = {
  namespace: "acme",
  name: "app",
  kind: "image",
  is_public: true,
  state: "NORMAL",
  tags: {
    old: { name: "old", size: 1, last_modified: "Thu, 20 Nov 2025 10:00:00 -0000", manifest_digest: "sha256:1" },
    latest: { name: "latest", size: 1, last_modified: "Fri, 21 Nov 2025 10:00:00 -0000", manifest_digest: "sha256:2" }
  },
  stats: [{ date: "2026-11-20", count: 7 }, { date: "2026-11-19", count: 12 }]
}

const problem = (status: number, title: string) => json(status, { detail: "Requires authentication", title, status })
const page = (status: number): Reply => ({ status, body: "<html><body>Bad gateway</body></html>" })

const quay = (reply: (index: number) => Reply, options: QuayOptions = {}) => {
  const stub = makeStub((_, index) => reply(index), 10)
  const services = layer({ baseUrl: "http://quay.test/api/v1/", ...options }).pipe(
    Layer.provideMerge(RateBudgetsMemory.layer),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, stub.client))
  )
  return { ...stub, services }
}

const limit = (seconds: string): Reply => ({ status: 429, body: "<html>", headers: { "retry-after": seconds } })

const ask = Effect.flatMap(QuayApi, (quay) => quay.repository("acme", "app"))

/** Runs an effect while the time goes on. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>, millis = 5000) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(millis)
    return yield* Fiber.join(fiber)
  })

describe("QuayApi", () => {
  it.effect("reads dates and daily counts in one request", () => {
    const { sent, services } = quay(() => json(200, document))
    return Effect.gen(function*() {
      const found = yield* passing(ask)
      assert.deepStrictEqual(found.lastUpdated, Option.some(Date.UTC(2025, 10, 21, 10)))
      assert.deepStrictEqual(found.activity.map(({ actions, day }) => [`${day}`, actions]), [
        ["2026-11-19", 12],
        ["2026-11-20", 7]
      ])
      assert.deepStrictEqual(sent.map(({ url }) => url), [
        "http://quay.test/api/v1/repository/acme/app?includeTags=true&includeStats=true"
      ])
      const [budget] = yield* Effect.flatMap(RateBudgets, (budgets) => budgets.snapshot)
      assert.deepStrictEqual([budget?.key.service, budget?.requests], ["quay", 1])
      assert.deepStrictEqual(yield* addedTo("quay", passing(ask)), { ok: 1 })
    }).pipe(Effect.provide(services))
  })

  it.effect("finds the API below an address without a path", () => {
    const { sent, services } = quay(() => json(200, document), { baseUrl: "http://quay.test" })
    return passing(ask).pipe(
      Effect.tap(() => assert.isTrue(sent[0]?.url.startsWith("http://quay.test/api/v1/repository/acme/app?"))),
      Effect.provide(services)
    )
  })

  it.effect("reads a repository without tags and counts", () => {
    const { services } = quay(() => json(200, { namespace: "Acme", name: "app", is_public: true }))
    return passing(ask).pipe(
      Effect.tap((found) => assert.deepStrictEqual(found, { lastUpdated: Option.none(), activity: [] })),
      Effect.provide(services)
    )
  })

  const definite = [
    ["missing or private", problem(401, "invalid_token"), "AUTH"],
    ["not for us", problem(403, "insufficient_scope"), "AUTH"],
    ["private", json(200, { ...document, is_public: false }), "AUTH"],
    ["unknown", problem(404, "not_found"), "NOT_FOUND"],
    ["no image", json(200, { ...document, kind: "application" }), "NOT_FOUND"],
    ["on its way out", json(200, { ...document, state: "MARKED_FOR_DELETION" }), "NOT_FOUND"]
  ] as const

  it.effect.each(definite)("tells what is %s", ([, reply, tag]) => {
    const { services } = quay(() => reply)
    return Effect.flip(passing(ask)).pipe(
      Effect.tap((error) => {
        assert.strictEqual(error._tag, tag)
        // One repository says nothing of others.
        if (error._tag === "AUTH") assert.strictEqual(error.scope, "one")
      }),
      Effect.provide(services)
    )
  })

  const indefinite: ReadonlyArray<readonly [string, Reply]> = [
    ["a proxy's 401", page(401)],
    ["a proxy's 403", page(403)],
    ["a proxy's 404", page(404)],
    ["an empty 404", { status: 404, body: "" }],
    ["a gateway's 404", json(404, { message: "no Route matched with those values" })],
    ["a gateway's problem document", json(404, { type: "about:blank", title: "Not Found", status: 404 })],
    ["Quay's 520", problem(520, "downstream_issue")],
    ["a page under 520", page(520)],
    ["a page under 200", page(200)],
    ["another repository", json(200, { ...document, name: "other" })],
    ["a document without what it has to say", json(200, { namespace: "acme", name: "app" })],
    ["a day that is none", json(200, { ...document, stats: [{ date: "2026-02-30", count: 1 }] })],
    ["counts that are none", json(200, { ...document, stats: [{ date: "2026-02-03", count: -1 }] })],
    ["a broken connection", "reset"],
    ["a body that ends early", "cut"]
  ]

  it.effect.each(indefinite)("takes %s for no answer", ([, reply]) => {
    const { services } = quay(() => reply)
    return Effect.flip(passing(ask)).pipe(
      Effect.tap((error) => assert.strictEqual(error._tag, "TRANSIENT")),
      Effect.provide(services)
    )
  })

  it.effect("does not wait for ever", () => {
    const { services } = quay(() => "hang")
    return Effect.flip(passing(ask, 31_000)).pipe(
      Effect.tap((error) => assert.strictEqual(error._tag, "TRANSIENT")),
      Effect.provide(services)
    )
  })

  it.effect("parks as it is told, waits short parks out, and fails at once behind long ones", () => {
    const { sent, services } = quay((index) =>
      index === 0 ? limit("30") : index === 2 ? limit("3600") : json(200, document)
    )
    return Effect.gen(function*() {
      const error = yield* Effect.flip(passing(ask))
      assert.strictEqual(error._tag, "RATE_LIMIT")
      yield* passing(ask, 60_000)
      assert.isAtLeast((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0), 30_000)
      assert.strictEqual((yield* Effect.flip(passing(ask)))._tag, "RATE_LIMIT")
      assert.strictEqual((yield* Effect.flip(ask))._tag, "RATE_LIMIT")
      assert.strictEqual(sent.length, 3)
    }).pipe(Effect.provide(services))
  })

  it.effect("asks fifteen times at once and then five times a second at most", () => {
    const { calls, sent, services } = quay(() => json(200, document))
    return Effect.gen(function*() {
      yield* passing(Effect.all(Array.from({ length: 40 }, () => ask), { concurrency: "unbounded" }), 10_000)
      const since = sent.map(({ at }) => at - (sent[0]?.at ?? 0))
      assert.strictEqual(since.filter((millis) => millis < 200).length, 15)
      assert.strictEqual(since.filter((millis) => millis < 2200).length, 25)
      assert.isAtMost(calls.most, 4)
    }).pipe(Effect.provide(services))
  })

  it.effect("is the same in memory", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ask)
      assert.deepStrictEqual([error._tag, error._tag === "AUTH" ? error.scope : ""], ["AUTH", "one"])
    }).pipe(Effect.provide(layerMemory())))
})
