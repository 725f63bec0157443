/**
 * GitHub's API over HTTP: one request at a time, its answer read once, and what it says of budgets passed on. The only
 * place where GitHub's answers become our errors.
 */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Clock, DateTime, Effect, Option, Redacted, Ref, Schema } from "effect"
import type { CircuitOptions } from "../../domain/Circuit.js"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../domain/Errors.js"
import { countedAs, type Problem, type RawAnswer, readRest } from "../../domain/GitHubAnswer.js"
import { type GraphqlAnswer, readGraphql } from "../../domain/GitHubGraphqlAnswer.js"
import { jsonOf } from "../../domain/JsonText.js"
import type { BudgetKey, BudgetReading } from "../../domain/RateBudget.js"
import { clampPark, parkFloor, unnamedPark } from "../../domain/RetryAfter.js"
import { credentialRefused } from "../../domain/telemetry.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { makeCircuit } from "../circuit.js"
import { exchange } from "../http/exchange.js"
import type { GraphqlRequest } from "./document.js"
import { type GitHubOptions, githubUrls } from "./options.js"

export const service = "github"

/** Who pays for requests. */
export interface Payer {
  readonly key: BudgetKey
  /** For people: which credential this is, and which setting it came from. */
  readonly label: string
  /** Limits in a row. */
  readonly limits: Ref.Ref<number>
  /** Refusals of what this payer was asked to pay for, without an answer to GraphQL between them. */
  readonly refusals: Ref.Ref<number>
}

/** An answer, and how long GitHub took for it. */
export interface TimedAnswer extends GraphqlAnswer {
  /** Milliseconds, without what was waited before the request left. */
  readonly millis: number
}

export const makePayer = (payer: string, label: string): Effect.Effect<Payer> =>
  Effect.map(
    Effect.all([Ref.make(0), Ref.make(0)]),
    ([limits, refusals]) => ({ key: { service, payer }, label, limits, refusals })
  )

// While nothing is answered, GitHub is tried after 1, 2, 4 … 60 s.
const patient: CircuitOptions = { threshold: 1, firstInterval: 1_000, longestInterval: 60_000 }

// A server that keeps naming instants in the past is not asked again every second.
const namedPark = (until: number, limits: number, now: number): number =>
  Math.max(clampPark(until, now), now + Math.min(60_000, parkFloor * 2 ** Math.min(limits - 1, 6)))

// What GitHub says of a credential may be quoted, the credential itself never.
const scrub = (problem: Problem, token: Redacted.Redacted): Problem => {
  const secret = Redacted.value(token)
  const clean = (text: string) => secret === "" ? text : text.replaceAll(secret, "<redacted>")
  return problem._tag === "Limited"
    ? { ...problem, reason: clean(problem.reason) }
    : { ...problem, message: clean(problem.message) }
}

export const makeApi = Effect.fnUntraced(function*(
  options: Pick<GitHubOptions, "apiUrl" | "timeout">,
  circuitOptions: CircuitOptions = patient
) {
  const client = yield* HttpClient.HttpClient
  const budgets = yield* RateBudgets
  const circuit = yield* makeCircuit("GitHub", circuitOptions)
  const urls = githubUrls(options.apiUrl)
  const send = exchange(client, {
    service,
    outcome: countedAs,
    ...(options.timeout === undefined ? {} : { timeout: options.timeout })
  })

  const parkFor = Effect.fnUntraced(function*(payer: Payer, problem: Problem & { readonly _tag: "Limited" }) {
    const now = yield* Clock.currentTimeMillis
    const limits = yield* Ref.updateAndGet(payer.limits, (count) => count + 1)
    const until = Option.match(problem.until, {
      onNone: () => unnamedPark(limits, now),
      onSome: (until) => namedPark(until, limits, now)
    })
    yield* budgets.park(payer.key, until, problem.reason)
    return new RateLimit({ budget: payer.key, until: DateTime.unsafeMake(until), reason: problem.reason })
  })

  const errorOf = (payer: Payer, problem: Problem): Effect.Effect<CensusError> => {
    switch (problem._tag) {
      case "Limited":
        return parkFor(payer, problem)
      case "Refused":
        return Effect.succeed(new Auth({ service, message: `GitHub refuses ${payer.label}: ${problem.message}` }))
      case "Absent":
        return Effect.succeed(new NotFound({ service, what: payer.label }))
      case "Failed":
        return Effect.succeed(new Transient({ service, reason: problem.reason, message: problem.message }))
    }
  }

  // What was refused before is trusted again.
  const taken = Effect.fnUntraced(function*(payer: Payer) {
    if ((yield* Ref.getAndSet(payer.refusals, 0)) < 2) return
    yield* credentialRefused(payer.key, false)
    yield* Effect.logInfo(`GitHub takes ${payer.label} again`)
  })

  // An answer that leaves nothing is used; the next request waits for the reset.
  const takeIn = Effect.fnUntraced(function*(payer: Payer, reading: BudgetReading, now: number) {
    yield* budgets.observe(payer.key, reading)
    if (reading.remaining !== 0) return
    const until = reading.resetsAt === undefined ? unnamedPark(1, now) : clampPark(reading.resetsAt + 1000, now)
    yield* budgets.park(payer.key, until, "the budget is spent")
  })

  const ask = Effect.fnUntraced(function*(
    payer: Payer,
    token: Redacted.Redacted,
    request: HttpClientRequest.HttpClientRequest
  ) {
    yield* budgets.spend(payer.key, 1, 0)
    const answer = yield* send(request.pipe(
      HttpClientRequest.bearerToken(token),
      HttpClientRequest.setHeaders({
        "accept": "application/vnd.github+json",
        // GitHub refuses requests without; the client's own name replaces this one.
        "user-agent": "image-census",
        "x-github-api-version": "2022-11-28"
      })
    ))
    return { status: answer.status, headers: answer.headers, body: answer.body } satisfies RawAnswer
  })

  /**
   * Sends a document and reads it. Succeeds where anything was answered, even if only in part, and where the document
   * was too large (`problem` says so); fails otherwise. A limit has parked the payer by the time this ends.
   * Waits while GitHub as a whole is down; the caller waits for its own park.
   */
  const graphql = Effect.fn("GitHubApi.graphql")((
    payer: Payer,
    token: Redacted.Redacted,
    document: GraphqlRequest,
    aliases: ReadonlyArray<string>
  ): Effect.Effect<TimedAnswer, CensusError> =>
    circuit.run(Effect.gen(function*() {
      const request = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(urls.graphql), {
        query: document.query,
        variables: document.variables
      })
      const started = yield* Clock.currentTimeMillis
      const raw = yield* ask(payer, token, request)
      const now = yield* Clock.currentTimeMillis
      const read = readGraphql(raw, aliases, now)
      const answer: TimedAnswer = {
        ...read,
        millis: now - started,
        problem: Option.map(read.problem, (problem) => scrub(problem, token))
      }
      const limited = Option.exists(answer.problem, (problem) => problem._tag === "Limited")
      // The park of a limit is reckoned below, with what is known of earlier ones.
      yield* limited ? budgets.observe(payer.key, answer.reading) : takeIn(payer, answer.reading, now)
      yield* budgets.spend(payer.key, 0, answer.aliases.size > 0 || Option.isNone(answer.problem) ? answer.cost : 0)
      if (!limited && raw.status === 200) yield* Ref.set(payer.limits, 0)
      const refused = Option.exists(answer.problem, (problem) => problem._tag === "Refused")
      if (raw.status === 200 && !refused) yield* taken(payer)
      if (Option.isNone(answer.problem)) return answer
      const problem = answer.problem.value
      const usable = answer.aliases.size > 0 || (problem._tag === "Failed" && problem.reason === "limits")
      if (!usable) return yield* Effect.flatMap(errorOf(payer, problem), Effect.fail)
      if (problem._tag === "Limited") yield* parkFor(payer, problem)
      return answer
    }))
  )

  /**
   * A REST request, decoded, with `more`: whether another page follows. Budgets of REST are others than GraphQL's, so they are not taken in. NOT_FOUND is a
   * definite 404. Waits while GitHub as a whole is down; the caller waits for its own park.
   */
  const rest = <A, I>(
    payer: Payer,
    token: Redacted.Redacted,
    method: "GET" | "POST",
    path: string,
    schema: Schema.Schema<A, I>
  ): Effect.Effect<{ readonly value: A; readonly more: boolean }, CensusError> =>
    circuit.run(Effect.gen(function*() {
      const raw = yield* ask(payer, token, HttpClientRequest.make(method)(`${urls.rest}${path}`))
      const problem = readRest(raw, yield* Clock.currentTimeMillis)
      if (Option.isSome(problem)) {
        return yield* Effect.flatMap(errorOf(payer, scrub(problem.value, token)), Effect.fail)
      }
      yield* Ref.set(payer.limits, 0)
      const value = yield* Effect.mapError(
        Schema.decodeUnknown(jsonOf(schema))(raw.body),
        // The decoder's words would quote the body, and so a token.
        () => new Transient({ service, reason: "malformed", message: `${method} ${path}: not the form of GitHub` })
      )
      return { value, more: /;\s*rel="?next"?/.test(raw.headers["link"] ?? "") }
    })).pipe(Effect.withSpan("GitHubApi.rest", { attributes: { method, path } }))

  return { graphql, rest, view: circuit.view } as const
})

/** What `makeApi` makes. */
export type GitHubApi = Effect.Effect.Success<ReturnType<typeof makeApi>>
