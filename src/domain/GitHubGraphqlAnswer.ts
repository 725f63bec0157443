/**
 * What the answer to a GraphQL document with many aliases means: which aliases have a definite answer, and why the
 * others have none. Pure.
 */
import { Option } from "effect"
import {
  brief,
  failed,
  isJson,
  type Json,
  limited,
  limitOf,
  parseJson,
  type Problem,
  type RawAnswer,
  secondaryText,
  statusProblem,
  textOf,
  timeoutText
} from "./GitHubAnswer.js"
import type { BudgetReading } from "./RateBudget.js"
import { rateLimitOf } from "./RetryAfter.js"

/** What stands at one alias of a GraphQL document. */
export type AliasAnswer =
  | { readonly _tag: "Data"; readonly value: unknown }
  /** NOT_FOUND: missing, private or invisible; a definite answer. */
  | { readonly _tag: "Missing" }
  /** SAML or an IP allow list: this credential is refused here, another may not be. */
  | { readonly _tag: "Forbidden"; readonly message: string }

export interface GraphqlAnswer {
  /** The aliases that have an answer. */
  readonly aliases: ReadonlyMap<string, AliasAnswer>
  /** Present whenever an alias has none. */
  readonly problem: Option.Option<Problem>
  readonly reading: BudgetReading
  /** Points that the request cost. */
  readonly cost: number
}

interface GraphqlError {
  readonly type: string
  readonly message: string
  readonly path: ReadonlyArray<unknown>
}

const errorsOf = (body: Json): ReadonlyArray<GraphqlError> => {
  const errors = body["errors"]
  return Array.isArray(errors)
    ? errors.filter(isJson).map((error) => {
      const extensions = isJson(error["extensions"]) ? error["extensions"] : {}
      const code = textOf(error["code"]) || textOf(extensions["code"])
      const path = error["path"]
      return {
        type: (textOf(error["type"]) || textOf(extensions["type"]) || code).toUpperCase(),
        message: textOf(error["message"]),
        path: Array.isArray(path) ? path : []
      }
    })
    : []
}

const limitTypes = new Set(["RATE_LIMITED", "RATE_LIMIT", "GRAPHQL_RATE_LIMIT"])
const refusalTypes = new Set(["FORBIDDEN", "INSUFFICIENT_SCOPES", "UNAUTHORIZED", "UNAUTHENTICATED"])
const sizeTypes = new Set(["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "TIMEOUT", "QUERY_TIMEOUT"])

const isLimit = (error: GraphqlError): boolean =>
  limitTypes.has(error.type) ||
  (error.type !== "NOT_FOUND" && (secondaryText.test(error.message) || /rate limit/i.test(error.message)))

// What an error says that stands for the request, or for the aliases that came back without data. Only an error of a
// request without any data refuses whoever paid.
const errorProblem = (error: GraphqlError, answer: RawAnswer, now: number, whole: boolean): Problem => {
  const message = brief(error.message) || error.type
  if (isLimit(error)) {
    return limited(secondaryText.test(error.message) ? "secondary" : "primary", answer, now, error.message)
  }
  if (error.type === "TIMEOUT" || error.type === "QUERY_TIMEOUT") return failed("timeout", message)
  if (sizeTypes.has(error.type) || (/resource limit/i.test(error.message) && /exceeded/i.test(error.message))) {
    return failed("limits", message)
  }
  if (whole && refusalTypes.has(error.type)) return { _tag: "Refused", message }
  if (/query attribute must be specified/i.test(error.message)) return failed("malformed", message)
  if (timeoutText.test(error.message) || /something went wrong while executing/i.test(error.message)) {
    return failed("timeout", message)
  }
  return failed("server", message)
}

const number = (value: unknown): number | undefined => typeof value === "number" && value >= 0 ? value : undefined

const graphqlReading = (
  answer: RawAnswer,
  data: Json
): { readonly reading: BudgetReading; readonly cost: number | undefined } => {
  const said = isJson(data["rateLimit"]) ? data["rateLimit"] : {}
  const resetAt = Date.parse(textOf(said["resetAt"]))
  const byHeader = rateLimitOf(answer.headers)
  return {
    reading: {
      limit: number(said["limit"]) ?? byHeader.limit,
      remaining: number(said["remaining"]) ?? byHeader.remaining,
      resetsAt: Number.isNaN(resetAt) ? byHeader.resetsAt : resetAt
    },
    cost: number(said["cost"])
  }
}

const holdsNull = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(holdsNull))

/**
 * @param doubtful an error without a path stands beside the data: a null may be its doing, and proves nothing.
 */
const aliasAnswer = (
  value: unknown,
  errors: ReadonlyArray<GraphqlError>,
  doubtful: boolean
): Option.Option<AliasAnswer> => {
  if (errors.some(isLimit)) return Option.none()
  const refusal = errors.find((error) => refusalTypes.has(error.type))
  if (refusal !== undefined) return Option.some({ _tag: "Forbidden", message: brief(refusal.message) })
  if (isJson(value)) {
    return errors.length === 0 && !(doubtful && holdsNull(value)) ? Option.some({ _tag: "Data", value }) : Option.none()
  }
  return errors.length > 0 && errors.every((error) => error.type === "NOT_FOUND" && error.path.length === 1)
    ? Option.some({ _tag: "Missing" })
    : Option.none()
}

/**
 * Reads the answer to a document whose aliases are given. An alias has an answer only where GitHub gave a definite one:
 * data without an error in it, NOT_FOUND, or a refusal of that alias; everything else is explained by `problem`.
 */
export const readGraphql = (
  answer: RawAnswer,
  aliases: ReadonlyArray<string>,
  now: number
): GraphqlAnswer => {
  const none = (problem: Problem): GraphqlAnswer => ({
    aliases: new Map(),
    problem: Option.some(problem),
    reading: rateLimitOf(answer.headers),
    cost: 1
  })
  const parsed = parseJson(answer.body)
  if (answer.status !== 200) return none(statusProblem(answer, now))
  if (Option.isNone(parsed)) return none(failed("malformed", "HTTP 200 with a body that is no JSON object"))
  const body = parsed.value
  const data = isJson(body["data"]) ? body["data"] : {}
  const errors = errorsOf(body)
  const byAlias = new Map<string, Array<GraphqlError>>()
  for (const error of errors) {
    const [alias] = error.path
    if (typeof alias === "string") byAlias.set(alias, [...(byAlias.get(alias) ?? []), error])
  }
  const doubtful = errors.some((error) => error.path.length === 0 && !isLimit(error))
  const found = new Map<string, AliasAnswer>()
  for (const alias of aliases) {
    const definite = aliasAnswer(data[alias], byAlias.get(alias) ?? [], doubtful)
    if (Option.isSome(definite)) found.set(alias, definite.value)
  }
  const unanswered = aliases.filter((alias) => !found.has(alias))
  // The gravest error speaks for all: a limit parks, whatever else went wrong.
  const telling = errors.find(isLimit) ??
    errors.find((error) => error.path.length === 0 || unanswered.includes(String(error.path[0])))
  const { cost, reading } = graphqlReading(answer, data)
  const problem = telling !== undefined && (unanswered.length > 0 || isLimit(telling))
    ? Option.some(errorProblem(telling, answer, now, found.size === 0))
    : unanswered.length === 0
    ? Option.none()
    : Option.orElse(
      limitOf(answer, textOf(body["message"]), now),
      () => Option.some(failed("malformed", "HTTP 200 without an answer for every alias"))
    )
  return { aliases: found, problem, reading, cost: cost ?? 1 }
}
