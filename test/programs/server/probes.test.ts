/**
 * What a probe tells everybody who asks.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Transient, type TransientReason } from "../../../src/domain/Errors.js"
import { ready } from "../../../src/programs/server/http/probes.js"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { services } from "../../support/apiServer.js"

const asked = (reason: TransientReason) =>
  Effect.gen(function*() {
    const message = "the database failed: connect ECONNREFUSED 10.1.2.3:5432 as census"
    const schema = new Transient({ service: "database", reason, message })
    const answer = yield* Effect.provideService(ready, CensusPages, { ...yield* CensusPages, schema })
    const text = yield* Effect.promise(() => HttpServerResponse.toWeb(answer).text())
    return { status: answer.status, text }
  })

it.effect("is not ready without the database, and does not tell where that is", () =>
  Effect.gen(function*() {
    for (const reason of ["network", "timeout", "server", "malformed", "limits"] as const) {
      const { status, text } = yield* asked(reason)
      assert.strictEqual(status, 503)
      assert.match(text, /^the database .+; the log says more\n$/)
      assert.notMatch(text, /10\.1\.2\.3|5432|census/)
    }
  }).pipe(Effect.provide(services)))
