/**
 * What an answer of GitHub's API means: pure, over status, headers and text. The forms of limits and refusals are those
 * of GitHub's pages on rate limits for the GraphQL and REST APIs. Instants are epoch milliseconds.
 */
import { Either, Option } from "effect"
import type { TransientReason } from "./Errors.js"
import { parse } from "./JsonText.js"
import { type HeaderValues, rateLimitOf, retryAfterOf } from "./RetryAfter.js"
import type { Outcome } from "./telemetry.js"

/** An answer as it came. Header names in lower case. */
export interface RawAnswer {
  readonly status: number
  readonly headers: HeaderValues
  readonly body: string
}

/** Why (a part of) a request has no definite answer. */
export type Problem =
  /** `until` is none where GitHub named no time. */
  | {
    readonly _tag: "Limited"
    readonly kind: "primary" | "secondary"
    readonly until: Option.Option<number>
    readonly reason: string
  }
  /** REST: a definite 404. */
  | { readonly _tag: "Absent"; readonly message: string }
  /** Whoever paid for the request is refused altogether, in GitHub's own words. */
  | { readonly _tag: "Refused"; readonly message: string }
  | { readonly _tag: "Failed"; readonly reason: TransientReason; readonly message: string }

/** An object out of JSON. */
export type Json = { readonly [key: string]: unknown }

/** Is this an object, and no array? */
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The object that a text holds as JSON. */
export const parseJson = (text: string): Option.Option<Json> => Option.filter(Either.getRight(parse(text)), isJson)

/** A value's text, or none of it. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** One line, short: bodies can be whole pages. */
export const brief = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 200)

const firstError = (body: Json): string => {
  const errors: unknown = body["errors"]
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  return isJson(first) ? textOf(first["message"]) : ""
}

/** How GitHub words a secondary limit. */
export const secondaryText =
  /secondary rate limit|abuse detection|submitted too quickly|temporarily blocked from content/i
const primaryText = /rate limit|too many requests/i
const refusedText = /administrative rules|user-agent header/i
const badCredentials = /^bad credentials$/i
/** How GitHub words that it took too long. */
export const timeoutText = /may be the result of a timeout|timed? ?out|timeout/i

/** A limit with the time that the headers name, if they do. */
export const limited = (kind: "primary" | "secondary", answer: RawAnswer, now: number, message: string): Problem => {
  const { remaining, resetsAt } = rateLimitOf(answer.headers)
  // The reset of a budget that is not spent has nothing to do with a secondary limit.
  const byReset = resetsAt !== undefined && (kind === "primary" || remaining === 0)
  const until = Option.orElse(
    retryAfterOf(answer.headers, now),
    () => byReset ? Option.some(resetsAt + 1000) : Option.none()
  )
  return { _tag: "Limited", kind, until, reason: brief(message) || `${kind} rate limit` }
}

/** No definite answer. */
export const failed = (reason: TransientReason, message: string): Problem => ({ _tag: "Failed", reason, message })

/** Limits by status and message; `said` is the message of a body that had one. */
export const limitOf = (answer: RawAnswer, said: string, now: number): Option.Option<Problem> => {
  const spent = rateLimitOf(answer.headers).remaining === 0
  const mayLimit = answer.status === 200 || answer.status === 403 || answer.status === 429
  if (!mayLimit) return Option.none()
  if (secondaryText.test(said)) return Option.some(limited("secondary", answer, now, said))
  if (primaryText.test(said)) return Option.some(limited("primary", answer, now, said))
  if (answer.status === 429) return Option.some(limited(spent ? "primary" : "secondary", answer, now, said))
  if (answer.status === 403 && spent) return Option.some(limited("primary", answer, now, said))
  return answer.status === 403 && Option.isSome(retryAfterOf(answer.headers, now))
    ? Option.some(limited("secondary", answer, now, said))
    : Option.none()
}

// Gateways and proxies on the way refuse with JSON too (`{"message":"Unauthorized"}`), which says nothing of a credential.
const isGitHubs = (body: Json, said: string): boolean =>
  said !== "" && (typeof body["documentation_url"] === "string" || badCredentials.test(said))

/** What the status and message of an answer say, for every status but 2xx; GraphQL and REST alike. */
export const statusProblem = (answer: RawAnswer, now: number): Problem => {
  const { body, status } = answer
  const json = parseJson(body)
  const said = Option.match(json, {
    onNone: () => body.slice(0, 2000),
    onSome: (value) => textOf(value["message"]) || firstError(value)
  })
  const limit = limitOf(answer, said, now)
  if (Option.isSome(limit)) return limit.value
  const message = `HTTP ${status}${brief(said) === "" || Option.isNone(json) ? "" : `: ${brief(said)}`}`
  if (status === 401 || status === 403) {
    if (Option.exists(json, (value) => isGitHubs(value, said))) return { _tag: "Refused", message }
    return status === 403 && Option.isNone(json) && refusedText.test(said)
      ? { _tag: "Refused", message: `HTTP 403: ${brief(said)}` }
      : failed("server", `HTTP ${status} that is not GitHub's own: a proxy or gateway on the way may have answered`)
  }
  if (status === 408 || status === 502 || status === 504) return failed("timeout", message)
  if (status >= 500) return failed(timeoutText.test(said) ? "timeout" : "server", message)
  return failed("malformed", message)
}

/** What keeps a REST answer from being used; none for 2xx with a JSON body. */
export const readRest = (answer: RawAnswer, now: number): Option.Option<Problem> => {
  const json = parseJson(answer.body)
  const isObject = Option.isSome(json)
  // Forges say what they miss in `message`; a 404 of another shape, or a page, is a proxy's.
  const said = Option.exists(json, ({ message }) => textOf(message) !== "")
  if (answer.status === 404 && said) return Option.some({ _tag: "Absent", message: "HTTP 404" })
  if (answer.status < 200 || answer.status > 299) return Option.some(statusProblem(answer, now))
  return isObject || answer.body.trimStart().startsWith("[")
    ? Option.none()
    : Option.some(failed("malformed", `HTTP ${answer.status} with a body that is no JSON`))
}

/** What an answer counts as; `usual` goes by its status. A 403 is also how GitHub words limits, and proxies their pages. */
export const countedAs = (answer: RawAnswer, usual: Outcome): Outcome => {
  if (usual !== "refused" && usual !== "not_visible") return usual
  // When the limit ends does not matter here, so neither does what time it is.
  const problem = statusProblem(answer, 0)
  if (problem._tag === "Limited") return "rate_limited"
  return problem._tag === "Failed" ? "server_error" : usual
}
