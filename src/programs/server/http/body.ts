/**
 * Bodies of requests: JSON of a bounded size, or a problem.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { Effect, Option, Schema } from "effect"
import { respondProblem } from "./respond.js"

/** A request's body at most, in bytes. */
export const longestBody = 1024 * 1024

/** How long a body may take to come. */
export const bodyTime = "10 seconds"

const decodeJson = Schema.decodeOption(Schema.parseJson())
const isJson = (text: string): boolean => Option.isSome(decodeJson(text))
const tooLong = () => respondProblem(413, `the body is longer than ${longestBody} bytes`)

/** Reads the body, which stays there for the handler; a problem where it is too long, too slow or no JSON. */
export const checkBody = (request: HttpServerRequest): Effect.Effect<Option.Option<HttpServerResponse>> => {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase()
  if (type !== "application/json") {
    return Effect.succeedSome(respondProblem(415, "give the body as JSON, with Content-Type: application/json"))
  }
  const length = Number(request.headers["content-length"] ?? 0)
  if (length > longestBody) return Effect.succeedSome(tooLong())
  return request.text.pipe(
    HttpIncomingMessage.withMaxBodySize(Option.some(FileSystem.Size(longestBody))),
    Effect.map((text) => isJson(text) ? Option.none() : Option.some(respondProblem(400, "the body is not JSON"))),
    Effect.catchAll((error) =>
      Effect.succeedSome(
        /maxBytes/.test(String(error.cause)) ? tooLong() : respondProblem(400, "the body did not come whole")
      )
    ),
    Effect.timeoutTo({
      duration: bodyTime,
      onSuccess: (problem) => problem,
      onTimeout: () => Option.some(respondProblem(408, `the body did not come within ${bodyTime}`))
    })
  )
}
