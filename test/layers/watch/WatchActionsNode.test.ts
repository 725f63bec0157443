import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { request } from "undici"
import { cloudEventText } from "../../../src/domain/CloudEvent.js"
import type { WatchAction } from "../../../src/domain/Watch.js"
import { verify } from "../../../src/domain/WebhookSignature.js"
import { makeAgent, refusedIn } from "../../../src/layers/http/guardedAgent.js"
import * as WatchActionsNode from "../../../src/layers/watch/WatchActionsNode.js"
import { countingPort, proxying, resolving } from "../../support/outside.js"
import { digest, movedEvent } from "../../support/watches.js"

const event = movedEvent(Option.none(), { tagFrom: digest("a"), tagTo: digest("b") })

const secret = "correct-horse"

interface Got {
  readonly request: IncomingMessage
  readonly body: string
}

const isAddress = (address: AddressInfo | string | null): address is AddressInfo => typeof address === "object"

// A receiver on this machine, and what it got.
const receiver = (answer: (got: Got, response: ServerResponse) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly got: Array<Got>; readonly port: number; readonly close: () => void }>((resume) => {
        const got = new Array<Got>()
        const server = createServer((request, response) => {
          let body = ""
          request.on("data", (part) => (body += String(part)))
          request.on("end", () => {
            got.push({ request, body })
            answer({ request, body }, response)
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const close = () => {
            server.closeAllConnections()
            server.close()
          }
          resume(Effect.succeed({ got, port: isAddress(address) ? address.port : 0, close }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ),
    ({ got, port }) => ({ got, url: `http://127.0.0.1:${port}/hook?token=x` })
  )

const actions = (options: Partial<WatchActionsNode.WatchActionsOptions> = {}) =>
  WatchActionsNode.make({ secret: Option.some(Redacted.make(secret)), ...options })

const hook = (url: string, allowPrivate = true): WatchAction => ({ _tag: "Webhook", url, allowPrivate })

const node = (script: string, ...args: ReadonlyArray<string>): WatchAction => ({
  _tag: "Command",
  argv: [process.execPath, "-e", script, ...args]
})

describe("webhooks", () => {
  it.scopedLive("send a signed CloudEvent, and 2xx is success", () =>
    Effect.gen(function*() {
      const { got, url } = yield* receiver((_, response) => response.writeHead(202).end("thanks"))
      const { deliver } = yield* actions()
      const result = yield* deliver(event, hook(url.replace("//", "//me:p%20w@")))
      assert.deepStrictEqual(result, {
        ok: true,
        result: "HTTP 202",
        output: Option.some("thanks"),
        retryAt: Option.none()
      })
      const [first] = got
      assert.strictEqual(first?.body, cloudEventText(event))
      const headers = first?.request.headers ?? {}
      assert.strictEqual(headers["content-type"], "application/cloudevents+json; charset=utf-8")
      assert.strictEqual(headers.authorization, `Basic ${Buffer.from("me:p w").toString("base64")}`)
      const signature = String(headers["x-image-census-signature"])
      const signedAt = Number(/^t=(\d+)/.exec(signature)?.[1]) * 1000
      assert.isTrue(verify(secret, signature, first?.body ?? "", signedAt))
      assert.strictEqual(first?.request.url, "/hook?token=x")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("tell failures, the wish to wait, and follow no redirect", () =>
    Effect.gen(function*() {
      const { got, url } = yield* receiver(({ request }, response) =>
        request.url?.includes("away") === true
          ? response.writeHead(307, { location: "/hook" }).end()
          : response.writeHead(503, { "retry-after": "120" }).end("x".repeat(10_000))
      )
      const { deliver } = yield* actions()
      const refused = yield* deliver(event, hook(url))
      assert.deepInclude(refused, { ok: false, result: "HTTP 503" })
      assert.isTrue(Option.isSome(refused.retryAt))
      assert.isAtMost(Option.getOrElse(refused.output, () => "").length, 4096)
      const redirected = yield* deliver(event, hook(`${url}&away`))
      assert.isFalse(redirected.ok)
      assert.match(redirected.result, /^HTTP 307: redirects are not followed/)
      assert.strictEqual(got.length, 2)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("end when nothing answers, or nobody is there", () =>
    Effect.gen(function*() {
      const { url } = yield* receiver(() => undefined)
      const { deliver } = yield* actions({ webhookTimeout: Duration.millis(150) })
      assert.deepInclude(yield* deliver(event, hook(url)), { ok: false, result: "no answer within 150ms" })
      assert.deepInclude(yield* deliver(event, hook("http://127.0.0.1:1/")), {
        ok: false,
        result: "the connection failed (ECONNREFUSED)"
      })
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("go to no private address by any name, unless that is allowed", () =>
    Effect.gen(function*() {
      const { got, url } = yield* receiver((_, response) => response.end())
      const { deliver, problemOf } = yield* actions()
      const { port } = new URL(url)
      for (const host of ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]", "2130706433", "169.254.169.254"]) {
        const action = hook(`http://${host}:${port}/`, false)
        assert.isTrue(Option.isSome(yield* problemOf(action)), host)
        const result = yield* deliver(event, action)
        assert.isFalse(result.ok, host)
        assert.match(result.result, /^refused: .*--allow-private/, host)
      }
      const here = yield* countingPort
      // What a name resolves to may change between the look and the connection: that is looked at too.
      const agent = yield* makeAgent({
        guard: { reach: "public", hint: "", trustsProxy: false },
        proxy: {},
        connectTimeout: Duration.seconds(5)
      })
      const rebound = yield* Effect.flip(
        Effect.tryPromise(() => request(`http://localhost:${here.port}/`, { dispatcher: agent }))
      )
      assert.match(String(rebound.error), /loopback network/)
      assert.strictEqual(here.counted.connections, 0)
      assert.deepStrictEqual(got, [])
      assert.deepStrictEqual(yield* problemOf(hook("http://93.184.216.34/", false)), Option.none())
      // As it may stand in the database: it is refused, and nobody dies of it.
      assert.isTrue(Option.isSome(yield* problemOf(hook("http://", true))))
      assert.isTrue(Option.isSome(yield* problemOf(hook("http://[", false))))
      assert.deepStrictEqual(yield* problemOf(hook(url)), Option.none())
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("webhooks behind a proxy", () => {
  const lookup = resolving({
    "public.example": ["8.8.8.8"],
    "private.example": ["10.0.0.9"],
    "two-faced.example": ["8.8.8.8", "127.0.0.1"],
    "meta.example": ["169.254.169.254"]
  })

  it.scopedLive("go to no private address either, and to no name that only the proxy knows", () =>
    Effect.gen(function*() {
      const { asked, proxy } = yield* proxying((request, response) => {
        request.resume()
        response.writeHead(202).end()
      })
      const { deliver, problemOf } = yield* actions({ lookup, proxy: { http: proxy, https: proxy } })
      const hosts = ["127.0.0.1", "[::1]", "10.0.0.9", "private.example", "two-faced.example", "meta.example"]
      for (const host of [...hosts, "inside.example"]) {
        const action = hook(`http://${host}/`, false)
        assert.isTrue(Option.isSome(yield* problemOf(action)), host)
        assert.match((yield* deliver(event, action)).result, /^refused: .*--allow-private/, host)
      }
      assert.deepStrictEqual(asked, [])
      for (const action of [hook("http://public.example/", false), hook("http://inside.example/")]) {
        assert.deepInclude(yield* deliver(event, action), { ok: true, result: "HTTP 202" })
      }
      assert.deepStrictEqual(asked, ["public.example:80", "inside.example:80"])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("are looked at when they are sent, not only before", () =>
    Effect.gen(function*() {
      const { asked, proxy } = yield* proxying((_, response) => response.end())
      const agent = yield* makeAgent({
        guard: { reach: "public", hint: "", trustsProxy: false },
        proxy: { http: proxy, https: proxy },
        connectTimeout: Duration.seconds(5),
        lookup
      })
      for (const url of ["http://private.example/", "https://two-faced.example/", "http://127.0.0.1/"]) {
        const refused = yield* Effect.flip(Effect.tryPromise(() => request(url, { dispatcher: agent })))
        assert.strictEqual(refusedIn(refused.error)?.name, "RefusedAddress", url)
      }
      assert.deepStrictEqual(asked, [])
    }))
})

describe("commands", () => {
  it.scopedLive("get the event in their environment and on standard input, without a shell and without our secrets", () =>
    Effect.gen(function*() {
      const { deliver } = yield* actions({ withheld: ["PATH"] })
      const script = `
        const { IMAGE_CENSUS_DIGEST, PATH } = process.env
        const input = require("node:fs").readFileSync(0, "utf8")
        console.log(JSON.stringify([process.argv.slice(1), IMAGE_CENSUS_DIGEST, PATH, JSON.parse(input).id]))`
      const result = yield* deliver(event, node(script, "$A; 1", "*"))
      assert.strictEqual(result.result, "exit code 0")
      assert.isTrue(result.ok)
      assert.deepStrictEqual(JSON.parse(Option.getOrElse(result.output, () => "null")), [
        ["$A; 1", "*"],
        digest("b"),
        "",
        event.id
      ])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("have failed with another exit code, a signal, too long a run, or where there is no such program", () =>
    Effect.gen(function*() {
      const { deliver } = yield* actions({ commandTimeout: Duration.millis(400) })
      const failed = yield* deliver(event, node("console.error('x'.repeat(9000) + 'end'); process.exitCode = 3"))
      assert.deepInclude(failed, { ok: false, result: "exit code 3" })
      const output = Option.getOrElse(failed.output, () => "")
      assert.isAtMost(output.length, 4096)
      assert.isTrue(output.endsWith("end"))
      const slow = yield* deliver(event, node("console.log('begun'); setTimeout(() => 0, 60_000)"))
      assert.deepInclude(slow, { ok: false, result: "did not end within 400ms" })
      const killed = yield* deliver(event, node("process.kill(process.pid, 'SIGKILL')"))
      assert.deepInclude(killed, { ok: false, result: "was ended by a signal" })
      const missing = yield* deliver(event, { _tag: "Command", argv: ["/nowhere/at-all"] })
      assert.isFalse(missing.ok)
      assert.match(missing.result, /\/nowhere\/at-all cannot be started: there is no such program/)
    }).pipe(Effect.provide(NodeContext.layer)))
})
