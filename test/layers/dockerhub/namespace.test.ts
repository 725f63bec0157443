import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Fiber, Redacted, Stream, TestClock } from "effect"
import { familiarName } from "../../../src/domain/HubImage.js"
import { DockerHubRegistry, type NamespacePage } from "../../../src/services/DockerHubRegistry.js"
import { hubLayer, json, makeStub, type Reply, repositoryDocument, type Sent } from "./stub.js"

const credentials = { username: "someone", token: Redacted.make("dckr_pat_secret") }
const wall = json(403, {
  message: "pagination offset too large for anonymous requests; sign in to page further",
  errinfo: {}
})
const pageOf = (url: string) => Number(new URL(url).searchParams.get("page"))
const login = json(200, { access_token: "jwt" })

/** A namespace of so many repositories, as the Hub serves it. */
const hubOf = (total: number, walled = false) => ({ method, url }: Sent): Reply => {
  if (method === "POST") return login
  const offset = (pageOf(url) - 1) * 100
  if (walled && offset >= 100) return wall
  if (offset > 0 && offset >= total) return json(404, { message: "httperror 404: object not found", errinfo: {} })
  const names = Array.from({ length: Math.min(100, total - offset) }, (_, index) => `ns/i${offset + index}`)
  const next = offset + 100 < total ? "https://evil.test/v2/namespaces/ns/repositories?page=2" : null
  return json(200, { count: total, next, previous: null, results: names.map((name) => repositoryDocument(name)) })
}

const onePageTooFew = ({ url }: Sent) =>
  pageOf(url) === 1
    ? json(200, { count: 1, next: "x", results: [repositoryDocument("ns/a")] })
    : json(404, { message: "object not found" })

const list = (reply: (sent: Sent, index: number) => Reply, loggedIn: boolean) => {
  const stub = makeStub(reply, 0)
  return Effect.gen(function*() {
    const hub = yield* DockerHubRegistry
    const fiber = yield* Effect.fork(Effect.either(Stream.runCollect(hub.namespace("ns"))))
    yield* TestClock.adjust("10 minutes")
    const result = Either.map(yield* Fiber.join(fiber), Chunk.toReadonlyArray)
    return { result, sent: stub.sent.filter(({ method }) => method === "GET") }
  }).pipe(Effect.provide(hubLayer(stub.client, loggedIn ? { credentials } : {})))
}

const shape = (pages: ReadonlyArray<NamespacePage>) =>
  pages.map(({ complete, count, images, walled }) => [count, images.length, complete, walled])

describe("DockerHubRegistry.namespace", () => {
  it.effect("ends with one call where everything fits on a page", () =>
    Effect.gen(function*() {
      for (const total of [0, 1, 100]) {
        const { result, sent } = yield* list(hubOf(total), false)
        assert.deepStrictEqual(shape(Either.getOrThrow(result)), [[total, total, true, false]])
        assert.deepStrictEqual(sent.map(({ url }) => url), [
          "http://hub.test/v2/namespaces/ns/repositories?page_size=100&page=1"
        ])
      }
    }))

  it.effect("spends no call on the wall that an anonymous listing would meet", () =>
    Effect.gen(function*() {
      const { result, sent } = yield* list(hubOf(101, true), false)
      assert.deepStrictEqual(shape(Either.getOrThrow(result)), [[101, 100, false, true]])
      assert.lengthOf(sent, 1)
    }))

  it.effect("goes on through the pages when logged in, on the same host", () =>
    Effect.gen(function*() {
      const { result, sent } = yield* list(hubOf(287), true)
      assert.deepStrictEqual(shape(Either.getOrThrow(result)), [
        [287, 100, false, false],
        [287, 100, false, false],
        [287, 87, true, false]
      ])
      assert.isTrue(
        sent.every(({ authorization, url }) => url.startsWith("http://hub.test/") && authorization === "Bearer jwt")
      )
    }))

  it.effect("takes a wall that comes all the same for the end of the listing, not for an error", () =>
    Effect.gen(function*() {
      const { result } = yield* list(hubOf(287, true), true)
      assert.deepStrictEqual(shape(Either.getOrThrow(result)), [[287, 100, false, false], [287, 0, false, true]])
    }))

  it.effect("calls a listing that ends before its count incomplete", () =>
    Effect.gen(function*() {
      const short = json(200, { count: 5, next: null, results: [repositoryDocument("ns/a")] })
      const { result } = yield* list(() => short, false)
      assert.deepStrictEqual(shape(Either.getOrThrow(result)), [[5, 1, false, true]])
    }))

  it.effect("takes a 404 behind the last page for the end, and on the first for a missing namespace", () =>
    Effect.gen(function*() {
      const behind = yield* list(onePageTooFew, false)
      assert.deepStrictEqual(shape(Either.getOrThrow(behind.result)), [[1, 1, false, false], [1, 0, false, true]])
      const missing = yield* list(() => json(404, { message: "object not found" }), false)
      assert.deepInclude(Either.getOrThrow(Either.flip(missing.result)), { _tag: "NOT_FOUND" })
    }))

  const endless: ReadonlyArray<readonly [string, (sent: Sent) => Reply]> = [
    [
      "a page again and again",
      ({ method }) =>
        method === "POST" ? login : json(200, { count: 500, next: "x", results: [repositoryDocument("ns/a")] })
    ],
    ["empty pages", ({ method }) => method === "POST" ? login : json(200, { count: 500, next: "x", results: [] })],
    ["new pages for ever", ({ method, url }) =>
      method === "POST"
        ? login
        : json(200, { count: 1e9, next: "x", results: [repositoryDocument(`ns/i${pageOf(url)}`)] })]
  ]
  for (const [name, reply] of endless) {
    it.effect(`cuts off a Hub that sends ${name}`, () =>
      Effect.gen(function*() {
        const { result, sent } = yield* list(reply, true)
        assert.deepInclude(Either.getOrThrow(Either.flip(result)), { _tag: "TRANSIENT", reason: "malformed" })
        assert.isAtMost(sent.length, 200)
      }))
  }

  const broken: ReadonlyArray<readonly [string, Reply]> = [
    ["HTML", { status: 200, body: "<html>" }],
    ["a truncated page", { status: 200, body: "{\"count\":2,\"next\":null,\"results\":[{\"na" }],
    ["an entry without counts", json(200, { count: 1, next: null, results: [{ name: "a", namespace: "ns" }] })],
    ["another namespace's page", json(200, { count: 1, next: null, results: [repositoryDocument("other/a")] })],
    ["a wall before the first page", wall],
    ["503", { status: 503, body: "" }]
  ]
  for (const [name, reply] of broken) {
    it.effect(`proves nothing by ${name}`, () =>
      Effect.gen(function*() {
        const { result, sent } = yield* list(() => reply, false)
        assert.deepInclude(Either.getOrThrow(Either.flip(result)), { _tag: "TRANSIENT" })
        assert.lengthOf(sent, 1)
      }))
  }

  it.effect("makes a call only for a page that is asked for", () => {
    const stub = makeStub(hubOf(287))
    return Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const fiber = yield* Effect.fork(Stream.runHead(hub.namespace("ns")))
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(stub.sent.map(({ method }) => method), ["POST", "GET"])
    }).pipe(Effect.provide(hubLayer(stub.client, { credentials })))
  })

  it.effect.prop("complete is said exactly when every repository was listed", {
    total: FastCheck.nat(450),
    hidden: FastCheck.nat(3),
    loggedIn: FastCheck.boolean()
  }, ({ hidden, loggedIn, total }) =>
    Effect.gen(function*() {
      // The Hub counts some repositories that it does not list.
      const reply = (sent: Sent) => {
        const answer = hubOf(total, !loggedIn)(sent)
        if (typeof answer === "string" || sent.method === "POST" || hidden === 0) return answer
        return { ...answer, body: answer.body.replace(`"count":${total}`, `"count":${total + hidden}`) }
      }
      const { result } = yield* list(reply, loggedIn)
      const pages = Either.getOrThrow(result)
      const listed = new Set(pages.flatMap(({ images }) => images.map(({ image }) => image)))
      assert.strictEqual(pages.at(-1)?.complete, hidden === 0 && listed.size === total)
      assert.strictEqual(pages.filter(({ complete, walled }) => complete || walled).length, 1)
      assert.isTrue([...listed].every((image) => image.startsWith(familiarName({ namespace: "ns", name: "i" }))))
    }), { fastCheck: { numRuns: 40 } })
})
