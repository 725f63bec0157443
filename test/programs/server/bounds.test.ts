/**
 * What connections may hold of the server: requests that are sent all at once are answered in turn, and whoever is silent,
 * does not read or asks for too much is let go while others are answered.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { assert, it, layer } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Fiber, Layer, Option } from "effect"
import { connect, type Socket } from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { gunzipSync } from "node:zlib"
import { type ConnectionLimits, usualLimits } from "../../../src/programs/server/http/connections.js"
import { type Fixed, fixedOnce } from "../../../src/programs/server/http/fixed.js"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { ask } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** A server, and what is under way in it. */
interface Served {
  readonly url: string
  readonly underWay: { now: number; most: number; begun: number }
  /** Lets requests for the image `held` go on. */
  readonly release: Effect.Effect<unknown>
  /** Requests for images, as long as anything holds them. */
  readonly requests: Array<WeakRef<object>>
}

class Server extends Context.Tag("test/Server")<Server, Served>() {}

/** Looks for an image take a turn of the event loop; for the image `held`, until the test lets them go on. */
const serving = (limits: Partial<ConnectionLimits> = {}) =>
  Layer.scoped(
    Server,
    Effect.gen(function*() {
      const underWay = { now: 0, most: 0, begun: 0 }
      const requests: Array<WeakRef<object>> = []
      const held = yield* Deferred.make<void>()
      const looked = (image: string) =>
        Effect.gen(function*() {
          const request = yield* Effect.serviceOption(HttpServerRequest.HttpServerRequest)
          if (Option.isSome(request)) requests.push(new WeakRef(request.value))
          underWay.now += 1
          underWay.begun += 1
          underWay.most = Math.max(underWay.most, underWay.now)
          yield* image === "held" ? Deferred.await(held) : Effect.sleep("1 millis")
          return Option.none()
        }).pipe(Effect.ensuring(Effect.sync(() => (underWay.now -= 1))))
      const pages = Layer.effect(CensusPages, Effect.map(CensusPages, (pages) => ({ ...pages, image: looked })))
      const url = yield* startServer({
        limits: { ...usualLimits, ...limits },
        patience: { body: Duration.seconds(8), answer: Duration.seconds(20) }
      }).pipe(Effect.provide(pages))
      return { url, underWay, release: Deferred.succeed(held, undefined), requests }
    })
  ).pipe(Layer.provide(services))

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** A connection on which this was written; what came back until it was closed, or until the test has seen enough. */
const opened = (url: string, text: string, reads = true) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { hostname, port } = new URL(url)
      const said = { text: "", closed: false }
      const socket: Socket = connect(Number(port), hostname, () => socket.write(text))
      socket.on("data", (chunk) => (said.text += chunk.toString("latin1")))
      socket.on("error", () => undefined)
      socket.on("close", () => (said.closed = true))
      if (!reads) socket.pause()
      return { socket, said }
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

const until = (isSo: () => boolean) => Effect.repeat(Effect.sleep("5 millis"), { until: () => isSo() })

const statuses = (text: string) => Array.from(text.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => status)

layer(serving(), { excludeTestServices: true })("a connection", (it) => {
  it.scoped("has its requests answered one after the other, in their order", () =>
    Effect.gen(function*() {
      const { underWay, url } = yield* Server
      const names = Array.from({ length: 15 }, (_, n) => `image${n}`)
      const { said } = yield* opened(url, names.map((name) => get(`/api/v1/images/${name}`)).join(""))
      yield* until(() => statuses(said.text).length === names.length && said.text.endsWith("}"))
      assert.deepStrictEqual(Array.from(said.text.matchAll(/the image (image\d+)/g), ([, name]) => name), names)
      assert.strictEqual(underWay.most, 1)
    }))

  it.scoped("is ended with a problem where it asks for hundreds at once, before they are begun", () =>
    Effect.gen(function*() {
      const { underWay, url } = yield* Server
      const before = underWay.begun
      const { said } = yield* opened(url, get("/api/v1/images/some").repeat(500))
      yield* until(() => said.closed)
      assert.deepStrictEqual(statuses(said.text), ["503"])
      assert.include(said.text, "send no more than 17 requests at once")
      assert.isAtMost(underWay.begun - before, 1)
      yield* until(() => underWay.now === 0)
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
    }))

  it.scoped("has what waits on it forgotten when it is gone", () =>
    Effect.gen(function*() {
      const { underWay, url } = yield* Server
      const before = underWay.begun
      const { socket } = yield* opened(url, get("/api/v1/images/held") + get("/api/v1/images/some").repeat(10))
      yield* until(() => underWay.begun > before)
      socket.destroy()
      yield* until(() => underWay.now === 0)
      // Whatever was to be begun would have been by then.
      yield* ask(url, "/api/v1/images/some")
      assert.strictEqual(underWay.begun - before, 2)
    }))

  it.scoped("leaves nothing behind where whoever asked is gone", () =>
    Effect.gen(function*() {
      const { requests, underWay, url } = yield* Server
      const before = requests.length
      for (let n = 0; n < 20; n++) {
        const begun = underWay.begun
        const { said } = yield* opened(url, get("/api/v1/images/some").repeat(500))
        yield* until(() => underWay.begun > begun && said.closed)
      }
      yield* until(() => underWay.now === 0)
      assert.lengthOf(requests.slice(before), 20)
      // The last one or two may be held by what is under way in Node.
      const kept = () => requests.slice(before).filter((request) => request.deref() !== undefined).length
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("50 millis"), Effect.sync(collectGarbage)), {
        until: () => kept() <= 2
      })
    }))
})

layer(serving({ atOnce: 2 }), { excludeTestServices: true })("requests of all connections", (it) => {
  it.scoped("are answered 503 beyond what is done at once, while health is told", () =>
    Effect.gen(function*() {
      const { release, underWay, url } = yield* Server
      const first = yield* opened(url, get("/api/v1/images/held"))
      yield* opened(url, get("/api/v1/images/held"))
      yield* until(() => underWay.now === 2)
      const third = yield* ask(url, "/api/v1/images/some")
      assert.strictEqual(third.status, 503)
      assert.strictEqual(third.headers["retry-after"], "5")
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
      yield* release
      yield* until(() => statuses(first.said.text).length === 1)
      yield* until(() => underWay.now === 0)
      assert.strictEqual((yield* ask(url, "/api/v1/images/some")).status, 404)
    }))
})

layer(serving({ headers: Duration.millis(100) }), { excludeTestServices: true })("who says nothing", (it) => {
  it.scoped("is let go, as is who never ends a request's headers", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      for (const text of ["", "GET /healthz HTTP/1.1\r\nHost: "]) {
        const { said } = yield* opened(url, text)
        yield* until(() => said.closed)
        assert.deepStrictEqual(statuses(said.text), ["408"])
      }
    }))
})

// More than the system keeps for a reader.
const stuck = (url: string) => opened(url, get("/api/docs").repeat(16), false)

layer(serving({ unread: 500_000 }), { excludeTestServices: true })("answers that nobody reads", (it) => {
  it.scoped("are kept up to a bound, beyond which others are asked to wait", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const { socket } = yield* stuck(url)
      const status = Effect.map(ask(url, "/api/v1/images?limit=1"), (answer) => answer.status)
      yield* Effect.repeat(status, { until: (code) => code === 503 })
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
      socket.destroy()
      yield* Effect.repeat(status, { until: (code) => code === 200 })
    }))
})

layer(serving({ silence: Duration.millis(300) }), { excludeTestServices: true })("who stops reading", (it) => {
  it.scoped("is let go", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const { said, socket } = yield* stuck(url)
      // A word now and then is more than silence, but not often enough, and tells that nobody is there any more.
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("1 second"), Effect.sync(() => socket.write("\r\n"))), {
        until: () => said.closed
      })
    }))
})

layer(serving({ connections: 3, requests: 2 }), { excludeTestServices: true })("connections", (it) => {
  it.scoped("are no more than they may be, and end after so many requests", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const open = yield* Effect.forEach(Array.from({ length: 3 }), () => opened(url, get("/healthz")))
      yield* until(() => open.every(({ said }) => said.text.endsWith("ok\n")))
      const { said } = yield* opened(url, get("/healthz"))
      yield* until(() => said.closed)
      assert.strictEqual(said.text, "")
      const [one] = open
      one?.socket.write(get("/healthz"))
      yield* until(() => one?.said.closed === true)
      assert.match(one?.said.text ?? "", /HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*connection: close/i)
    }))
})

const request = (acceptEncoding: string) =>
  HttpServerRequest.fromWeb(new Request("http://localhost/", { headers: { "accept-encoding": acceptEncoding } }))

it.scoped("a fixed document is made once for all, also where the first reader leaves", () =>
  Effect.gen(function*() {
    let made = 0
    const begun = yield* Deferred.make<void>()
    const ready = yield* Deferred.make<Fixed>()
    const make = Effect.zipRight(
      Effect.zipRight(Effect.sync(() => (made += 1)), Deferred.succeed(begun, undefined)),
      Deferred.await(ready)
    )
    const answer = yield* fixedOnce(make)
    const first = yield* Effect.fork(answer(request("")))
    yield* Deferred.await(begun)
    const leaving = yield* Effect.fork(Fiber.interrupt(first))
    yield* Deferred.succeed(ready, { type: "text/plain", bytes: new TextEncoder().encode("long ".repeat(1000)) })
    yield* Fiber.join(leaving)
    const bodies = yield* Effect.forEach(
      Array.from({ length: 20 }),
      () => Effect.map(answer(request("gzip")), ({ body }) => body._tag === "Uint8Array" ? body.body : undefined),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(made, 1)
    assert.strictEqual(new Set(bodies).size, 1)
    assert.strictEqual(gunzipSync(bodies[0] ?? new Uint8Array()).toString(), "long ".repeat(1000))
  }))
