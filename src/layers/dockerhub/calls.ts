/**
 * Calls to Docker Hub: one at a time for the whole egress address, behind one park, logged in where there are
 * credentials. What an answer means for the address (limits, refusals) is settled here; what it says is up to the caller.
 */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Clock, DateTime, Duration, Effect, Option, type Redacted, Ref } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../domain/Errors.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import { clampPark, rateLimitOf, retryAfterOf, unnamedPark } from "../../domain/RetryAfter.js"
import { credentialRefused, type Outcome } from "../../domain/telemetry.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import { type Answer, exchange } from "../http/exchange.js"
import { type HubAnswer, readAnswer } from "./answers.js"
import { confirmAfter, type HubCredentials, makeSession, type Session } from "./session.js"
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

/** The call has to be made again, not before `at` (epoch milliseconds). */
interface Again {
  readonly _tag: "Again"
  readonly at: number
}

const again = (at = 0): Again => ({ _tag: "Again", at })

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
  // Limits in a row that named no time yet to come.
  const limitsInRow = yield* Ref.make(0)
  // Different subjects refused in a row, and whether that everything is was doubted already.
  const refused = yield* Ref.make<ReadonlySet<string>>(new Set())
  const doubted = yield* Ref.make(false)
  const loginKey: BudgetKey = { service: key.service, payer: `login:${options.credentials?.username ?? ""}` }
  if (session !== undefined) yield* credentialRefused(loginKey, false)

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

  // A login, or all that came of it, was refused: said once each time, shown by a park of the login alone.
  const refuse = Effect.fn("DockerHub.refuse")(function*(session: Session, error: Auth, confirmed: boolean) {
    const now = yield* Clock.currentTimeMillis
    const { times, until } = yield* session.refuse(error, now, confirmed)
    const later = Duration.format(Duration.millis(until - now))
    yield* Effect.logWarning(
      times === 1 ? `${error.message}. Asking once more in ${later}.` : `${error.message}. Tried again in ${later}.`
    )
    if (times > 1) yield* credentialRefused(loginKey, true)
  })

  const login = Effect.fn("DockerHub.login")(function*(session: Session) {
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
        const name = options.credentials?.username
        return yield* refuse(
          session,
          auth("all", `Docker Hub refuses the login of ${name}: ${words}; ${advice}`),
          false
        )
      }
      case "Unusable":
        return yield* unusable(subject, said)
      default:
        return yield* unusable(subject, { _tag: "Unusable", reason: "server", message: "no such route" })
    }
  })

  // The third different subject in a row is asked for once more, after a while in which nothing is.
  const forbidden = Effect.fn("DockerHub.forbidden")(function*(
    subject: string,
    said: string
  ): Effect.fn.Return<Again, Auth> {
    const subjects = yield* Ref.updateAndGet(refused, (subjects) => new Set(subjects).add(subject))
    const words = said === "" ? "403" : `403: ${yield* quote(said)}`
    if (subjects.size < refusalsOfOne) return yield* auth("one", `Docker Hub refuses ${subject} (${words})`)
    const message = `Docker Hub refuses everything, last ${subject} (${words})`
    if (!(yield* Ref.getAndSet(doubted, true))) {
      const now = yield* Clock.currentTimeMillis
      yield* budgets.park(key, now + Duration.toMillis(confirmAfter), `${message}: asking once more`)
      return again()
    }
    return yield* auth("all", `${message}; ${session === undefined ? anonymousAdvice : advice}`)
  })

  // A token may be revoked before its time; then, a fault may be on the way; a third refusal is meant.
  const unauthorized = Effect.fn("DockerHub.unauthorized")(function*(
    session: Session,
    token: Redacted.Redacted,
    refusals: number,
    error: Auth
  ): Effect.fn.Return<Again, Auth> {
    yield* session.forget(token)
    if (refusals === 1) return again()
    if (refusals === 2) return again((yield* Clock.currentTimeMillis) + Duration.toMillis(confirmAfter))
    yield* refuse(session, error, true)
    return yield* error
  })

  const answers = Effect.fnUntraced(function*() {
    yield* Ref.set(refused, new Set())
    yield* Ref.set(doubted, false)
    if (session === undefined || !(yield* session.works)) return
    yield* credentialRefused(loginKey, false)
    yield* Effect.logInfo("Docker Hub takes the login again")
  })

  /** What happens in a turn: nothing while parked, a login where one is due, else the call. */
  const inTurn = Effect.fn("DockerHub.inTurn")(function*(
    path: string,
    subject: string,
    refusals: Ref.Ref<number>
  ): Effect.fn.Return<CallResult | Again, CensusError> {
    if ((yield* budgets.parkedUntil(key)) > 0) return again()
    const get = HttpClientRequest.get(`${baseUrl}${path}`, { acceptJson: true })
    const now = yield* Clock.currentTimeMillis
    const admission = session === undefined ? undefined : yield* session.admission(now)
    if (admission?._tag === "Wait") return again(admission.until)
    if (admission?._tag === "Refused") {
      if ((yield* budgets.parkedUntil(loginKey)) === 0) {
        yield* budgets.park(loginKey, clampPark(admission.until, now), `refused: ${admission.error.message}`)
      }
      return yield* admission.error
    }
    if (session !== undefined && admission?._tag === "LogIn") {
      yield* login(session)
      return again()
    }
    const bearer = admission?._tag === "Go" ? admission.token : undefined
    const said = yield* exchanged(bearer === undefined ? get : HttpClientRequest.bearerToken(get, bearer))
    if (said._tag === "Document" || said._tag === "NotFound") yield* answers()
    switch (said._tag) {
      case "Document":
      case "Wall":
        return said
      case "NotFound":
        return yield* new NotFound({ service, what: subject })
      case "Unauthorized": {
        const message = `Docker Hub refuses ${subject} (401: ${yield* quote(said.words)})`
        // Strangers are refused what is asked for, not who they are.
        if (session === undefined || bearer === undefined) return yield* auth("one", message)
        const count = yield* Ref.updateAndGet(refusals, (count) => count + 1)
        return yield* unauthorized(session, bearer, count, auth("all", `${message}; ${advice}`))
      }
      case "Forbidden":
        return yield* forbidden(subject, said.words)
      case "Unusable":
        return yield* unusable(subject, said)
    }
  })

  const get: Calls["get"] = Effect.fn("DockerHub.get")(function*(path: string, subject: string) {
    const refusals = yield* Ref.make(0)
    while (true) {
      yield* budgets.gate(key)
      const result = yield* budgets.turn(key)(inTurn(path, subject, refusals))
      if (result._tag !== "Again") return result
      // Others have the turn meanwhile.
      yield* Effect.sleep(Math.max(0, result.at - (yield* Clock.currentTimeMillis)))
    }
  })

  return { loggedIn: session !== undefined, get } satisfies Calls
})
