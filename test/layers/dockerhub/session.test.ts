import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Encoding, Exit, FastCheck, Fiber, Redacted, TestClock } from "effect"
import { lifeOf } from "../../../src/layers/dockerhub/session.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { hubLayer, json, makeStub, type Reply, repositoryDocument, type Sent } from "./stub.js"

const credentials = { username: "someone", token: Redacted.make("dckr_pat_secret") }
const jwt = (name: string, life = 600) =>
  `h.${Encoding.encodeBase64Url(JSON.stringify({ sub: name, iat: 1_000, exp: 1_000 + life }))}.s`

const isLogin = (sent: Sent) => sent.method === "POST"

const echoing = (status: number) => (sent: Sent): Reply =>
  isLogin(sent) && status !== 401
    ? json(200, { access_token: "jwt-secret" })
    : json(status, { errinfo: {}, message: `you sent ${sent.body} ${sent.authorization ?? ""}` })

const run = (reply: (sent: Sent, index: number) => Reply) => {
  const stub = makeStub(reply)
  return { ...stub, layer: hubLayer(stub.client, { credentials }) }
}

const ask = (image: string, forMillis = 1_000) =>
  Effect.gen(function*() {
    const hub = yield* DockerHubRegistry
    const fiber = yield* Effect.fork(Effect.either(hub.repository(image)))
    yield* TestClock.adjust(forMillis)
    return yield* Fiber.join(fiber)
  })

describe("the login to Docker Hub", () => {
  it.effect("is made once for all callers, within the turn, and renewed before its ten minutes end", () => {
    let logins = 0
    const stub = run((sent) =>
      isLogin(sent) ? json(200, { access_token: jwt(`t${++logins}`) }) : json(200, repositoryDocument("a/b"))
    )
    return Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const all = yield* Effect.fork(
        Effect.all(Array.from({ length: 5 }, () => hub.repository("a/b")), { concurrency: 5 })
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(all)
      assert.deepStrictEqual(stub.sent.map(({ method }) => method), ["POST", "GET", "GET", "GET", "GET", "GET"])
      assert.deepInclude(stub.sent[0], {
        url: "http://hub.test/v2/auth/token",
        body: "{\"identifier\":\"someone\",\"secret\":\"dckr_pat_secret\"}",
        authorization: undefined
      })
      assert.strictEqual(stub.calls.most, 1)
      yield* TestClock.adjust("8 minutes")
      yield* ask("a/b")
      assert.strictEqual(logins, 1)
      yield* TestClock.adjust("1 minute")
      yield* ask("a/b")
      assert.strictEqual(logins, 2)
      assert.strictEqual(stub.sent.at(-1)?.authorization, `Bearer ${jwt("t2")}`)
      const budgets = yield* RateBudgets
      assert.deepInclude((yield* budgets.snapshot)[0], { requests: stub.sent.length })
    }).pipe(Effect.provide(stub.layer))
  })

  it.effect("is renewed when its token is refused, once more after a minute, and AUTH when that one is refused too", () => {
    let logins = 0
    const stub = run((sent) =>
      isLogin(sent)
        ? json(200, { access_token: `t${++logins}` })
        : sent.authorization === "Bearer t2"
        ? json(200, repositoryDocument("a/b"))
        : json(401, { detail: "expired" })
    )
    return Effect.gen(function*() {
      assert.isTrue(Either.isRight(yield* ask("a/b")))
      assert.deepStrictEqual(stub.sent.map(({ method }) => method), ["POST", "GET", "POST", "GET"])
      yield* TestClock.adjust("1 hour")
      const error = Either.getOrThrow(Either.flip(yield* ask("a/b", 120_000)))
      assert.deepInclude(error, { _tag: "AUTH", scope: "all" })
      assert.include(error.message, "DOCKERHUB_TOKEN")
      assert.lengthOf(stub.sent, 10)
      const [before, last] = stub.sent.slice(-3).map(({ at }) => at)
      assert.isAtLeast((last ?? 0) - (before ?? 0), 60_000)
    }).pipe(Effect.provide(stub.layer))
  })

  it.effect("goes on after a token and its successor were refused by a fault that ended within a minute", () => {
    let logins = 0
    const stub = run((sent) =>
      isLogin(sent)
        ? json(200, { access_token: `t${++logins}` })
        : logins < 3
        ? json(401, { detail: "expired" })
        : json(200, repositoryDocument("a/b"))
    )
    return Effect.gen(function*() {
      assert.isTrue(Either.isRight(yield* ask("a/b", 120_000)))
    }).pipe(Effect.provide(stub.layer))
  })

  const wrong = json(401, { detail: "Incorrect authentication credentials" })

  it.effect("is tried once more a minute after it was refused, whoever asks, and then hours later: more would lock the account", () => {
    const stub = run(() => wrong)
    const hour = 3_600_000
    return Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const all = yield* Effect.fork(
        Effect.forEach(["a/b", "a/c", "a/d"], (image) => Effect.flip(hub.repository(image)), { concurrency: 3 })
      )
      yield* TestClock.adjust("2 minutes")
      for (const error of yield* Fiber.join(all)) {
        assert.deepInclude(error, { _tag: "AUTH", scope: "all" })
        assert.include(error.message, "someone")
        assert.include(error.message, "Incorrect authentication credentials")
      }
      assert.deepStrictEqual(stub.sent.map(({ at }) => Math.round(at / 60_000)), [0, 1])
      const budgets = yield* RateBudgets
      // The address is not parked: others may pay from it.
      assert.strictEqual(yield* budgets.parkedUntil({ service: "dockerhub", payer: "here" }), 0)
      yield* ask("a/b")
      assert.include((yield* budgets.snapshot).map(({ parkReason }) => parkReason ?? "").join(), "refuses the login")
      for (let round = 0; round < 48; round++) yield* ask("a/b", hour / 2)
      const spans = stub.sent.slice(2).map(({ at }, i) => Math.floor((at - (stub.sent[i + 1]?.at ?? 0)) / hour))
      assert.deepStrictEqual(spans, [1, 2, 4, 8])
      assert.isTrue(stub.sent.every(isLogin))
    }).pipe(Effect.provide(stub.layer))
  })

  it.effect("works again when it is accepted: a single refusal costs a minute", () => {
    const stub = run((sent) =>
      !isLogin(sent) ? json(200, repositoryDocument("a/b")) : sent.at === 0 ? wrong : json(200, { access_token: "t" })
    )
    return Effect.gen(function*() {
      assert.isTrue(Either.isRight(yield* ask("a/b", 120_000)))
      assert.deepStrictEqual(stub.sent.map(({ method }) => method), ["POST", "POST", "GET"])
    }).pipe(Effect.provide(stub.layer))
  })

  it.effect("is not refused by a gateway in between", () => {
    const stub = run((sent) =>
      !isLogin(sent)
        ? json(200, repositoryDocument("a/b"))
        : sent.at === 0
        ? json(401, { message: "Unauthorized" })
        : json(200, { access_token: "t" })
    )
    return Effect.gen(function*() {
      assert.deepInclude(Either.getOrThrow(Either.flip(yield* ask("a/b"))), { _tag: "TRANSIENT" })
      assert.isTrue(Either.isRight(yield* ask("a/b")))
    }).pipe(Effect.provide(stub.layer))
  })

  it.effect("parks the address when it is limited", () => {
    const stub = run((sent) =>
      !isLogin(sent)
        ? json(200, repositoryDocument("a/b"))
        : sent.at === 0
        ? json(429, {}, { "retry-after": "30" })
        : json(200, { access_token: "t" })
    )
    return Effect.gen(function*() {
      assert.deepInclude(Either.getOrThrow(Either.flip(yield* ask("a/b"))), { _tag: "RATE_LIMIT" })
      assert.isTrue(Either.isRight(yield* ask("a/b", 60_000)))
      assert.deepStrictEqual(stub.sent.map(({ at }) => at), [0, 30_060, 30_120])
    }).pipe(Effect.provide(stub.layer))
  })

  const transient: ReadonlyArray<readonly [string, Reply]> = [
    ["503", { status: 503, body: "" }],
    ["HTML", { status: 200, body: "<html>" }],
    ["an answer without a token", json(200, { detail: "hello" })],
    ["a token that fits into no header", json(200, { access_token: "a\r\nb" })],
    ["404", json(404, { message: "no" })],
    ["403 in HTML", { status: 403, body: "<html>" }]
  ]
  for (const [name, reply] of transient) {
    it.effect(`is tried again after ${name}`, () => {
      const stub = run((sent) =>
        !isLogin(sent)
          ? json(200, repositoryDocument("a/b"))
          : sent.at === 0
          ? reply
          : json(200, { access_token: "t" })
      )
      return Effect.gen(function*() {
        assert.deepInclude(Either.getOrThrow(Either.flip(yield* ask("a/b"))), { _tag: "TRANSIENT" })
        assert.isTrue(Either.isRight(yield* ask("a/b")))
      }).pipe(Effect.provide(stub.layer))
    })
  }

  for (const status of [401, 403, 404, 429, 500]) {
    it.effect(`never shows a secret, even where the Hub echoes it with ${status}`, () => {
      const stub = run(echoing(status))
      return Effect.gen(function*() {
        const hub = yield* DockerHubRegistry
        const fiber = yield* Effect.fork(Effect.exit(hub.repository("a/b")))
        yield* TestClock.adjust("3 minutes")
        const exit = yield* Fiber.join(fiber)
        if (!Exit.isFailure(exit)) return assert.fail("it failed")
        const shown = `${Cause.pretty(exit.cause)} ${JSON.stringify(exit)} ${
          JSON.stringify(yield* (yield* RateBudgets).snapshot)
        }`
        assert.notInclude(shown, "dckr_pat_secret")
        assert.notInclude(shown, "jwt-secret")
      }).pipe(Effect.provide(stub.layer))
    })
  }

  it.prop("believes a token's own account of its life within reason, and ten minutes otherwise", {
    text: FastCheck.string(),
    life: FastCheck.integer({ min: 1, max: 86_400 })
  }, ({ life, text }) => {
    assert.strictEqual(lifeOf(jwt("x", life)), life * 1000)
    assert.strictEqual(lifeOf(`a.${text}.b`), 600_000)
    for (const odd of [0, -5, 1e9]) assert.strictEqual(lifeOf(jwt("x", odd)), 600_000)
  })
})
