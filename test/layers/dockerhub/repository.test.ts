import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Either, Fiber, Option, TestClock } from "effect"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { hubLayer, json, makeStub, type Reply, repositoryDocument } from "./stub.js"

const key = { service: "dockerhub", payer: "here" }
const html: Reply = {
  status: 403,
  body: "<html><body>Access denied</body></html>",
  headers: { "content-type": "text/html" }
}
const nameOf = (url: string) => decodeURIComponent(url.replace(/^.*namespaces\/(.*?)\/repositories\/(.*)$/, "$1/$2"))

/** Asks once, on a clock that has run long enough for any timeout, but for no park beyond it. */
const ask = (image: string, within: Duration.DurationInput = "31 seconds") =>
  Effect.gen(function*() {
    const hub = yield* DockerHubRegistry
    const fiber = yield* Effect.fork(Effect.either(hub.repository(image)))
    yield* TestClock.adjust(within)
    return yield* Fiber.join(fiber)
  })

/** The error of one call at epoch second 1,800,000,000, and until when the address is parked, in seconds from then. */
const failure = (reply: Reply) => {
  const stub = makeStub(() => reply)
  return Effect.gen(function*() {
    const start = 1_800_000_000_000
    yield* TestClock.setTime(start - 60)
    const budgets = yield* RateBudgets
    const hub = yield* DockerHubRegistry
    const fiber = yield* Effect.fork(Effect.either(hub.repository("a/b")))
    yield* TestClock.adjust("60 millis")
    const snapshot = yield* budgets.snapshot
    yield* TestClock.adjust("30 seconds")
    const result = yield* Fiber.join(fiber)
    assert.lengthOf(stub.sent, 1)
    const error = Either.getOrThrow(Either.flip(result))
    return { error, parked: ((snapshot[0]?.parkedUntil ?? start) - start) / 1000 }
  }).pipe(Effect.provide(hubLayer(stub.client)))
}

describe("DockerHubRegistry.repository", () => {
  it.effect("asks the namespace route, without a doubled slash, and reads facts", () => {
    const stub = makeStub(({ url }) => json(200, repositoryDocument(nameOf(url))))
    return Effect.gen(function*() {
      const facts = Either.getOrThrow(yield* ask("nginx"))
      assert.deepStrictEqual(facts, {
        image: "nginx",
        pulls: 275n,
        stars: 3,
        lastUpdated: Option.some(1_509_608_855_758),
        details: { description: "", fullDescription: "", categories: [], registered: Option.none() }
      })
      yield* ask("a/b c?")
      assert.deepStrictEqual(stub.sent.map(({ url }) => url), [
        "http://hub.test/v2/namespaces/library/repositories/nginx",
        "http://hub.test/v2/namespaces/a/repositories/b%20c%3F"
      ])
      assert.isUndefined(stub.sent[0]?.authorization)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("asks nobody for a name that would lead elsewhere", () => {
    const stub = makeStub(() => json(404, {}))
    return Effect.gen(function*() {
      for (const image of ["a/..", "../b", "a/", "/b", ""]) {
        assert.deepInclude(Either.getOrThrow(Either.flip(yield* ask(image))), { _tag: "TRANSIENT" })
      }
      assert.lengthOf(stub.sent, 0)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  const faults: ReadonlyArray<readonly [string, Reply, string, string]> = [
    ["a 404 in JSON", json(404, { message: "object not found", errinfo: {} }), "NOT_FOUND", ""],
    ["a 404 in HTML", { status: 404, body: "<html>404</html>" }, "TRANSIENT", "malformed"],
    ["a 404 without a body", { status: 404, body: "" }, "TRANSIENT", "malformed"],
    ["a 404 with a JSON string", { status: 404, body: "\"not found\"" }, "TRANSIENT", "malformed"],
    ["a 403 in HTML", html, "TRANSIENT", "server"],
    ["a 500", json(500, { message: "internal" }), "TRANSIENT", "server"],
    ["a 502 in HTML", { status: 502, body: "<html>" }, "TRANSIENT", "server"],
    ["a 503", { status: 503, body: "" }, "TRANSIENT", "server"],
    ["a 301", { status: 301, body: "", headers: { location: "http://evil.test/" } }, "TRANSIENT", "server"],
    ["a 200 in HTML", { status: 200, body: "<html>" }, "TRANSIENT", "malformed"],
    ["a truncated document", { status: 200, body: "{\"name\":\"b\",\"namesp" }, "TRANSIENT", "malformed"],
    ["an empty 200", { status: 200, body: "" }, "TRANSIENT", "malformed"],
    ["an empty object", { status: 200, body: "{}" }, "TRANSIENT", "malformed"],
    ["a 200 with another document", json(200, { detail: "x", error: false }), "TRANSIENT", "malformed"],
    ["a 200 with another repository", json(200, repositoryDocument("a/c")), "TRANSIENT", "malformed"],
    ["a private repository", json(200, repositoryDocument("a/b", { is_private: true })), "NOT_FOUND", ""],
    ["a hang", "hang", "TRANSIENT", "timeout"],
    ["a reset", "reset", "TRANSIENT", "network"],
    ["a body that breaks off", "cut", "TRANSIENT", "network"],
    ["a 401", json(401, { detail: "no" }), "AUTH", ""],
    ["a gateway's 401 in JSON", json(401, { message: "Unauthorized" }), "TRANSIENT", "server"],
    ["a proxy's 401", { status: 401, body: "<html>Sign in</html>" }, "TRANSIENT", "server"],
    ["a gateway's 403 in JSON", json(403, { message: "Forbidden" }), "TRANSIENT", "server"]
  ]
  for (const [name, reply, tag, reason] of faults) {
    it.effect(`${name} is ${tag} ${reason}`, () =>
      Effect.gen(function*() {
        const { error, parked } = yield* failure(reply)
        assert.strictEqual(error._tag, tag)
        assert.strictEqual(error._tag === "TRANSIENT" ? error.reason : "", reason)
        assert.strictEqual(parked, 0)
      }))
  }

  const limits: ReadonlyArray<readonly [string, Reply, number]> = [
    ["seconds", json(429, {}, { "retry-after": "17" }), 17],
    ["an HTTP date", json(429, {}, { "retry-after": "Fri, 15 Jan 2027 08:01:00 GMT" }), 60],
    ["an epoch", json(429, {}, { "retry-after": "1800000033" }), 33],
    ["X-Retry-After", json(429, {}, { "x-retry-after": "1800000040" }), 40],
    ["the reset", json(429, {}, { "x-ratelimit-reset": "1800000020", "x-ratelimit-remaining": "0" }), 21],
    ["Retry-After before the reset", json(429, {}, { "x-ratelimit-reset": "1800000020", "retry-after": "5" }), 5],
    ["a reset in the past", json(429, {}, { "x-ratelimit-reset": "1700000000" }), 1],
    ["zero seconds", json(429, {}, { "retry-after": "0" }), 1],
    ["a day", json(429, {}, { "retry-after": "86400" }), 3600],
    ["no time, in plain text", { status: 429, body: "Too Many Requests" }, 60],
    ["no time, under another status", json(403, { detail: "Rate limit exceeded", error: false }), 60],
    ["no time, as a success", json(200, { detail: "Rate limit exceeded", error: false }), 60],
    ["no time, in plain text under 403", { status: 403, body: "429 Too Many Requests" }, 60],
    ["seconds, under 503", json(503, { detail: "Rate limit exceeded" }, { "retry-after": "9" }), 9]
  ]
  for (const [name, reply, seconds] of limits) {
    it.effect(`a limit that names ${name} parks the address for ${seconds} s`, () =>
      Effect.gen(function*() {
        const { error, parked } = yield* failure(reply)
        assert.deepInclude(error, { _tag: "RATE_LIMIT", budget: key })
        assert.strictEqual(parked, seconds)
      }))
  }

  it.effect("a 503 that names a time parks, and says nothing of the image", () =>
    Effect.gen(function*() {
      const { error, parked } = yield* failure({ status: 503, body: "", headers: { "retry-after": "30" } })
      assert.deepInclude(error, { _tag: "TRANSIENT", reason: "server" })
      assert.strictEqual(parked, 30)
    }))

  it.effect("a 200 with nothing remaining is used, and the next call waits until a second after the reset", () => {
    const stub = makeStub(({ at, url }) =>
      json(
        200,
        repositoryDocument(nameOf(url)),
        at === 0
          ? { "x-ratelimit-limit": "180", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "40" }
          : { "x-ratelimit-remaining": "179" }
      )
    )
    return Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const both = yield* Effect.fork(Effect.all([hub.repository("a/b"), hub.repository("a/c")], { concurrency: 2 }))
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual((yield* Fiber.join(both)).map(({ image }) => image), ["a/b", "a/c"])
      assert.deepStrictEqual(stub.sent.map(({ at }) => at), [0, 41_000])
      const budgets = yield* RateBudgets
      assert.deepInclude((yield* budgets.snapshot)[0], { key, limit: 180, remaining: 179, requests: 2, points: 2 })
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("makes one call at a time, whoever asks", () => {
    const stub = makeStub(({ url }) => json(200, repositoryDocument(nameOf(url))))
    return Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const all = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 50 }, (_, i) => `a/i${i}`), hub.repository, { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("3 seconds")
      assert.lengthOf(yield* Fiber.join(all), 50)
      assert.strictEqual(stub.calls.most, 1)
      assert.strictEqual(stub.sent[49]?.at, 49 * 60)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  const words = { message: "access to the resource is denied", errinfo: {} }

  it.effect("takes one image's 403 for that image's, and a third different image's for ours when it is confirmed", () => {
    const stub = makeStub(() => json(403, words))
    return Effect.gen(function*() {
      const errors = yield* Effect.forEach(
        ["a/b", "a/b", "a/b", "a/c", "a/d", "a/e"],
        (image) => Effect.flip(Effect.flatten(ask(image, "2 minutes")))
      )
      const scopes = errors.map((error) => error._tag === "AUTH" ? error.scope : error._tag)
      assert.deepStrictEqual(scopes, ["one", "one", "one", "one", "all", "all"])
      assert.include(errors[0]?.message, "a/b")
      assert.include(errors[4]?.message, "DOCKERHUB_USERNAME")
      assert.include(errors[4]?.message, "access to the resource is denied")
      const of = stub.sent.filter(({ url }) => url.endsWith("/d"))
      assert.deepStrictEqual(of.map(({ at }) => at - (of[0]?.at ?? 0)), [0, 60_060])
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("goes on where the Hub refused everything for less than a minute", () => {
    const stub = makeStub(({ at, url }) => at > 30_000 ? json(200, repositoryDocument(nameOf(url))) : json(403, words))
    return Effect.gen(function*() {
      const results = yield* Effect.forEach(
        ["a/b", "a/c", "a/d"],
        (image) => Effect.either(Effect.flatten(ask(image, image === "a/d" ? "2 minutes" : "1 second")))
      )
      assert.deepStrictEqual(results.map(({ _tag }) => _tag), ["Left", "Left", "Right"])
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("puts off one image for each 401 that strangers get, however many there are", () => {
    const stub = makeStub(() => json(401, { message: "unauthorized", errinfo: {} }))
    return Effect.gen(function*() {
      const errors = yield* Effect.forEach(
        ["a/b", "a/c", "a/d", "a/e", "a/f"],
        (image) => Effect.flip(Effect.flatten(ask(image)))
      )
      assert.deepStrictEqual(
        errors.map((error) => error._tag === "AUTH" ? error.scope : error._tag),
        ["one", "one", "one", "one", "one"]
      )
      assert.lengthOf(stub.sent, 5)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("starts counting 403s anew after an answer", () => {
    const stub = makeStub(({ url }) => url.endsWith("/ok") ? json(404, {}) : json(403, words))
    return Effect.gen(function*() {
      const images = ["a/b", "a/c", "a/ok", "a/d", "a/e"]
      const errors = yield* Effect.forEach(images, (image) => Effect.flip(Effect.flatten(ask(image))))
      assert.deepStrictEqual(errors.map((error) => error._tag === "AUTH" ? error.scope : error._tag), [
        "one",
        "one",
        "NOT_FOUND",
        "one",
        "one"
      ])
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })
})
