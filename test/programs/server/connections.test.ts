/**
 * What the server does with connections that are not as they should be: slow, too large, malformed.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { connect } from "node:net"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { tokens } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const patience = { body: Duration.millis(300), answer: Duration.millis(1500) }

/** Nothing ever comes of asking for one image, and it cannot be interrupted. */
const stuckPages = Layer.effect(
  CensusPages,
  Effect.map(CensusPages, (pages) => ({
    ...pages,
    image: (image: string) => image === "stuck" ? Effect.uninterruptible(Effect.never) : pages.image(image)
  }))
)

const server = Layer.scoped(Address, startServer({ patience })).pipe(
  Layer.provide(stuckPages),
  Layer.provide(services)
)

interface Sent {
  readonly text: string
  /** Whether the server ended the connection. */
  readonly closed: boolean
  readonly took: number
}

/** Writes to the server, and more once it answers; reads until the connection ends, or until an answer is whole. */
const send = (url: string, pieces: ReadonlyArray<string>, more = "") =>
  Effect.async<Sent>((resume) => {
    const { hostname, port } = new URL(url)
    const started = performance.now()
    let text = ""
    const socket = connect(Number(port), hostname, () => {
      for (const piece of pieces) socket.write(piece)
    })
    const done = (closed: boolean) =>
      resume(Effect.sync(() => {
        socket.destroy()
        return { text, closed, took: performance.now() - started }
      }))
    socket.on("data", (chunk) => {
      if (text === "") socket.write(more)
      text += String(chunk)
      if (/"detail":".+"\}$/.test(text) && !/^connection: close/im.test(text)) done(false)
    })
    socket.on("error", () => done(true))
    socket.on("end", () => done(true))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeout("8 seconds"))

const reading = (target: string, ...headers: ReadonlyArray<string>) =>
  [`GET ${target} HTTP/1.1`, "Connection: close", ...headers, "", ""].join("\r\n")

const writing = (...headers: ReadonlyArray<string>) =>
  [
    "POST /api/v1/repositories HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${tokens.write}`,
    "Content-Type: application/json",
    ...headers,
    "",
    ""
  ].join("\r\n")

const isProblem = ({ text }: Sent, status: number) => {
  assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
  assert.match(text, /content-type: application\/problem\+json/i)
  assert.match(text, /x-content-type-options: nosniff/i)
  assert.include(text, `"status":${status}`)
}

layer(server, { excludeTestServices: true })("the server", (it) => {
  it.effect("answers who sends a body too slowly, within its time, and ends the connection", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* Address, [writing("Content-Length: 100"), "{"])
      isProblem(answer, 408)
      assert.isTrue(answer.closed)
      assert.isBelow(answer.took, 3000)
    }))

  it.effect("answers in time where what is waited for never comes and cannot be interrupted", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* Address, ["GET /api/v1/images/stuck HTTP/1.1\r\nHost: localhost\r\n\r\n"])
      isProblem(answer, 503)
      assert.isBelow(answer.took, 5000)
    }))

  it.effect("answers who sends too much without having said so", () =>
    Effect.gen(function*() {
      const chunk = `10000\r\n${"a".repeat(65_536)}\r\n`
      const pieces = [writing("Transfer-Encoding: chunked"), ...Array.from({ length: 40 }, () => chunk), "0\r\n\r\n"]
      isProblem(yield* send(yield* Address, pieces), 413)
    }))

  it.effect("reads no body that is nested too deep, and none that is no JSON", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const bodies = [
        [`{"images":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, "the body is nested more than 100 levels deep"],
        [`{"a":`.repeat(100_000) + "1" + "}".repeat(100_000), "the body is nested more than 100 levels deep"],
        ["{", "the body is no JSON"]
      ] as const
      for (const [body, words] of bodies) {
        const answer = yield* send(url, [writing(`Content-Length: ${body.length}`), body])
        isProblem(answer, 400)
        assert.include(answer.text, words)
      }
    }))

  it.effect("says what is wrong with what is no request, as with all else", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const cases = [
        [431, reading("/healthz", "Host: localhost", `X-Long: ${"a".repeat(100_000)}`)],
        [431, reading(`/${"a".repeat(20_000)}`, "Host: localhost")],
        [400, reading("/healthz", "Host: localhost", "No header")],
        [400, "\u0016\u0003\u0001\u0002 no HTTP at all\r\n\r\n"],
        [400, reading("/healthz")],
        [400, `${writing("Transfer-Encoding: chunked")}no length\r\n`]
      ] as const
      for (const [status, text] of cases) {
        const answer = yield* send(url, [text])
        isProblem(answer, status)
        assert.isTrue(answer.closed)
        const [head = "", body = ""] = answer.text.split("\r\n\r\n")
        assert.include(head.toLowerCase(), `content-length: ${body.length}`)
      }
    }))

  it.effect("does not write into an answer that is under way", () =>
    Effect.gen(function*() {
      const live = "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
      const { text } = yield* send(yield* Address, [live], "no request\r\n\r\n")
      assert.match(text, /^HTTP\/1\.1 200 /)
      assert.notInclude(text, "Bad Request")
    }))

  it.effect("takes addresses with a host, which is the one that counts, and what others expect", () =>
    Effect.gen(function*() {
      const url = yield* Address
      const status = (...request: Parameters<typeof reading>) =>
        Effect.map(send(url, [reading(...request)]), ({ text }) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
      assert.strictEqual(yield* status("http://localhost:1/healthz", "Host: localhost"), "200")
      assert.strictEqual(yield* status("HTTP://localhost/api/v1/images?limit=1", "Host: other.example"), "200")
      assert.strictEqual(yield* status("http://localhost/api/docs", "Host: localhost"), "200")
      assert.strictEqual(yield* status("http://localhost", "Host: localhost"), "200")
      assert.strictEqual(yield* status("http://other.example/healthz", "Host: localhost"), "403")
      assert.strictEqual(yield* status("http://localhost/healthz"), "400")
      assert.strictEqual(yield* status("/healthz", "Host: localhost", "Expect: the-best"), "200")
    }))

  it.effect("asks who speaks HTTP/1.0 for no host by itself", () =>
    Effect.gen(function*() {
      isProblem(yield* send(yield* Address, ["GET /healthz HTTP/1.0\r\n\r\n"]), 403)
    }))
})
