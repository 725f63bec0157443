import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, TestClock } from "effect"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { addedTo } from "../../support/requestCounts.js"
import { hubLayer, json, makeStub, type Reply, repositoryDocument, type Sent } from "./stub.js"

const credentials = { username: "someone", token: Redacted.make("dckr_pat_secret") }

const isLogin = (sent: Sent) => sent.method === "POST"

/** What a Hub that answers so adds to the counts when one image is looked at. */
const counted = (reply: (sent: Sent) => Reply, loggedIn = false) =>
  addedTo(
    "dockerhub",
    Effect.gen(function*() {
      const hub = yield* DockerHubRegistry
      const fiber = yield* Effect.fork(Effect.either(hub.repository("a/b")))
      yield* TestClock.adjust("1 second")
      const budgets = yield* RateBudgets
      assert.deepStrictEqual((yield* budgets.snapshot).map(({ key }) => key.service), ["dockerhub"])
      yield* Fiber.interrupt(fiber)
    })
  ).pipe(Effect.provide(hubLayer(makeStub(reply).client, loggedIn ? { credentials } : {})))

const login = json(200, { access_token: "jwt" })
const forbidden = json(403, { message: "forbidden", errinfo: {} })

describe("what Docker Hub answered is counted, under the name of its budget", () => {
  it.effect("a login that is refused is a refusal, and so is what a token is refused", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* counted(() => json(401, { detail: "wrong" }), true), { refused: 1 })
      assert.deepStrictEqual(yield* counted((sent) => isLogin(sent) ? login : forbidden, true), { ok: 1, refused: 1 })
    }))

  it.effect("what strangers are refused is not", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* counted(() => json(200, repositoryDocument("a/b"))), { ok: 1 })
      assert.deepStrictEqual(yield* counted(() => forbidden), { not_visible: 1 })
    }))

  it.effect("a 403 may be a limit, or a page of somebody on the way", () =>
    Effect.gen(function*() {
      const limit = json(403, { message: "Rate limit exceeded" })
      assert.deepStrictEqual(yield* counted((sent) => isLogin(sent) ? login : limit, true), { ok: 1, rate_limited: 1 })
      const page: Reply = { status: 403, body: "<html>" }
      assert.deepStrictEqual(yield* counted((sent) => isLogin(sent) ? login : page, true), { ok: 1, server_error: 1 })
    }))
})
