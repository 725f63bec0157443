import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, TestClock } from "effect"
import { during, type Fault } from "../service/Faults.js"
import { makeSimulation, type Simulation, type SimulationOptions } from "../Simulation.js"

const options: SimulationOptions = { world: { repositories: 200 } }

const Listing = Schema.parseJson(Schema.Struct({
  count: Schema.Number,
  next: Schema.NullOr(Schema.String),
  results: Schema.Array(Schema.Struct({ name: Schema.String, pull_count: Schema.Number }))
}))
const One = Schema.parseJson(Schema.Struct({ pull_count: Schema.Number, last_updated: Schema.NullOr(Schema.String) }))
const Token = Schema.parseJson(Schema.Struct({ access_token: Schema.String }))

const send = (simulation: Simulation, request: HttpClientRequest.HttpClientRequest, token?: string) =>
  simulation.client.execute(request.pipe(
    HttpClientRequest.prependUrl("https://hub.docker.com/v2"),
    HttpClientRequest.setHeaders(token === undefined ? {} : { authorization: `Bearer ${token}` })
  )).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (body) => ({ status: response.status, headers: response.headers, body }))
    )
  )

const get = (simulation: Simulation, path: string, token?: string) =>
  send(simulation, HttpClientRequest.get(path), token)

const login = (simulation: Simulation, secret: string) =>
  Effect.flatMap(
    HttpClientRequest.bodyJson(HttpClientRequest.post("/auth/token"), { identifier: "census", secret }),
    (request) => send(simulation, request)
  )

const aHit = (simulation: Simulation): string => Array.from(simulation.expected.links.keys())[0] ?? ""
const pathOf = (image: string): string => `/namespaces/${image.replace("/", "/repositories/")}`

describe("the sandbox's Docker Hub", () => {
  it.effect("knows an image on both routes, and others not at all", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const image = aHit(simulation)
      const answer = yield* get(simulation, pathOf(image))
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers["x-ratelimit-remaining"], "179")
      assert.strictEqual((yield* get(simulation, `/repositories/${image}`)).status, 301)
      assert.strictEqual((yield* get(simulation, `/repositories/${image}/`)).body, answer.body)
      assert.strictEqual((yield* send(simulation, HttpClientRequest.head(pathOf(image)))).body, "")
      const missing = yield* get(simulation, "/namespaces/nobody/repositories/nothing")
      assert.strictEqual(missing.status, 404)
      assert.strictEqual(missing.body, `{"message":"object not found","errinfo":{}}`)
    }))

  it.effect("counts pulls by the day, and can lose an image", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const image = aHit(simulation)
      yield* simulation.state.publishImage({ owner: "New", name: "Thing" })
      const pulls = (path: string) =>
        Effect.flatMap(
          get(simulation, path),
          ({ body }) => Effect.map(Schema.decode(One)(body), (one) => one.pull_count)
        )
      const before = yield* pulls("/namespaces/new/repositories/thing")
      yield* TestClock.adjust("1 day")
      yield* simulation.state.advanceDays(2)
      const after = yield* pulls("/namespaces/new/repositories/thing")
      assert.deepStrictEqual({ before, after }, { before: 0, after: 287 })
      yield* simulation.state.deleteImage(image)
      assert.strictEqual((yield* get(simulation, pathOf(image))).status, 404)
    }))

  it.effect("lists a hundred repositories to strangers and all to those who log in", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const path = (page: number) =>
        `/namespaces/${simulation.state.world.crowded}/repositories?page_size=100&page=${page}`
      const first = yield* Schema.decode(Listing)((yield* get(simulation, path(1))).body)
      assert.strictEqual(first.count, 199)
      assert.strictEqual(first.results.length, 100)
      assert.include(first.next ?? "", "page=2")
      const wall = yield* get(simulation, path(2))
      assert.strictEqual(wall.status, 403)
      assert.strictEqual(
        wall.body,
        `{"message":"pagination offset too large for anonymous requests; sign in to page further","errinfo":{}}`
      )
      assert.strictEqual((yield* login(simulation, "wrong")).status, 401)
      const { access_token } = yield* Schema.decode(Token)((yield* login(simulation, "sandbox-password")).body)
      const second = yield* Schema.decode(Listing)((yield* get(simulation, path(2), access_token)).body)
      assert.strictEqual(second.results.length, 99)
      assert.strictEqual(second.next, null)
      assert.strictEqual((yield* get(simulation, path(3), access_token)).status, 404)
      assert.strictEqual((yield* get(simulation, path(1), `${access_token}x`)).status, 401)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* get(simulation, path(1), access_token)).status, 401)
    }))

  it.effect("lets 180 requests through in a minute", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation({ ...options, dockerhub: { retryForm: "epoch" } })
      const ask = get(simulation, pathOf(aHit(simulation)))
      const answers = yield* Effect.replicateEffect(ask, 180)
      assert.deepStrictEqual(answers.filter(({ status }) => status !== 200), [])
      const over = yield* ask
      assert.strictEqual(over.status, 429)
      assert.strictEqual(over.body, `{"detail":"Rate limit exceeded","error":false}`)
      assert.strictEqual(over.headers["x-ratelimit-remaining"], "0")
      assert.strictEqual(over.headers["retry-after"], "60")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* ask).status, 200)
    }))

  it.effect("can be broken in every way, for as long as wanted", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const { faults } = simulation
      const path = pathOf(aHit(simulation))
      const ask = get(simulation, path)
      const good = yield* ask
      const met = (fault: Fault) => during(faults, { service: "dockerhub", ...fault })(ask)
      assert.strictEqual(
        (yield* met({ kind: "rate-limit", retryForm: "date" })).headers["retry-after"],
        "Thu, 01 Jan 1970 00:01:00 GMT"
      )
      assert.isUndefined((yield* met({ kind: "rate-limit", retryForm: "absent" })).headers["retry-after"])
      assert.strictEqual((yield* met({ kind: "unavailable" })).status, 503)
      assert.include((yield* met({ kind: "html" })).body, "<!DOCTYPE html>")
      assert.strictEqual((yield* met({ kind: "malformed" })).body, good.body.slice(0, Math.floor(good.body.length / 2)))
      assert.strictEqual((yield* Effect.flip(met({ kind: "truncated" })))._tag, "ResponseError")
      assert.strictEqual((yield* Effect.flip(met({ kind: "reset" })))._tag, "RequestError")
      const hanging = yield* Effect.fork(met({ kind: "hang" }))
      yield* TestClock.adjust("1 hour")
      assert.isNull(hanging.unsafePoll())
      yield* Fiber.interrupt(hanging)
      yield* faults.add({ kind: "unauthorized", seconds: 60 })
      yield* faults.add({ kind: "unavailable", service: "github" })
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* ask).status, 401)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask).body, good.body)
      assert.deepStrictEqual((yield* faults.list).map(({ fault }) => fault.kind), ["unavailable"])
      const { byStatus, maxOpen, open, requests } = simulation.dockerhub.counters.read()
      assert.deepStrictEqual(byStatus, { 200: 5, 401: 1, 429: 2, 503: 1, reset: 1, gone: 1 })
      assert.deepStrictEqual({ maxOpen, open, requests }, { maxOpen: 1, open: 0, requests: 11 })
    }))
})
