import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Duration, Effect, Either, FastCheck, Layer, Redacted, Runtime, Stream } from "effect"
import * as Http from "node:http"
import * as Zlib from "node:zlib"
import { decodeBody } from "../../../src/layers/http/decode.js"
import { exchange, type ExchangeOptions } from "../../../src/layers/http/exchange.js"
import * as HttpClientUndici from "../../../src/layers/http/HttpClientUndici.js"

type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

/** A server on a free loopback port for the length of the scope. */
const serve = (handler: Handler) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly server: Http.Server }>((resume) => {
      const server = Http.createServer(handler)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, server }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

const options = { version: "1.2.3", address: "https://example.com/census" }
const client = HttpClientUndici.layer(options)

const ask = (
  request: HttpClientRequest.HttpClientRequest,
  more: Partial<ExchangeOptions> = {}
) => Effect.flatMap(HttpClient.HttpClient, (http) => exchange(http, { service: "test", ...more })(request))

describe("exchange over undici", () => {
  it.scopedLive("repeats in a refusal nothing of what it was sent with", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        const { authorization = "" } = request.headers
        const pair = Buffer.from(authorization.slice(6), "base64").toString("utf8")
        const chunks: Array<Uint8Array> = []
        request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
        request.on("end", () => {
          response.writeHead(Number(request.url?.slice(1))).end(`${authorization} ${pair} ${Buffer.concat(chunks)}`)
        })
      })
      const login = HttpClientRequest.basicAuth("robot", "pa55word")(HttpClientRequest.post(`${url}/401`))
      assert.notMatch((yield* ask(login)).body, /pa55word|cm9ib3Q6/)
      const document = yield* ask(HttpClientRequest.basicAuth("robot", "pa55word")(HttpClientRequest.get(`${url}/200`)))
      assert.include(document.body, "pa55word", "what is no refusal is as it was sent")
      const http = yield* HttpClient.HttpClient
      for (
        const body of [
          HttpClientRequest.bodyUnsafeJson({ username: "robot", password: "pa55word" }),
          HttpClientRequest.bodyUrlParams({ service: "registry.example", refresh_token: "pa55word" })
        ]
      ) {
        const request = body(HttpClientRequest.post(`${url}/403`))
        const refusal = yield* exchange(http, { service: "test" })(request, "credential")
        assert.notInclude(refusal.body, "pa55word")
        assert.match(refusal.body, /robot|registry.example/)
      }
    }).pipe(Effect.provide(client)))

  it.scopedLive("names itself and reads plain and compressed bodies, errors too", () =>
    Effect.gen(function*() {
      const codings: ReadonlyArray<readonly [string, (text: string) => Uint8Array]> = [
        ["gzip", (text) => Zlib.gzipSync(text)],
        ["deflate", (text) => Zlib.deflateSync(text)],
        ["br", (text) => Zlib.brotliCompressSync(text)],
        ["deflate, gzip", (text) => Zlib.gzipSync(Zlib.deflateSync(text))],
        ["identity", (text) => Buffer.from(text)]
      ]
      const seen = new Array<Http.IncomingHttpHeaders>()
      const { url } = yield* serve((request, response) => {
        seen.push(request.headers)
        const coding = codings[Number(request.url?.slice(1))]
        if (coding === undefined) return response.writeHead(500).end()
        response.writeHead(503, { "content-encoding": coding[0] }).end(coding[1]("größer"))
      })
      for (const index of codings.keys()) {
        const answer = yield* ask(HttpClientRequest.get(`${url}/${index}`))
        assert.deepStrictEqual([answer.status, answer.body, answer.bytes.byteLength], [503, "größer", 8])
      }
      assert.strictEqual(seen[0]?.["user-agent"], "image-census/1.2.3 (+https://example.com/census)")
      assert.strictEqual(seen[0]?.traceparent, undefined)
      assert.strictEqual(seen[0]?.b3, undefined)
    }).pipe(Effect.withSpan("outer"), Effect.provide(client)))

  it.scopedLive("reads empty bodies: 204, HEAD, and an error without a body", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        const status = request.method === "HEAD" ? 200 : request.url === "/204" ? 204 : 404
        response.writeHead(status, {
          "content-encoding": "gzip",
          ...(status === 200 ? { "content-length": "999" } : {})
        })
        response.end()
      })
      const answers = yield* Effect.forEach([
        HttpClientRequest.head(`${url}/`),
        HttpClientRequest.get(`${url}/204`),
        HttpClientRequest.get(`${url}/404`)
      ], (request) => ask(request))
      assert.deepStrictEqual(answers.map(({ body, status }) => [status, body]), [[200, ""], [204, ""], [404, ""]])
    }).pipe(Effect.provide(client)))

  it.scopedLive("refuses what is too long on the wire, and what becomes so when decoded", () =>
    Effect.gen(function*() {
      const bomb = Zlib.gzipSync(Buffer.alloc(4_000_000))
      const { url } = yield* serve((request, response) => {
        if (request.url === "/bomb") response.writeHead(200, { "content-encoding": "gzip" }).end(bomb)
        else response.writeHead(200).end(Buffer.alloc(4_000_000))
      })
      for (const path of ["/bomb", "/long"]) {
        const error = yield* Effect.flip(ask(HttpClientRequest.get(`${url}${path}`), { maxBytes: 100_000 }))
        assert.strictEqual(error.reason, "malformed")
        assert.include(error.message, "longer than 100000 bytes")
      }
    }).pipe(Effect.provide(client)))

  it.scopedLive("tells a broken coding, a broken connection and a refused one apart", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        if (request.url?.startsWith("/coding") === true) {
          response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip")
        } else if (request.url?.startsWith("/half") === true) {
          response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy())
        } else request.socket.resetAndDestroy()
      })
      const reasons = yield* Effect.forEach(
        ["/coding", "/half", "/reset"],
        (path) => Effect.map(Effect.flip(ask(HttpClientRequest.get(`${url}${path}?token=hush`))), (error) => error)
      )
      assert.deepStrictEqual(reasons.map(({ reason }) => reason), ["malformed", "network", "network"])
      assert.isTrue(reasons.every(({ message }) => !message.includes("hush")))
      const refused = yield* Effect.flip(ask(HttpClientRequest.get("http://127.0.0.1:1/")))
      assert.deepStrictEqual([refused.reason, refused.message.includes("ECONNREFUSED")], ["network", true])
    }).pipe(Effect.provide(client)))

  it.scopedLive("times out over the body too, and gives the connection up when interrupted", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const run = Runtime.runFork(yield* Effect.runtime<never>())
      const { url } = yield* serve((request, response) => {
        request.socket.on("close", () => run(Deferred.succeed(closed, undefined)))
        response.writeHead(200).write("never ")
      })
      const error = yield* Effect.flip(ask(HttpClientRequest.get(url), { timeout: Duration.millis(50) }))
      assert.strictEqual(error.reason, "timeout")
      yield* Deferred.await(closed)
    }).pipe(Effect.provide(client)))

  it.scopedLive("follows redirects on the same host only, unless told otherwise, and never takes credentials along", () =>
    Effect.gen(function*() {
      const elsewhere = new Array<Http.IncomingHttpHeaders>()
      const other = yield* serve((request, response) => {
        elsewhere.push(request.headers)
        response.writeHead(200).end("elsewhere")
      })
      const { url } = yield* serve((request, response) => {
        switch (request.url) {
          case "/same":
            return response.writeHead(301, { location: "/end?x=1" }).end("moved")
          case "/loop":
            return response.writeHead(302, { location: "/loop" }).end()
          case "/other":
            return response.writeHead(307, { location: `${other.url}/end` }).end()
          default:
            return response.writeHead(200).end(`${request.url} ${request.headers.authorization}`)
        }
      })
      const secret = HttpClientRequest.bearerToken(Redacted.make("hush"))
      const get = (path: string) => secret(HttpClientRequest.get(`${url}${path}`))
      const status = (path: string) => Effect.map(ask(get(path)), ({ body, status }) => [status, body])
      assert.deepStrictEqual(yield* status("/same"), [200, "/end?x=1 Bearer hush"])
      assert.deepStrictEqual(yield* status("/loop"), [302, ""])
      assert.deepStrictEqual(yield* status("/other"), [307, ""])
      assert.deepStrictEqual(elsewhere, [])
    }).pipe(Effect.provide(client)))

  it.scopedLive("sends through the proxy, except to the hosts that are named", () =>
    Effect.gen(function*() {
      const proxied = new Array<string>()
      const proxy = yield* serve((request, response) => {
        proxied.push(request.url ?? "")
        response.writeHead(200).end("by proxy")
      })
      yield* Effect.sync(() =>
        proxy.server.on("connect", (request, socket) => {
          proxied.push(request.url ?? "")
          socket.end("HTTP/1.1 403 no\r\n\r\n")
        })
      )
      const { url } = yield* serve((_, response) => response.writeHead(200).end("direct"))
      const through = (no: string) =>
        Effect.either(ask(HttpClientRequest.get(url))).pipe(
          Effect.map(Either.match({ onLeft: ({ reason }) => reason, onRight: ({ body }) => body })),
          Effect.provide(HttpClientUndici.layer({ ...options, proxy: { http: proxy.url, no } }))
        )
      assert.strictEqual(yield* through("127.0.0.1"), "direct")
      assert.strictEqual(yield* through("*"), "direct")
      assert.strictEqual(proxied.length, 0)
      yield* through("")
      assert.strictEqual(proxied.length, 1)
    }))

  it.scopedLive("refuses a proxy that is no address, without repeating it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.build(
        HttpClientUndici.layer({ ...options, proxy: { https: "user:hush@nowhere" } })
      ))
      assert.strictEqual(error.setting, "HTTPS_PROXY")
      assert.notInclude(error.message, "hush")
    }))

  it.effect.prop("reads back whatever was sent in one coding or several", {
    body: FastCheck.uint8Array({ maxLength: 2000 }),
    codings: FastCheck.array(FastCheck.constantFrom("gzip" as const, "deflate" as const, "br" as const), {
      maxLength: 3
    })
  }, ({ body, codings }) =>
    Effect.gen(function*() {
      const encode = { gzip: Zlib.gzipSync, deflate: Zlib.deflateSync, br: Zlib.brotliCompressSync }
      const sent = codings.reduce<Uint8Array>((bytes, coding) => encode[coding](bytes), body)
      const bytes = yield* decodeBody(body.length === 0 ? body : sent, codings.join(", "), 100_000)
      assert.deepStrictEqual([...bytes], [...body])
    }))
})

describe("Stream bodies", () => {
  it.scopedLive("can still be had from the client itself", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => response.writeHead(200).end("whole"))
      const http = yield* HttpClient.HttpClient
      const response = yield* http.get(url)
      const text = Chunk.join(yield* Stream.runCollect(Stream.decodeText(response.stream)), "")
      assert.strictEqual(text, "whole")
    }).pipe(Effect.provide(client)))
})
