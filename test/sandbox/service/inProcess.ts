/**
 * The simulated services as an HTTP client: no sockets, so that every wait is on the clock of the test.
 */
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Stream } from "effect"
import type { Answer, Handler, Request } from "./Exchange.js"

const broken = (request: HttpClientRequest.HttpClientRequest, description: string): HttpClientError.RequestError =>
  new HttpClientError.RequestError({ request, reason: "Transport", description })

const bodyText = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, HttpClientError.RequestError> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed("")
    case "Uint8Array":
      return Effect.succeed(Buffer.from(body.body).toString("utf8"))
    case "Raw":
      return Effect.succeed(String(body.body))
    case "Stream":
      return body.stream.pipe(
        Stream.decodeText(),
        Stream.mkString,
        Effect.mapError(() => broken(request, "the body could not be read"))
      )
    case "FormData":
      return Effect.fail(broken(request, "the sandbox reads no forms"))
  }
}

const requestOf = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<Request, HttpClientError.RequestError> =>
  Effect.map(bodyText(request), (body) => ({
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    origin: url.origin
  }))

const responseOf = (
  request: HttpClientRequest.HttpClientRequest,
  answer: Answer
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.RequestError> => {
  if (answer._tag === "Reset") return Effect.fail(broken(request, "ECONNRESET"))
  const { body, cut, goesOn, headers, status } = answer
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
  let sent = 0
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (goesOn === "silence" && sent > 0) return new Promise(() => undefined)
      sent += 1
      controller.enqueue(cut === undefined ? bytes.slice() : bytes.slice(0, cut))
      if (goesOn !== undefined) return
      if (cut === undefined) controller.close()
      else controller.error(new Error("other side closed"))
    }
  })
  const bodiless = request.method === "HEAD" || status === 204 || status === 304 || bytes.length === 0
  return Effect.succeed(
    HttpClientResponse.fromWeb(request, new Response(bodiless ? null : stream, { status, headers }))
  )
}

/**
 * An HTTP client that knows these origins (`https://hub.docker.com`) and no others: any other host is a failed
 * connection.
 */
export const clientOf = (services: ReadonlyMap<string, Handler>): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    const handler = services.get(url.origin)
    if (handler === undefined) return Effect.fail(broken(request, `ENOTFOUND ${url.host}`))
    return requestOf(request, url).pipe(
      Effect.flatMap(handler),
      Effect.flatMap((answer) => responseOf(request, answer))
    )
  })
