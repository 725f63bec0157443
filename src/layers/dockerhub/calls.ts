/**
 * Calls to Docker Hub: one at a time for the whole egress address, behind one park, logged in where there are
 * credentials. What an answer means for the address (limits, refusals) is settled here; what it says is up to the caller.
 */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Clock, DateTime, type Duration, Effect, Option, type Redacted, Ref } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../domain/Errors.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import { clampPark, rateLimitOf, retryAfterOf, unnamedPark } from "../../domain/RetryAfter.js"
import type { Outcome } from "../../domain/telemetry.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import { type Answer, exchange } from "../http/exchange.js"
import { type HubAnswer, readAnswer } from "./answers.js"
import { type HubCredentials, makeSession } from "./session.js"
import { readToken } from "./wire.js"

/** How to reach Docker Hub's API. */
export interface DockerHubOptions {
  /** `DOCKERHUB_API_BASE_URL`, with or without a trailing slash. Default `https://hub.docker.com/v2`. */
  readonly baseUrl?: string | undefined
  /** `IMAGE_CENSUS_EGRESS`: who pays; processes that leave from one address name the same. */
  readonly egress: string
  /** Without them calls are anonymous, and a listing ends at 100 repositories. */
  readonly credentials?: HubCredentials | undefined
  /** For a whole call, body included. Default 30 s. */
  readonly timeout?: Duration.Duration | undefined
}

export const service = "Docker Hub"
const defaultBaseUrl = "https://hub.docker.com/v2"
// So many different subjects refused in a row, with no answer between them, mean that it is us who are refused.
const refusalsOfOne = 3

/** What a call can come back with, besides failing. */
export type CallResult = { readonly _tag: "Document"; readonly document: unknown } | { readonly _tag: "Wall" }

export interface Calls {
  readonly loggedIn: boolean
  /**
   * GET of a path below the base address. One attempt (after a login where one is due); parks are waited out first.
   * @param subject what is asked for, in errors: `nginx`, `the listing of docker`.
   */
  readonly get: (path: string, subject: string) => Effect.Effect<CallResult, CensusError>
}

const advice = "check DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
const anonymousAdvice =
  "check that this address is not blocked (a proxy, an allow list), or set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"

// A 403 may be a limit, a listing's end, or a page of somebody on the way.
const outcomeOf = (said: HubAnswer, usual: Outcome): Outcome => {
  if (said._tag === "Limited") return "rate_limited"
  if (said._tag === "Wall") return "not_visible"
  return said._tag === "Unusable" && (usual === "refused" || usual === "not_visible") ? "server_error" : usual
}

/** Calls over this client and these budgets. */
export const makeCalls = Effect.fn("DockerHub.calls")(function*(
  client: HttpClient.HttpClient,
  budgets: RateBudgets["Type"],
  options: DockerHubOptions
) {
  const key: BudgetKey = { service: "dockerhub", payer: options.egress }
  const baseUrl = (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, "")
  const send = exchange(HttpClient.withTracerPropagation(client, false), {
    service,
    budget: key.service,
    outcome: (answer, usual) => usual === "ok" ? usual : outcomeOf(readAnswer(answer), usual),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout })
  })
  const session = options.credentials === undefined ? undefined : yield* makeSession(baseUrl, options.credentials)
  // Limits in a row that named no time yet to come; and different subjects refused in a row.
  const limitsInRow = yield* Ref.make(0)
  const refused = yield* Ref.make<ReadonlySet<string>>(new Set())

  const quote = (words: string) =>
    Effect.map(
      session === undefined ? Effect.succeed(words) : session.redact(words),
      (text) => text.replace(/\s+/g, " ").slice(0, 200)
    )

  const auth = (scope: "all" | "one", message: string) => new Auth({ service, scope, message })

  const park = Effect.fn("DockerHub.park")(function*(answer: Answer, reason: string) {
    const now = yield* Clock.currentTimeMillis
    const { resetsAt } = rateLimitOf(answer.headers)
    const named = Option.orElse(
      retryAfterOf(answer.headers, now),
      () => Option.map(Option.fromNullable(resetsAt), (reset) => reset + 1000)
    )
    const useful = Option.isSome(named) && named.value > now
    const inRow = yield* Ref.updateAndGet(limitsInRow, (count) => useful ? 0 : count + 1)
    const until = Option.isNone(named)
      ? unnamedPark(inRow, now)
      : clampPark(useful ? named.value : now + 1000 * 2 ** Math.min(inRow - 1, 12), now)
    yield* budgets.park(key, until, reason)
    return new RateLimit({ budget: key, until: DateTime.unsafeMake(until), reason })
  })

  /** Sends within the turn; counts, and takes in what the headers say. */
  const exchanged = Effect.fn("DockerHub.exchange")(function*(...sent: Parameters<typeof send>) {
    yield* budgets.spend(key, 1, 1)
    const answer = yield* send(...sent)
    const reading = rateLimitOf(answer.headers)
    yield* budgets.observe(key, reading)
    const said = readAnswer(answer)
    const now = yield* Clock.currentTimeMillis
    const later = retryAfterOf(answer.headers, now)
    if (answer.status >= 500 && Option.isSome(later)) {
      yield* budgets.park(key, clampPark(later.value, now), `asked to come back later (${answer.status})`)
    }
    if (said._tag === "Limited") return yield* Effect.flip(park(answer, yield* quote(said.reason)))
    // A definite answer is used even where it was the last one for now; the next call waits.
    if (reading.remaining === 0) yield* park(answer, "nothing remains of the limit")
    else if (said._tag === "Document" || said._tag === "NotFound") yield* Ref.set(limitsInRow, 0)
    return said
  })

  const unusable = (subject: string, said: Extract<HubAnswer, { readonly _tag: "Unusable" }>) =>
    new Transient({ service, reason: said.reason, message: `${subject}: ${said.message}` })

  const login = Effect.fn("DockerHub.login")(function*(session: Effect.Effect.Success<ReturnType<typeof makeSession>>) {
    const said = yield* exchanged(session.request, "credential")
    const subject = "the login"
    switch (said._tag) {
      case "Document": {
        const token = readToken(said.document)
        if (Option.isNone(token)) {
          return yield* unusable(subject, { _tag: "Unusable", reason: "malformed", message: "200 without a token" })
        }
        return yield* session.accept(token.value, yield* Clock.currentTimeMillis)
      }
      case "Unauthorized":
      case "Forbidden": {
        const words = yield* quote(said.words)
        const error = auth(
          "all",
          `Docker Hub refuses the login of ${options.credentials?.username}: ${words}; ${advice}`
        )
        yield* session.refuse(error)
        return yield* error
      }
      case "Unusable":
        return yield* unusable(subject, said)
      default:
        return yield* unusable(subject, { _tag: "Unusable", reason: "server", message: "no such route" })
    }
  })

  const forbidden = Effect.fn("DockerHub.forbidden")(function*(subject: string, words: string) {
    const subjects = yield* Ref.updateAndGet(refused, (subjects) => new Set(subjects).add(subject))
    const said = words === "" ? "403" : `403: ${yield* quote(words)}`
    return subjects.size < refusalsOfOne
      ? auth("one", `Docker Hub refuses ${subject} (${said})`)
      : auth(
        "all",
        `Docker Hub refuses everything, last ${subject} (${said}); ${session === undefined ? anonymousAdvice : advice}`
      )
  })

  /** What happens in a turn: nothing while parked, a login where one is due, else the call. None: come again. */
  const inTurn = Effect.fn("DockerHub.inTurn")(function*(
    path: string,
    subject: string,
    renewed: Ref.Ref<boolean>
  ): Effect.fn.Return<Option.Option<CallResult>, CensusError> {
    if ((yield* budgets.parkedUntil(key)) > 0) return Option.none()
    const get = HttpClientRequest.get(`${baseUrl}${path}`, { acceptJson: true })
    const bearer = session === undefined
      ? Option.none<Redacted.Redacted>()
      : yield* session.bearer(yield* Clock.currentTimeMillis)
    if (session !== undefined && Option.isNone(bearer)) {
      yield* login(session)
      return Option.none()
    }
    const said = yield* exchanged(
      Option.match(bearer, { onNone: () => get, onSome: (token) => HttpClientRequest.bearerToken(get, token) })
    )
    if (said._tag === "Document" || said._tag === "NotFound") yield* Ref.set(refused, new Set())
    switch (said._tag) {
      case "Document":
      case "Wall":
        return Option.some(said)
      case "NotFound":
        return yield* new NotFound({ service, what: subject })
      case "Unauthorized": {
        if (session !== undefined && Option.isSome(bearer) && !(yield* Ref.getAndSet(renewed, true))) {
          yield* session.forget(bearer.value)
          return Option.none()
        }
        const words = yield* quote(said.words)
        return yield* auth("all", `Docker Hub refuses ${subject} (401: ${words}); ${advice}`)
      }
      case "Forbidden":
        return yield* Effect.flip(forbidden(subject, said.words))
      case "Unusable":
        return yield* unusable(subject, said)
    }
  })

  const get: Calls["get"] = Effect.fn("DockerHub.get")(function*(path: string, subject: string) {
    const renewed = yield* Ref.make(false)
    while (true) {
      yield* budgets.gate(key)
      const result = yield* budgets.turn(key)(inTurn(path, subject, renewed))
      if (Option.isSome(result)) return result.value
    }
  })

  return { loggedIn: session !== undefined, get } satisfies Calls
})
