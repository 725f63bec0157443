/**
 * From a request to an answer: who may, what is asked for, and everything that holds for all answers.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { Default } from "@effect/platform/HttpApp"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Duration, Effect, Option } from "effect"
import { answered as counted } from "../../../domain/telemetry.js"
import { prefix } from "../api/Api.js"
import type { Access, TokenEntry } from "./access.js"
import { granted, isOwnHost } from "./access.js"
import { takeBody } from "./body.js"
import { crossOrigin, type Origins, preflight } from "./cors.js"
import { docsPath } from "./docs.js"
import { hasBody, methodsOf } from "./endpoints.js"
import { answered, respondProblem, withSecurityHeaders } from "./respond.js"
import type { StaticFiles } from "./staticFiles.js"
import { originForm, pathOf } from "./target.js"
import { compressed, notModified, withEtag } from "./validators.js"

/** How long things may take. */
export interface Patience {
  /** A request's body, until it is here. */
  readonly body: Duration.Duration
  /** The answer, from the request on; more than the body has. */
  readonly answer: Duration.Duration
}

/** As long as somebody waits who is not sure that there will be an answer. */
export const usualPatience: Patience = { body: Duration.seconds(8), answer: Duration.seconds(10) }

/** Who may, and how long a request may take. */
export interface AppOptions {
  readonly tokens: ReadonlyArray<TokenEntry>
  /** The server is reached from this machine alone: everybody here may read, and other names for it are refused. */
  readonly loopback: boolean
  /** Origins of other sites' pages that may use the API. */
  readonly origins: Origins
  readonly patience: Patience
}

/** An answer beside the API: a document, a stream, a probe. */
export interface Route<R = never> {
  /** Read by everybody who reaches the server, or by those who may read. */
  readonly access: "open" | "read"
  readonly answer: (request: HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/** What is served: the API, what stands beside it, and the page's files. */
export interface Parts<RA, RR> {
  readonly api: Default<never, RA>
  /** By the path. */
  readonly routes: (path: string) => Option.Option<Route<RR>>
  readonly files: StaticFiles
}

const isRead = (method: HttpMethod) => method === "GET" || method === "HEAD"

// Who speaks HTTP/1.0 need not say whom they mean.
const lacksHost = (request: HttpServerRequest): boolean =>
  request.headers["host"] === undefined && NodeHttpServerRequest.toIncomingMessage(request).httpVersion !== "1.0"

// Whoever asked has left, or was sent away.
const isGone = (request: HttpServerRequest): boolean => {
  const { closed, socket } = NodeHttpServerRequest.toServerResponse(request)
  return closed || socket?.writable !== true
}

const unauthorized = (detail: string) => respondProblem(401, detail, { "www-authenticate": "Bearer" })

/** Refuses what a request lacks the token for; none where it may go on. */
const refused = (options: AppOptions, request: HttpServerRequest, needs: Access): Option.Option<
  HttpServerResponse.HttpServerResponse
> => {
  if (needs === "read" && options.loopback) return Option.none()
  const access = granted(options.tokens, request.headers["authorization"])
  if (Option.contains(access, "write") || (needs === "read" && Option.isSome(access))) return Option.none()
  return Option.some(unauthorized(
    options.tokens.length === 0
      ? "writing needs a token, and this server has none; image-census token new makes one"
      : `give Authorization: Bearer with a ${needs} token`
  ))
}

const notAllowed = (methods: ReadonlyArray<string>) =>
  respondProblem(405, `give one of ${methods.join(", ")}`, { allow: methods.join(", ") })

/** The whole server as one function of a request. */
export const make = <RA, RR>(options: AppOptions, { api, files, routes }: Parts<RA, RR>) => {
  const toApi = (request: HttpServerRequest, path: string) => {
    const methods = methodsOf(path)
    if (methods.length === 0) return Effect.succeed(respondProblem(404, `there is no ${path}; see ${docsPath}`))
    if (!methods.includes(request.method)) return Effect.succeed(notAllowed(methods))
    return Option.match(refused(options, request, isRead(request.method) ? "read" : "write"), {
      onSome: Effect.succeed,
      onNone: () =>
        hasBody(request.method, path)
          ? Effect.matchEffect(takeBody(request, options.patience.body), {
            onFailure: Effect.succeed,
            onSuccess: (whole) => Effect.provideService(api, HttpServerRequest, whole)
          })
          : api
    })
  }

  const dispatch = (request: HttpServerRequest): Default<never, RA | RR> => {
    const path = pathOf(request.url)
    if (Option.isNone(path)) return Effect.succeed(respondProblem(400, "the address is not one of HTTP"))
    if (options.loopback && !isOwnHost(request.headers["host"])) {
      return Effect.succeed(respondProblem(403, "this server answers to localhost alone; give Host: localhost"))
    }
    const early = preflight(options.origins, request)
    if (early !== undefined) return Effect.succeed(early)
    const route = routes(path.value)
    if (Option.isSome(route)) {
      const { access, answer } = route.value
      if (!isRead(request.method)) return Effect.succeed(notAllowed(["GET", "HEAD"]))
      const refusal = access === "read" ? refused(options, request, "read") : Option.none()
      return Option.match(refusal, { onSome: Effect.succeed, onNone: () => answer(request) })
    }
    if (path.value.startsWith(`${prefix}/`) || path.value.startsWith("/api")) return toApi(request, path.value)
    return Option.match(files(path.value, request.headers["accept-encoding"]), {
      onNone: () => Effect.succeed(respondProblem(404, `there is no ${path.value}`)),
      onSome: (file) => Effect.succeed(isRead(request.method) ? file : notAllowed(["GET", "HEAD"]))
    })
  }

  const answerTo = (sent: HttpServerRequest) => {
    if (lacksHost(sent)) return Effect.succeed(respondProblem(400, "give a Host header"))
    const request = originForm(sent)
    return Effect.provideService(dispatch(request), HttpServerRequest, request)
  }

  return Effect.flatMap(HttpServerRequest, (request) =>
    answerTo(request).pipe(
      answered,
      // Requests are run uninterruptible, where no time limit holds; and some of what they wait for remains so.
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeoutTo({
        duration: options.patience.answer,
        onSuccess: (response) => response,
        onTimeout: () =>
          respondProblem(503, `no answer within ${Duration.format(options.patience.answer)}; try again later`, {
            "retry-after": "5"
          })
      }),
      Effect.map((response) => notModified(request, withEtag(request, response))),
      Effect.flatMap((response) =>
        response.headers["content-encoding"] === undefined ? compressed(request, response) : Effect.succeed(response)
      ),
      Effect.map((response) => withSecurityHeaders(crossOrigin(options.origins, request, response))),
      // What is written to nobody is never said to be written, and the request would be kept for ever.
      Effect.map((response) => isGone(request) ? HttpServerResponse.empty() : response),
      Effect.timed,
      Effect.flatMap(([took, response]) => Effect.as(counted(request.method, response.status, took), response))
    ))
}
