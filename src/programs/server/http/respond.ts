/**
 * Problems as answers, and the headers that every answer carries.
 */
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import { RouteNotFound } from "@effect/platform/HttpServerError"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Cause, Effect, Option, Predicate } from "effect"
import { Auth, NotFound, RateLimit, Transient } from "../../../domain/Errors.js"
import { Conflict, Invalid, problem, type ProblemStatus } from "../api/problems.js"

/** A problem as an answer. */
export const respondProblem = (
  status: ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(problem(status, detail)), {
    status,
    contentType: "application/problem+json",
    headers: { "cache-control": "no-store", ...headers }
  })

const retrySoon = { "retry-after": "5" }

// What was sent may be a secret, so it is not repeated. Of the branches of a union the first one says what was wrong; the
// others that it is not the other form.
const issuesOf = ({ issues }: HttpApiDecodeError): string => {
  const byPart = new Map<string, string>()
  for (const { message, path } of issues) {
    const part = path.map(String).join(".") || "request"
    if (!byPart.has(part)) byPart.set(part, message.replace(/, actual .*$/s, ""))
  }
  return [...byPart].map(([part, message]) => `${part}: ${message}`).join("; ").replace(/\s+/g, " ").slice(0, 600)
}

/** An error of a handler as a problem; none for what is no error of ours. */
const known = (error: unknown): Option.Option<HttpServerResponse.HttpServerResponse> => {
  if (error instanceof HttpApiDecodeError) return Option.some(respondProblem(400, issuesOf(error)))
  if (error instanceof Invalid) return Option.some(respondProblem(400, error.message))
  if (error instanceof NotFound) return Option.some(respondProblem(404, error.message))
  if (error instanceof RouteNotFound) return Option.some(respondProblem(404, "there is nothing at this address"))
  if (error instanceof Conflict) return Option.some(respondProblem(409, error.message))
  if (error instanceof Transient || error instanceof RateLimit || error instanceof Auth) {
    return Option.some(respondProblem(503, error.message, retrySoon))
  }
  return Option.none()
}

/** Ends a handler with an answer, whatever became of it. What is a fault of this program is logged and tells nothing. */
export const answered = <E, R>(
  app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchAllCause(app, (cause) => {
    if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
    const error = Cause.squash(cause)
    return Option.match(known(error), {
      onSome: (response) =>
        Predicate.isTagged(error, "TRANSIENT")
          ? Effect.as(Effect.logDebug("a request failed", error), response)
          : Effect.succeed(response),
      onNone: () =>
        Effect.as(
          Effect.logError("internal error in a request", cause),
          respondProblem(500, "this is a fault of image-census; its log says more")
        )
    })
  })

const base = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
} as const

/** Adds what is missing of the headers that every answer carries. */
export const withSecurityHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => HttpServerResponse.setHeaders(response, { ...base, ...response.headers })
