/**
 * What a probe tells everybody who asks.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { Transient, type TransientReason } from "../../../src/domain/Errors.js"
import { ready } from "../../../src/programs/server/http/probes.js"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { services } from "../../support/apiServer.js"

const asked = (schema: CensusPages["Type"]["schema"]) =>
  Effect.gen(function*() {
    const answer = yield* Effect.provideService(ready, CensusPages, { ...yield* CensusPages, schema })
    const text = yield* Effect.promise(() => HttpServerResponse.toWeb(answer).text())
    return { status: answer.status, text }
  })

const failing = (reason: TransientReason) =>
  new Transient({
    service: "database",
    reason,
    message: "the database failed: connect ECONNREFUSED 10.1.2.3:5432 as census"
  })

it.effect("is not ready without the database, and does not tell where that is", () =>
  Effect.gen(function*() {
    for (const reason of ["network", "timeout", "server", "malformed", "limits"] as const) {
      const { status, text } = yield* asked(failing(reason))
      assert.strictEqual(status, 503)
      assert.match(text, /^the database .+; the log says more\n$/)
      assert.notMatch(text, /10\.1\.2\.3|5432|census/)
    }
  }).pipe(Effect.provide(services)))

it.effect("is not ready within three seconds where the database says nothing", () =>
  Effect.gen(function*() {
    // Interrupting it takes as long.
    const answer = yield* Effect.fork(asked(Effect.uninterruptible(Effect.never)))
    yield* TestClock.adjust("3 seconds")
    assert.deepStrictEqual(yield* Fiber.join(answer), {
      status: 503,
      text: "the database did not answer within 3 seconds\n"
    })
  }).pipe(Effect.provide(services)))
