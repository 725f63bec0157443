/**
 * Who may, what is cached, what is negotiated, what lives on, and how it ends.
 */
import { assert, it, layer } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Fiber, Layer, Option, Schema, Scope } from "effect"
import { request as open } from "node:http"
import { createServer } from "node:net"
import { SettingsError } from "../../../src/domain/Errors.js"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { ProcessBoard } from "../../../src/services/ProcessBoard.js"
import { ask, tokens, withToken } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"
import { waitUntil } from "../../support/program.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const server = Layer.scoped(Address, startServer()).pipe(Layer.provideMerge(services))

const api = (path: string) => `/api/v1${path}`
const json = { "content-type": "application/json" }
const body = JSON.stringify({ repositories: ["acme/other"] })
const decode = Schema.decodeUnknown(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** A viewer of the live status that reads nothing after the first bytes, or everything. */
const view = (url: string, reads: boolean) =>
  Effect.async<{ readonly ended: () => boolean; readonly whole: () => boolean; readonly text: () => string }>(
    (resume) => {
      let text = ""
      let ended = false
      const { hostname, port } = new URL(url)
      const sent = open({ hostname, port, path: api("/live"), agent: false }, (answer) => {
        answer.on("data", (chunk) => {
          text += String(chunk)
          if (!reads) answer.pause()
        })
        answer.on("close", () => (ended = true))
        resume(Effect.succeed({ ended: () => ended, whole: () => answer.complete, text: () => text }))
      })
      sent.on("error", () => (ended = true))
      sent.end()
    }
  )

layer(server, { excludeTestServices: true })("the server", (it) => {
  it.effect("lets everybody on this machine read, and only a write token write, before it looks at a body", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const post = (headers: Record<string, string>, text: string) =>
        Effect.map(ask(url, api("/repositories"), { method: "POST", headers, body: text }), ({ status }) => status)
      assert.strictEqual((yield* ask(url, api("/repositories"))).status, 200)
      assert.strictEqual(yield* post({}, "no JSON at all"), 401)
      assert.strictEqual(yield* post(withToken(tokens.read), body), 401)
      assert.strictEqual(yield* post(withToken(`${tokens.write}x`), body), 401)
      assert.strictEqual(yield* post(withToken(tokens.write), body), 415)
      assert.strictEqual(yield* post({ ...withToken(tokens.write), ...json }, "{"), 400)
      assert.strictEqual(yield* post({ ...withToken(tokens.write), ...json }, `["${"a".repeat(1_100_000)}"]`), 413)
      assert.strictEqual(yield* post({ ...withToken(tokens.write), ...json }, body), 200)
      assert.strictEqual((yield* ask(url, api("/repositories/acme/other"))).status, 200)
    }))

  it.effect("refuses other names for this machine, other methods and broken paths, each with a problem", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const cases = [
        [403, api("/status"), { headers: { host: "rebound.example" } }],
        [404, api("/nothing"), {}],
        [404, "/no/such.file", {}],
        [404, api("/images/no%2Fsuch"), {}],
        [405, api("/status"), { method: "DELETE" }],
        [406, api("/images/nginx/pulls"), { headers: { accept: "image/png" } }],
        [400, api("/images?limit=0"), {}],
        [400, api("/images?after=nonsense"), {}],
        [400, api("/images/nginx/pulls?from=2026-02-30"), {}],
        [400, api("/images/%FF"), {}]
      ] as const
      for (const [status, path, asking] of cases) {
        const answer = yield* ask(url, path, asking)
        assert.strictEqual(answer.status, status, path)
        assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/)
        assert.strictEqual((yield* decode(answer.body))["status"], status)
      }
    }))

  it.effect("says what has not changed with 304, and negotiates CSV", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const first = yield* ask(url, api("/images?sort=name"))
      const etag = String(first.headers["etag"])
      assert.strictEqual(
        (yield* ask(url, api("/images?sort=name"), { headers: { "if-none-match": etag } })).status,
        304
      )
      const csv = yield* ask(url, api("/images/nginx/pulls?from=2026-10-01&to=2026-10-31"), {
        headers: { accept: "text/csv" }
      })
      assert.match(String(csv.headers["content-type"]), /^text\/csv/)
      assert.deepStrictEqual(csv.body.trim().split("\r\n"), [
        "date,to,pulls_total,pulls,missing_days,fell,partial",
        "2026-10-01,2026-10-01,10,,0,false,false",
        "2026-10-02,2026-10-02,20,10,0,false,false",
        "2026-10-03,2026-10-03,,10,1,false,false",
        "2026-10-04,2026-10-04,,10,1,false,false",
        "2026-10-05,2026-10-05,50,10,0,false,false",
        "2026-10-06,2026-10-06,5,,0,true,false",
        "2026-10-07,2026-10-07,8,3,0,false,false"
      ])
    }))

  it.effect("keeps counts that a number would cut short", () =>
    Effect.gen(function*() {
      const { body } = yield* ask(yield* Address, api("/images/acme%2Fapp"))
      assert.strictEqual((yield* decode(body))["pulls"], "9007199254740993")
    }))

  it.effect("is alive and ready, shows metrics, and describes itself with nothing from other hosts", () =>
    Effect.gen(function*() {
      const url = yield* Address
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
      assert.deepStrictEqual([(yield* ask(url, "/readyz")).body], ["ready\n"])
      const { body } = yield* ask(url, "/metrics")
      assert.include(body, "image_census_build_info{version=\"1.2.3\"")
      assert.include(body, "image_census_rows{table=\"images\"} 2")
      assert.include(body, "image_census_database_up 1")
      assert.include(body, "image_census_event_deliveries_total{outcome=\"dead\"} 0")
      const docs = yield* ask(url, "/api/docs")
      assert.notMatch(docs.body, /<(?:script|link|img)[^>]+(?:src|href)="?https?:/)
      assert.notInclude(String(docs.headers["content-security-policy"]), "unsafe")
      for (const path of ["/", api("/status")]) {
        const { headers } = yield* ask(url, path)
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.notInclude(String(headers["content-security-policy"]), "unsafe")
        assert.isUndefined(headers["access-control-allow-origin"])
      }
    }))

  it.effect("lets pages of a named origin read, and of no other", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const from = (origin: string) =>
        Effect.map(ask(url, api("/status"), { headers: { origin } }), ({ headers }) =>
          headers["access-control-allow-origin"])
      assert.strictEqual(yield* from("https://dashboard.example.org"), "https://dashboard.example.org")
      assert.isUndefined(yield* from("https://other.example.org"))
    }))
})

it.scopedLive(
  "serves any number of viewers with one look at the database, and lets go of all, slow or not, when it ends",
  () =>
    Effect.gen(function*() {
      let looks = 0
      const board = yield* ProcessBoard
      const counting = Layer.succeed(ProcessBoard, {
        ...board,
        budgets: Effect.zipRight(Effect.sync(() => (looks += 1)), board.budgets)
      })
      const scope = yield* Scope.make()
      const url = yield* startServer().pipe(Effect.provide(counting), Scope.extend(scope))
      const first = yield* view(url, true)
      yield* waitUntil(Effect.sync(() => first.text().includes("event: status")))
      const before = { looks, at: yield* Clock.currentTimeMillis }
      const others = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, n) => n),
        (n) => view(url, n % 3 !== 0),
        { concurrency: 50 }
      )
      yield* waitUntil(Effect.sync(() => others.every(({ text }) => text().includes("event: status"))))
      yield* Effect.sleep("2 seconds")
      yield* Scope.close(scope, Exit.void)
      // One look a second, however long it took for all to come.
      const seconds = ((yield* Clock.currentTimeMillis) - before.at) / 1000
      assert.isAtMost(looks - before.looks, seconds + 2)
      yield* waitUntil(Effect.sync(() => others.every(({ ended }, n) => n % 3 === 0 || ended())))
      // The streams came to their end; they were not cut off.
      assert.isTrue(first.whole())
      assert.isTrue(others.every(({ whole }, n) => n % 3 === 0 || whole()))
    }).pipe(Effect.provide(services)),
  60_000
)

/** A port that nobody listens at. */
const freePort = Effect.async<number>((resume) => {
  const holder = createServer()
  holder.listen(0, "127.0.0.1", () => {
    const address = holder.address()
    holder.close(() => resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0)))
  })
})

it.scopedLive("answers everybody whom it lets in while it starts", () =>
  Effect.gen(function*() {
    const port = yield* freePort
    const starting = yield* Effect.fork(startServer({ port }))
    const knock = Effect.exit(Effect.timeout(ask(`http://127.0.0.1:${port}`, "/healthz"), "3 seconds"))
    const first = yield* Effect.repeat(
      Effect.delay(knock, "1 millis"),
      { until: (exit) => Exit.isSuccess(exit) || !String(exit.cause).includes("ECONNREFUSED") }
    )
    assert.deepStrictEqual(Exit.map(first, ({ status }) => status), Exit.succeed(200))
    yield* Fiber.join(starting)
  }).pipe(Effect.provide(services)))

it.effect("does not listen for other machines without tokens", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(startServer({ host: "0.0.0.0", tokens: [] }))
    assert.instanceOf(error, SettingsError)
    assert.include(String(error.message), "token new")
  }).pipe(Effect.scoped, Effect.provide(services)))

it.scopedLive("asks for a read token where other machines reach it, except for probes and the page", () =>
  Effect.gen(function*() {
    const url = (yield* startServer({ host: "0.0.0.0" })).replace("0.0.0.0", "127.0.0.1")
    const status = (path: string, headers: Record<string, string> = {}) =>
      Effect.map(ask(url, path, { headers }), ({ status }) => status)
    assert.deepStrictEqual(
      yield* Effect.forEach(
        [api("/status"), "/metrics", api("/live"), "/healthz", "/readyz", "/"],
        (path) => status(path)
      ),
      [401, 401, 401, 200, 200, 200]
    )
    assert.strictEqual(yield* status(api("/status"), withToken(tokens.read)), 200)
    // The name by which it is reached is no matter where tokens protect it.
    assert.strictEqual(yield* status(api("/status"), { ...withToken(tokens.read), host: "census.example.org" }), 200)
    assert.isTrue(Option.isSome(yield* (yield* CensusPages).image("nginx")))
  }).pipe(Effect.provide(services)))
