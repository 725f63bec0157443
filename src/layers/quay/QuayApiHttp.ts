/**
 * Quay's API over HTTP. Its servers allow strangers a burst of 25 requests and five in every second, so we stay below.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, DateTime, Duration, Effect, Layer, Option, Ref } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../domain/Errors.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import { clampPark, retryAfterOf, unnamedPark } from "../../domain/RetryAfter.js"
import { QuayApi, type QuayRepository } from "../../services/QuayApi.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { unsafeMakeFairSemaphore } from "../fairSemaphore.js"
import { type Answer, exchange } from "../http/exchange.js"
import { readProblem, readRepository, saysMissing } from "./wire.js"

/** How to reach Quay's API. */
export interface QuayOptions {
  /** `QUAY_API_BASE_URL`. Default `https://quay.io/api/v1`; an address without a path gets `/api/v1`. */
  readonly baseUrl?: string | undefined
  /** From the start of a call to that of the next one, once a first burst is spent. Default 200 ms. */
  readonly spacing?: Duration.Duration | undefined
  /** Parks up to this length are waited out, others fail at once. Default one minute. */
  readonly longestWait?: Duration.Duration | undefined
  /** For a whole call, body included. Default 30 s. */
  readonly timeout?: Duration.Duration | undefined
}

const service = "quay.io"
const defaultBaseUrl = "https://quay.io/api/v1"
const concurrency = 4
/** Calls that may follow each other at once after a while without any. */
const burst = 15

const baseOf = (given: string | undefined): string => {
  const base = (given ?? defaultBaseUrl).replace(/\/+$/, "")
  return URL.canParse(base) && new URL(base).pathname === "/" ? `${base}/api/v1` : base
}

const transient = (reason: Transient["reason"], message: string) => new Transient({ service, reason, message })

/** Calls Quay as the options say. */
export const make = Effect.fn("QuayApiHttp.make")(function*(options: QuayOptions = {}) {
  const client = yield* HttpClient.HttpClient
  const budgets = yield* RateBudgets
  const key: BudgetKey = { service: "quay", payer: "anonymous" }
  const base = baseOf(options.baseUrl)
  const spacing = Duration.toMillis(options.spacing ?? Duration.millis(200))
  const longestWait = Duration.toMillis(options.longestWait ?? Duration.minutes(1))
  const send = exchange(HttpClient.withTracerPropagation(client, false), {
    service,
    budget: key.service,
    ...(options.timeout === undefined ? {} : { timeout: options.timeout })
  })
  const places = unsafeMakeFairSemaphore(concurrency)
  const nextAt = yield* Ref.make(Number.NEGATIVE_INFINITY)
  // Limits in a row that named no time.
  const unnamed = yield* Ref.make(0)

  const limited = (until: number, reason: string) =>
    new RateLimit({ budget: key, until: DateTime.unsafeMake(until), reason })

  const admitted = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const until = yield* budgets.parkedUntil(key)
    if (until - now > longestWait) return yield* limited(until, "parked")
    yield* budgets.gate(key)
    const at = yield* Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        Ref.modify(nextAt, (next): readonly [number, number] => {
          const at = Math.max(now - (burst - 1) * spacing, next)
          return [Math.max(0, at - now), at + spacing]
        })
    )
    yield* Effect.sleep(at)
  })

  const park = Effect.fnUntraced(function*(answer: Answer) {
    const now = yield* Clock.currentTimeMillis
    const named = retryAfterOf(answer.headers, now)
    const inRow = yield* Ref.updateAndGet(unnamed, (count) => Option.isSome(named) ? 0 : count + 1)
    const until = Option.match(named, {
      onNone: () => unnamedPark(inRow, now),
      onSome: (until) => clampPark(until, now)
    })
    yield* budgets.park(key, until, `HTTP ${answer.status}`)
    return limited(until, `HTTP ${answer.status}`)
  })

  const read = (subject: string, namespace: string, name: string, answer: Answer) =>
    Effect.gen(function*(): Effect.fn.Return<QuayRepository, CensusError> {
      const { body, status } = answer
      if (status === 429) return yield* yield* park(answer)
      if (status === 200) {
        yield* Ref.set(unnamed, 0)
        const said = readRepository(namespace, name, body)
        if (Option.isNone(said)) {
          return yield* transient("malformed", `${subject}: 200 with another document than this repository's`)
        }
        if (said.value._tag === "Public") return said.value.repository
        return yield* said.value._tag === "Other"
          ? new NotFound({ service, what: subject })
          : new Auth({ service, scope: "one", message: `${subject} is private` })
      }
      // Pages of proxies and load balancers come under every status and say nothing of the repository.
      const problem = readProblem(body)
      if (status >= 500 || Option.isNone(problem)) {
        const later = retryAfterOf(answer.headers, yield* Clock.currentTimeMillis)
        if (Option.isSome(later)) return yield* yield* park(answer)
        return yield* transient(status >= 400 ? "server" : "malformed", `${subject}: HTTP ${status}`)
      }
      if (status === 404 && saysMissing(body)) return yield* new NotFound({ service, what: subject })
      if (status === 401 || status === 403) {
        return yield* new Auth({ service, scope: "one", message: `${subject}: private or missing (${problem.value})` })
      }
      return yield* transient("malformed", `${subject}: HTTP ${status} (${problem.value.slice(0, 200)})`)
    })

  const repository = Effect.fn("QuayApi.repository")(function*(namespace: string, name: string) {
    const subject = `quay.io/${namespace}/${name}`
    const path = `/repository/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
    const request = HttpClientRequest.get(`${base}${path}?includeTags=true&includeStats=true`, { acceptJson: true })
    const answer = yield* places.withPermit(
      admitted.pipe(Effect.zipRight(budgets.spend(key, 1, 1)), Effect.zipRight(send(request)))
    )
    return yield* read(subject, namespace, name, answer)
  })

  return QuayApi.of({ repository })
})

/** Quay over the given HTTP client. */
export const layer = (
  options: QuayOptions = {}
): Layer.Layer<QuayApi, never, HttpClient.HttpClient | RateBudgets> => Layer.effect(QuayApi, make(options))
