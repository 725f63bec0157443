/**
 * GitHub's refusals, in its own words.
 */
import { type GraphQLError } from "graphql"
import { type Answer, type Headers, json, text } from "../service/Exchange.js"
import { type Fault, retryHeaders } from "../service/Faults.js"
import type { WindowState } from "../service/Windows.js"
import { hex } from "../world/seed.js"
import { forbidden } from "./resolvers.js"

const docs = "https://docs.github.com"

/** GitHub's error body of REST, and of whatever is refused before GraphQL begins. */
export const message = (status: number, what: string, headers: Headers = {}, page = "/rest"): Answer =>
  json(status, { message: what, documentation_url: `${docs}${page}`, status: String(status) }, headers)

export const noUserAgent: Answer = text(
  403,
  "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for other possible causes.\r\n",
  "text/plain"
)

export const badCredentials = message(401, "Bad credentials")
export const notFound = message(404, "Not Found")

export const budgetHeaders = ({ limit, remaining, reset, used }: WindowState, resource: string): Headers => ({
  "x-ratelimit-limit": String(limit),
  "x-ratelimit-remaining": String(remaining),
  "x-ratelimit-used": String(used),
  "x-ratelimit-reset": String(reset),
  "x-ratelimit-resource": resource
})

/** The primary limit. GraphQL says it with status 200 and a type; 403 and 429 carry a message. */
export const primaryLimit = (status: number, graphql: boolean, headers: Headers): Answer => {
  const what = "API rate limit exceeded for user ID 1."
  return graphql && status === 200
    ? json(200, { errors: [{ type: "RATE_LIMITED", message: what }] }, headers)
    : message(status === 200 ? 403 : status, what, headers)
}

/** A secondary limit. */
export const secondaryLimit = (status: number, headers: Headers): Answer => {
  const what = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
  const body = { message: what, documentation_url: `${docs}/rest/using-the-rest-api/rate-limits-for-the-rest-api` }
  return status === 200 ? json(200, { errors: [{ message: what }] }, headers) : json(status, body, headers)
}

/** What GitHub says when a query took longer than it allows. `at`: ISO 8601. */
export const timedOut = (seed: string, at: string): Answer => {
  const id = hex(seed, "request", at).slice(0, 20).toUpperCase()
  return json(502, {
    data: null,
    errors: [{
      message:
        `Something went wrong while executing your query on ${at}. This may be the result of a timeout, or it could be a GitHub bug. Please include \`${id}\` when reporting this issue.`
    }]
  })
}

/** An error of execution or validation as GitHub writes it: the type stands beside the message. */
export const errorBody = (error: GraphQLError): Readonly<Record<string, unknown>> => {
  const { githubType, ...extensions } = error.extensions
  return {
    ...(githubType === undefined ? {} : { type: githubType }),
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    ...(error.locations === undefined ? {} : { locations: error.locations }),
    message: error.message
  }
}

/** How GitHub says a fault that was switched on. `now` in epoch milliseconds. */
export const refuse = (fault: Fault, graphql: boolean, now: number): Answer => {
  const wait = retryHeaders(fault, now)
  switch (fault.kind) {
    case "unauthorized":
      return badCredentials
    case "forbidden":
      return message(fault.status ?? 403, "Resource not accessible by integration")
    case "ip-allow-list":
    case "saml":
      return message(403, forbidden(fault.kind, "org").message)
    case "unavailable":
      return message(fault.status ?? 503, "Service unavailable")
    case "primary-limit": {
      const reset = Math.ceil(now / 1_000) + (fault.retryAfter ?? 60)
      const state = { limit: 5_000, remaining: 0, used: 5_000, reset }
      return primaryLimit(fault.status ?? 200, graphql, budgetHeaders(state, graphql ? "graphql" : "core"))
    }
    case "secondary-limit":
      return secondaryLimit(fault.status ?? 403, wait)
    default:
      return message(fault.status ?? 429, "API rate limit exceeded", wait)
  }
}
