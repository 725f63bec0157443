/** The HTTP server over a socket: requests as nobody should write them. */
import { Effect, FastCheck as fc, Layer } from "effect"
import { connect } from "node:net"
import { tokens } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"
import { deep } from "../documents.js"
import { must, target } from "../Target.js"
import { anyText, editedOf } from "../texts.js"

const day = "2026-11-29"

const paths = [
  "/",
  "/healthz",
  "/metrics",
  "/api/docs",
  "/api/v1/openapi.json",
  "/api/v1/status",
  "/api/v1/live",
  "/api/v1/images?sort=pulls&limit=3&search=a",
  "/api/v1/images/acme%2Fapp",
  `/api/v1/images/acme%2Fapp/pulls?from=2026-10-01&to=${day}&every=week`,
  "/api/v1/images/nginx/tags?platform=linux/arm64",
  "/api/v1/repositories?after=1&limit=2",
  "/api/v1/repositories/Acme/App",
  "/api/v1/catalog?search=x&official=true",
  "/api/v1/events?status=dead&limit=1",
  "/api/v1/updates",
  "/api/v1/watches",
  "/badge/pulls/acme/app.svg",
  "/lib/dom.js",
  "/%2e%2e/%2e%2e/etc/passwd"
]

const bodies = [
  "{\"repositories\":[\"acme/new\",\"https://github.com/acme/tool\"]}",
  "{\"reference\":\"nginx:1.27\",\"platform\":\"linux/arm64\",\"everySeconds\":60,\"actions\":[{\"webhook\":\"https://example.org/hook\"}]}",
  "{\"reference\":\"256.256.256.256/library/base:1\"}",
  `{"reference":${deep(6_000)}}`,
  `{"reference":"nginx","actions":${deep(6_000, "{\"a\":", "}").replace("{\"a\":}", "{}")}}`,
  "[]"
]

interface Input {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: string
  readonly ending: string
}

// A raw request may hold anything; a line break in a header would be another header, which is a case of its own.
const headers = fc.array(
  fc.tuple(
    fc.constantFrom(
      "last-event-id",
      "accept",
      "content-type",
      "if-none-match",
      "origin",
      "range",
      "cookie",
      "x",
      "transfer-encoding"
    ),
    fc.oneof(
      fc.constantFrom(
        "*/*",
        "text/csv",
        "application/json",
        "text/event-stream",
        "\"a\"",
        "null",
        "chunked",
        "bytes=0-"
      ),
      anyText.map((text) => text.slice(0, 3_000))
    )
  ),
  { maxLength: 3 }
)

const input: fc.Arbitrary<Input> = fc.record({
  method: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("GET", "GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS") },
    { weight: 1, arbitrary: fc.constantFrom("TRACE", "CONNECT", "get", "", "\u0000", "PRI") }
  ),
  path: fc.oneof(
    { weight: 6, arbitrary: editedOf(paths, 2).map((path) => path.replace(/\s/g, "%20").replaceAll("\0", "%00")) },
    { weight: 3, arbitrary: fc.constantFrom(...paths) },
    { weight: 1, arbitrary: anyText }
  ),
  token: fc.constantFrom("", tokens.read, tokens.write, tokens.write, "nobody"),
  headers,
  body: fc.oneof({ weight: 2, arbitrary: editedOf(bodies, 2) }, fc.constantFrom("", ...bodies), anyText),
  ending: fc.constantFrom("\r\n\r\n", "\r\n\r\n", "\r\n\r\n", "\n\n", "\r\n")
})

const written = ({ body, ending, headers, method, path, token }: Input): Buffer => {
  const bytes = Buffer.from(body)
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: close",
    ...(token === "" ? [] : [`authorization: Bearer ${token}`]),
    ...(method === "GET" || method === "HEAD"
      ? []
      : ["content-type: application/json", `content-length: ${bytes.length}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`)
  ]
  return Buffer.concat([Buffer.from(lines.join("\r\n") + ending), method === "GET" ? Buffer.alloc(0) : bytes])
}

/** What may be answered at most: all of it is small here. */
const longest = 4 * 1024 * 1024

/** Sends bytes, and what came back until the server closed, or enough of a stream was seen. */
const exchange = (url: URL, bytes: Buffer) =>
  Effect.async<string>((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    const socket = connect(Number(url.port), url.hostname)
    const done = () => {
      socket.destroy()
      resume(Effect.succeed(Buffer.concat(chunks).toString("latin1")))
    }
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > longest || chunk.includes("text/event-stream")) done()
    })
    socket.on("error", done)
    socket.on("close", done)
    // Half a request is ended by us: the server would wait for the rest.
    socket.end(bytes)
    return Effect.sync(() => socket.destroy())
  })

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)

/** Everything but line breaks, so that a failing answer can be read. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 1_000))

/** Megabytes that the process may grow by. */
const growth = 400

/** Requests of strangers, and of people with tokens. */
export const api = target({
  name: "api",
  about: "raw requests to the server: no fault of its own, no growing memory, and it still answers the next one",
  brief: 100,
  input: () => input,
  check: Effect.gen(function*() {
    const context = yield* Layer.build(services)
    const url = new URL(yield* Effect.provide(startServer(), context))
    const before = process.memoryUsage().rss
    return (one: Input) =>
      Effect.gen(function*() {
        const answer = yield* exchange(url, written(one))
        const status = statusOf(answer)
        must(status < 500, `${one.method} ${one.path}: ${shown(answer)}`)
        must(answer.length < longest, `${one.method} ${one.path}: more than ${longest} bytes`)
        must(!/\bat (?:\w|<).*:\d+:\d+/.test(answer), `a trace is shown: ${shown(answer)}`)
        const next = statusOf(
          yield* exchange(url, Buffer.from("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"))
        )
        must(next === 200, `the next request is answered ${next}`)
        const grown = (process.memoryUsage().rss - before) / 1_048_576
        must(grown < growth, `the process has grown by ${grown} MB`)
      })
  }).pipe(Effect.orDie)
})
