/**
 * What watches hold of secrets is taken in over HTTP, and never given out again.
 */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { canonical, parseNormalized } from "../../../src/domain/ImageReference.js"
import * as WatchActionText from "../../../src/domain/WatchActionText.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { ask, type Asking, tokens, withToken } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

const secret = "Pl4nt-s3cr3t"
const hook = `https://planter:${secret}-user@hooks.example/services/${secret}-path?token=${secret}-query`

it.scopedLive("no answer of the API holds what is secret in an action", () =>
  Effect.gen(function*() {
    const url = yield* startServer()
    const answers: Array<string> = []
    const send = (path: string, asking: Asking = {}) =>
      Effect.map(
        ask(url, path, { ...asking, headers: { ...withToken(tokens.write), "content-type": "application/json" } }),
        (answer) => {
          answers.push(`${path} ${JSON.stringify(answer)}`)
          return answer
        }
      )
    const post = (path: string, body: unknown) => send(path, { method: "POST", body: JSON.stringify(body) })

    const added = yield* post("/api/v1/watches", { reference: "nginx:1", actions: [{ webhook: hook }] })
    assert.strictEqual(added.status, 201)
    assert.deepStrictEqual(JSON.parse(added.body).actions, ["webhook https://hooks.example/…"])
    const refused = [
      { reference: "nginx:1", actions: [{ webhook: hook }] },
      { reference: "nginx:2", actions: [{ webhook: `ftp://me:${secret}@host` }] },
      { reference: "nginx:2", actions: [{ webhook: `${hook}${"x".repeat(3000)}` }] },
      { reference: "nginx:2", actions: [{ webhook: { [secret]: hook } }] },
      { reference: "nginx:2", actions: hook },
      { reference: "nginx:2", actions: [{ command: [secret], webhook: 5 }] }
    ]
    for (const wrong of refused) assert.include([400, 409], (yield* post("/api/v1/watches", wrong)).status)

    const store = yield* WatchStore
    const reference = yield* parseNormalized("redis:7")
    const command = yield* WatchActionText.parse(`command:["deploy","--key","${secret}-argument"]`, false)
    const webhook = yield* WatchActionText.parse(hook, true)
    const added2 = { reference, platform: Option.none(), every: Duration.minutes(5), updates: Option.none() }
    yield* store.add([{ ...added2, actions: [command, webhook] }])
    yield* store.fire({ reference: canonical(reference), platform: Option.none() })

    for (const path of ["watches", "updates", "events", "status", "images", "repositories", "catalog"]) {
      assert.strictEqual((yield* send(`/api/v1/${path}`)).status, 200, path)
    }
    yield* post(`/api/v1/watches/${JSON.parse(added.body).id}/fire`, {})
    yield* send("/api/v1/events")
    yield* send("/metrics")
    assert.deepStrictEqual(answers.filter((answer) => answer.includes(secret)), [])
    assert.isTrue(answers.some((answer) => answer.includes("command deploy …")))
  }).pipe(Effect.provide(services)), 120_000)
