import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Schema } from "effect"
import { startSandbox } from "./Sandbox.js"

const Counters = Schema.Struct({
  github: Schema.Struct({ requests: Schema.Number }),
  dockerhub: Schema.Struct({
    requests: Schema.Number,
    byPath: Schema.Record({ key: Schema.String, value: Schema.Number })
  })
})

const counted = (controlUrl: string) =>
  Effect.flatMap(
    HttpClient.get(`${controlUrl}/_sandbox/counters`),
    (response) => Effect.flatMap(response.json, Schema.decodeUnknown(Counters))
  )

const post = (url: string, body: unknown) =>
  Effect.flatMap(HttpClientRequest.bodyJson(HttpClientRequest.post(url), body), HttpClient.execute)

describe("the sandbox on its ports", () => {
  it.scoped("answers, counts, breaks and mends over HTTP", () =>
    Effect.gen(function*() {
      const { addresses, controlUrl, environment, expected } = yield* startSandbox({ world: { repositories: 100 } })
      const image = Array.from(expected.links.keys())[0] ?? ""
      const url = `${environment["DOCKERHUB_API_BASE_URL"]}/namespaces/${image.replace("/", "/repositories/")}`
      const body = Effect.flatMap(HttpClient.get(url), ({ text }) => text)
      assert.include(yield* body, "\"pull_count\"")
      for (const kind of ["reset", "truncated"]) {
        yield* post(`${controlUrl}/_sandbox/faults`, { kind, service: "dockerhub" })
        assert.isTrue(Either.isLeft(yield* Effect.either(body)), kind)
        yield* HttpClient.del(`${controlUrl}/_sandbox/faults`)
      }
      assert.include(yield* body, "\"pull_count\"")
      yield* post(`${controlUrl}/_sandbox/world`, { kind: "image-deleted", image })
      assert.include(yield* body, "object not found")
      assert.strictEqual((yield* post(`${controlUrl}/_sandbox/faults`, { kind: "nonsense" })).status, 400)
      assert.strictEqual((yield* HttpClient.get(`${addresses["github"]}/rate_limit`)).status, 200)
      const { dockerhub, github } = yield* counted(controlUrl)
      assert.strictEqual(github.requests, 1)
      assert.strictEqual(dockerhub.requests, 5)
      assert.deepStrictEqual(dockerhub.byPath, { [`GET ${new URL(url).pathname}`]: 5 })
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.scoped("gives up on a request whose caller has gone", () =>
    Effect.gen(function*() {
      const { addresses, counters, faults } = yield* startSandbox({ world: { repositories: 1 } })
      yield* faults.add({ kind: "hang" })
      const asking = yield* Effect.fork(HttpClient.get(`${addresses["dockerhub"]}/v2/`))
      const until = (holds: () => boolean): Effect.Effect<void> =>
        Effect.suspend(() => holds() ? Effect.void : Effect.zipRight(Effect.yieldNow(), until(holds)))
      yield* until(() => counters()["dockerhub"]?.open === 1)
      yield* Fiber.interrupt(asking)
      yield* until(() => counters()["dockerhub"]?.byStatus["gone"] === 1)
      assert.strictEqual(counters()["dockerhub"]?.open, 0)
    }).pipe(Effect.provide(FetchHttpClient.layer)))
})
