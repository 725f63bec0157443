/**
 * What the API's answers mean: which status for what, and that nothing is changed that was not asked for.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Either, Encoding, Layer, Option, Schema, Stream } from "effect"
import { parseName } from "../../../src/domain/CatalogImage.js"
import { canonical, parseNormalized } from "../../../src/domain/ImageReference.js"
import type { WatchAction } from "../../../src/domain/Watch.js"
import { ImageCatalog } from "../../../src/services/ImageCatalog.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { ask, tokens, withToken } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const server = Layer.scoped(Address, startServer()).pipe(Layer.provideMerge(services))

const api = (path: string) => `/api/v1${path}`
const decode = Schema.decodeUnknown(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const post = (path: string, body: unknown) =>
  Effect.flatMap(Address, (url) =>
    ask(url, api(path), {
      method: "POST",
      headers: { ...withToken(tokens.write), "content-type": "application/json" },
      body: JSON.stringify(body)
    }))

const get = (path: string) => Effect.flatMap(Address, (url) => ask(url, api(path)))

const statusOf = (path: string) => Effect.map(get(path), ({ status }) => status)

const retry = (event = "") => post(`/events/${event}/retry`, {})

const cursor = (key: unknown) => Encoding.encodeBase64Url(JSON.stringify(key))

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

  it.effect("look at a watch as often as the settings say, where the request does not", () =>
    Effect.gen(function*() {
      const usual = yield* post("/watches", { reference: "redis:7" })
      assert.strictEqual((yield* decode(usual.body))["everySeconds"], 420)
      const often = yield* post("/watches", { reference: "redis:6", everySeconds: 60 })
      assert.strictEqual((yield* decode(often.body))["everySeconds"], 60)
    }))

  it.effect("tell an event that is unknown from one of which nothing was set aside, and from one that is tried again", () =>
    Effect.gen(function*() {
      const store = yield* WatchStore
      const reference = Either.getOrThrow(parseNormalized("busybox:1"))
      const actions: ReadonlyArray<WatchAction> = [{ _tag: "Command", argv: ["redeploy"] }]
      yield* store.add([{
        reference,
        platform: Option.none(),
        every: Duration.hours(1),
        actions,
        updates: Option.none()
      }])
      const [event] = yield* store.fire({ reference: canonical(reference), platform: Option.none() })
      assert.strictEqual((yield* retry("00000000-0000-4000-a000-000000000000")).status, 404)
      const waiting = yield* retry(event?.id)
      assert.strictEqual(waiting.status, 409)
      assert.include(waiting.body, `the event ${event?.id} is pending`)
      const [claim] = yield* store.claimDeliveries({ limit: 1, lease: Duration.minutes(1) })
      if (claim === undefined) return assert.fail("nothing to deliver")
      const failed = { at: 0, ok: false, result: "HTTP 500", output: Option.none(), notBefore: 0 }
      yield* store.settle([{ claim, attempt: failed }], 1)
      assert.strictEqual((yield* retry(event?.id)).status, 202)
      assert.strictEqual((yield* retry(event?.id)).status, 409)
    }))

  it.effect("are a client's fault where a mark holds what no database has", () =>
    Effect.gen(function*() {
      const image = (value: string | null, image: string) => `after=${cursor({ sort: "pulls", value, image })}`
      const wrong = [
        `/images?${image("9999999999999999999", "x")}`,
        `/images?${image("-9223372036854775809", "x")}`,
        ...["a\u0000b", "a\ud800b"].flatMap((name) => [
          `/images?${image("1", name)}`,
          `/images?${image(null, name)}`,
          `/watches?after=${cursor({ reference: name, platform: "" })}`,
          `/updates?after=${cursor({ reference: "x", platform: name })}`
        ]),
        `/repositories?after=${cursor({ id: "9999999999999999999" })}`,
        `/events?after=${cursor({ sequence: 1e300 })}`,
        "/images/nginx/tags?after=nonsense",
        "/images/nginx/tags/1/history?after=nonsense",
        "/images?search=%00",
        "/catalog?after=%00",
        "/images/a%00b/tags"
      ]
      for (const path of wrong) assert.strictEqual(yield* statusOf(path), 400, path)
      const right = [
        `/images?${image("9223372036854775807", "x")}`,
        `/repositories?after=${cursor({ id: "999999999999999999" })}`,
        `/events?after=${cursor({ sequence: Number.MAX_SAFE_INTEGER })}`,
        ...["day", "week", "month"].flatMap((by) =>
          ["to=0001-01-01", "to=0001-02-01", "from=9999-12-31&to=9999-12-31"].map((days) =>
            `/images/nginx/pulls?by=${by}&${days}`
          )
        ),
        ...["-", "9999999999999999", "-9999999999999999"].map((mark) => `/images/nginx/tags?after=${mark}:x`),
        ...["9999999999999999", "-9999999999999999"].map((mark) => `/images/nginx/tags/1/history?after=${mark}:x`)
      ]
      for (const path of right) assert.strictEqual(yield* statusOf(path), 200, path)
      const webhook = yield* post("/watches", { reference: "redis:8", actions: [{ webhook: "https://e.org/\u0000" }] })
      assert.strictEqual(webhook.status, 400)
    }))

  it.effect("tell an image without tags from one that nobody knows", () =>
    Effect.gen(function*() {
      const cases = [
        [200, "/images/nginx/tags"],
        [200, "/images/docker.io%2Flibrary%2Fnginx/tags"],
        [200, "/images/nginx/tags/1.27/history"],
        [404, "/images/no%2Fsuch/tags"],
        [404, "/images/no%2Fsuch/tags/1.27/history"],
        [404, "/images/NO%20IMAGE/tags"]
      ] as const
      for (const [status, path] of cases) assert.strictEqual(yield* statusOf(path), status, path)
      yield* (yield* ImageCatalog).add([Either.getOrThrow(parseName("ghcr.io/o/by-hand"))], "published")
      assert.strictEqual(yield* statusOf("/images/ghcr.io%2Fo%2Fby-hand/tags"), 200)
    }))
})
