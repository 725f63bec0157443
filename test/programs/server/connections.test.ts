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

const server = Layer.scoped(Address, Effect.orDie(startServer({ patience }))).pipe(
  Layer.provide(stuckPages),
  Layer.provide(services)
)

interface Sent {
  readonly text: string
  /** Whether the server ended the connection. */
  readonly closed: boolean
  readonly took: number
}

/** Writes to the server and reads until the connection ends, or until an answer is whole. */
const send = (url: string, pieces: ReadonlyArray<string>) =>
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
      text += String(chunk)
      if (/"detail":".+"\}$/.test(text) && !/^connection: close/im.test(text)) done(false)
    })
    socket.on("error", () => done(true))
    socket.on("end", () => done(true))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeout("8 seconds"), Effect.orDie)

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
})
