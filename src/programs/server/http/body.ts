/**
 * Bodies of requests: JSON of a bounded size that comes in time, or a problem.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { Duration, Effect, Either } from "effect"
import type { IncomingMessage } from "node:http"
import { parse } from "../../../domain/JsonText.js"
import { respondProblem } from "./respond.js"

/** A request's body at most, in bytes. */
const longestBody = 1024 * 1024

const tooLong = () => respondProblem(413, `the body is longer than ${longestBody} bytes`)

/**
 * The body as text. Effect's own reading cannot be interrupted, and destroys the connection of who sends too much before
 * they are answered; here Node throws away what still comes, until its own time limit for requests.
 */
const read = (source: IncomingMessage): Effect.Effect<string, HttpServerResponse> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const take = (chunk: Uint8Array) => {
      length += chunk.byteLength
      chunks.push(chunk)
      if (length > longestBody) done(Effect.fail(tooLong()))
    }
    const end = () => done(Effect.succeed(Buffer.concat(chunks).toString("utf8")))
    const fail = () => done(Effect.fail(respondProblem(400, "the body did not come whole")))
    const leave = () => {
      source.off("data", take).off("end", end).off("error", fail)
    }
    const done = (result: Effect.Effect<string, HttpServerResponse>) => {
      leave()
      resume(result)
    }
    source.on("data", take).on("end", end).on("error", fail)
    return Effect.sync(leave)
  })

const withText = (request: HttpServerRequest.HttpServerRequest, body: string): HttpServerRequest.HttpServerRequest =>
  HttpServerRequest.fromWeb(new Request("http://localhost/", { method: request.method, body }))
    .modify({ url: request.url, headers: request.headers })

/** The request with its body at hand; fails with a problem where that is too long, too slow or no JSON. */
export const takeBody = (
  request: HttpServerRequest.HttpServerRequest,
  patience: Duration.Duration
): Effect.Effect<HttpServerRequest.HttpServerRequest, HttpServerResponse> => {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase()
  if (type !== "application/json") {
    return Effect.fail(respondProblem(415, "give the body as JSON, with Content-Type: application/json"))
  }
  const length = Number(request.headers["content-length"] ?? 0)
  if (length > longestBody) return Effect.fail(tooLong())
  return read(NodeHttpServerRequest.toIncomingMessage(request)).pipe(
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () =>
        respondProblem(408, `the body did not come within ${Duration.format(patience)}`, { connection: "close" })
    }),
    Effect.flatMap((text) =>
      Either.match(parse(text), {
        onLeft: ({ message }) => Effect.fail(respondProblem(400, `the body ${message}`)),
        onRight: () => Effect.succeed(withText(request, text))
      })
    )
  )
}
