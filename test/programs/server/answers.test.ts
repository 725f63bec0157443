/**
 * What the API's answers mean: which status for what, and that nothing is changed that was not asked for.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Either, Layer, Option, Schema, Stream } from "effect"
import { parseNormalized } from "../../../src/domain/ImageReference.js"
import type { WatchAction } from "../../../src/domain/Watch.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { ask, tokens, withToken } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const server = Layer.scoped(Address, Effect.orDie(startServer())).pipe(Layer.provideMerge(services))

const api = (path: string) => `/api/v1${path}`
const decode = Schema.decodeUnknown(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const post = (path: string, body: unknown) =>
  Effect.flatMap(Address, (url) =>
    ask(url, api(path), {
      method: "POST",
      headers: { ...withToken(tokens.write), "content-type": "application/json" },
      body: JSON.stringify(body)
    }))

layer(server, { excludeTestServices: true })("the answers", (it) => {
  it.effect("leave a watch with what cannot be said over HTTP as it is", () =>
    Effect.gen(function*() {
      const store = yield* WatchStore
      const actions: ReadonlyArray<WatchAction> = [{ _tag: "Command", argv: ["redeploy", "web"] }]
      const updates = Option.some({ level: "minor" as const, minAge: Duration.days(3), between: Option.none() })
      const reference = Either.getOrThrow(parseNormalized("nginx:1.27"))
      yield* store.add([{ reference, platform: Option.none(), every: Duration.hours(1), actions, updates }])
      const answer = yield* post("/watches", { reference: "nginx:1.27" })
      assert.strictEqual(answer.status, 409)
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/)
      assert.include(answer.body, "docker.io/library/nginx:1.27 is watched already")
      const kept = Option.getOrThrow(yield* Stream.runHead(store.list(Option.none())))
      assert.deepStrictEqual(kept.watch.actions, actions)
      assert.deepStrictEqual(kept.watch.updates, updates)
      assert.strictEqual(Duration.toHours(kept.watch.every), 1)
      const other = yield* post("/watches", { reference: "nginx:1.27", platform: "linux/arm64" })
      assert.strictEqual(other.status, 201)
      assert.strictEqual((yield* decode(other.body))["platform"], "linux/arm64")
    }))
})
