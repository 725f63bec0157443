/**
 * `ReleaseProjects` over the APIs of forges: a page of a project's newest releases, or of its tags where it has none.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, DateTime, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../domain/Errors.js"
import { countedAs, type Problem, readRest } from "../../domain/GitHubAnswer.js"
import { jsonOf } from "../../domain/JsonText.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import { type SourceRepository, startsWithV } from "../../domain/ReleaseNotes.js"
import { clampPark, rateLimitOf, unnamedPark } from "../../domain/RetryAfter.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { ReleaseProjects } from "../../services/ReleaseProjects.js"
import { getOrMake } from "../getOrMake.js"
import { type Exchange, exchange } from "../http/exchange.js"
import { makeRemembered } from "../remembered.js"

export interface ReleaseProjectsOptions {
  /** GitHub's REST API. Default `https://api.github.com`. */
  readonly githubUrl?: string
  /** Sent to GitHub's API alone. Without it GitHub answers 60 times an hour. */
  readonly githubToken?: Redacted.Redacted | undefined
  /** How long an answer holds. Default 24 h. */
  readonly rememberAnswers?: Duration.Duration
  /** How long a failure is repeated before the project is asked again. Default 5 min. */
  readonly rememberFailures?: Duration.Duration
}

const perPage = 20

/** How a forge is asked. */
interface Asking {
  readonly service: string
  readonly releases: string
  readonly tags: string
  readonly token: Redacted.Redacted | undefined
}

// A label is written by strangers: only public forges that everybody knows are asked, never a host of their choice.
const askingOf = (
  { host, path }: SourceRepository,
  options: ReleaseProjectsOptions
): Option.Option<Asking> => {
  const whole = encodeURIComponent(path)
  const parts = path.split("/").map(encodeURIComponent).join("/")
  switch (host) {
    case "github.com": {
      const base = `${(options.githubUrl ?? "https://api.github.com").replace(/\/+$/, "")}/repos/${parts}`
      return Option.some({
        service: "github",
        releases: `${base}/releases?per_page=${perPage}`,
        tags: `${base}/tags?per_page=${perPage}`,
        token: options.githubToken
      })
    }
    case "gitlab.com": {
      const base = `https://${host}/api/v4/projects/${whole}`
      return Option.some({
        service: host,
        releases: `${base}/releases?per_page=${perPage}`,
        tags: `${base}/repository/tags?per_page=${perPage}`,
        token: undefined
      })
    }
    case "codeberg.org":
    case "gitea.com": {
      const base = `https://${host}/api/v1/repos/${parts}`
      return Option.some({
        service: host,
        releases: `${base}/releases?limit=${perPage}`,
        tags: `${base}/tags?limit=${perPage}`,
        token: undefined
      })
    }
    default:
      return Option.none()
  }
}

const Releases = jsonOf(Schema.Array(Schema.Struct({ tag_name: Schema.String })))
const Tags = jsonOf(Schema.Array(Schema.Struct({ name: Schema.String })))

const keyOf = ({ service, token }: Asking): BudgetKey => ({
  service: `${service}-releases`,
  payer: token === undefined ? "anonymous" : "token:1"
})

/** Asks through this HTTP client; what limits say is told to the budgets. */
export const make = Effect.fnUntraced(function*(options: ReleaseProjectsOptions = {}) {
  const client = yield* HttpClient.HttpClient
  const budgets = yield* RateBudgets

  const exchanges = new Map<string, Exchange>()

  const sendTo = (asking: Asking): Exchange =>
    getOrMake(
      exchanges,
      asking.service,
      () => exchange(client, { service: asking.service, budget: keyOf(asking).service, outcome: countedAs })
    )

  const errorOf = Effect.fnUntraced(function*(asking: Asking, what: string, problem: Problem) {
    const { service } = asking
    switch (problem._tag) {
      case "Limited": {
        const now = yield* Clock.currentTimeMillis
        const until = clampPark(Option.getOrElse(problem.until, () => unnamedPark(1, now)), now)
        yield* budgets.park(keyOf(asking), until, problem.reason)
        return new RateLimit({ budget: keyOf(asking), until: DateTime.unsafeMake(until), reason: problem.reason })
      }
      case "Absent":
        return new NotFound({ service, what })
      case "Refused":
        return new Auth({ service, scope: "one", message: `${what}: ${problem.message}` })
      case "Failed":
        return new Transient({ service, reason: problem.reason, message: `${what}: ${problem.message}` })
    }
  })

  const ask = Effect.fnUntraced(
    function*<A, I>(asking: Asking, url: string, what: string, schema: Schema.Schema<A, I>) {
      const key = keyOf(asking)
      const parked = yield* budgets.parkedUntil(key)
      if (parked > (yield* Clock.currentTimeMillis)) {
        return yield* new RateLimit({ budget: key, until: DateTime.unsafeMake(parked), reason: "the budget is spent" })
      }
      yield* budgets.spend(key, 1, 1)
      // GitHub refuses requests without a name; the client's own replaces this one.
      const headers = { "accept": "application/json", "user-agent": "image-census" }
      const plain = HttpClientRequest.get(url, { headers })
      const request = asking.token === undefined ? plain : HttpClientRequest.bearerToken(plain, asking.token)
      const answer = yield* sendTo(asking)(request)
      const now = yield* Clock.currentTimeMillis
      yield* budgets.observe(key, rateLimitOf(answer.headers))
      const problem = readRest(answer, now)
      if (Option.isSome(problem)) return yield* Effect.flatMap(errorOf(asking, what, problem.value), Effect.fail)
      return yield* Effect.mapError(
        Schema.decodeUnknown(schema)(answer.body),
        () => new Transient({ service: asking.service, reason: "malformed", message: `${what}: no list of releases` })
      )
    }
  )

  const look = Effect.fn("ReleaseProjects.look")(
    function*(
      { host, path }: SourceRepository,
      asking: Asking
    ): Effect.fn.Return<Option.Option<boolean>, CensusError> {
      const what = `the releases of ${host}/${path}`
      const releases = yield* ask(asking, asking.releases, what, Releases)
      const named = startsWithV(releases.map(({ tag_name }) => tag_name))
      if (releases.length > 0) return named
      const tags = yield* ask(asking, asking.tags, what, Tags)
      return startsWithV(tags.map(({ name }) => name))
    }
  )

  const remembered = makeRemembered<Option.Option<boolean>, CensusError>({
    answers: Duration.toMillis(options.rememberAnswers ?? Duration.hours(24)),
    failures: Duration.toMillis(options.rememberFailures ?? Duration.minutes(5)),
    keys: 5_000
  })

  return ReleaseProjects.of({
    startsWithV: (project) =>
      Option.match(askingOf(project, options), {
        onNone: () => Effect.succeedNone,
        onSome: (asking) => remembered(`${project.host}/${project.path.toLowerCase()}`, look(project, asking))
      })
  })
})

/** The forges as a layer. */
export const layer = (
  options: ReleaseProjectsOptions = {}
): Layer.Layer<ReleaseProjects, never, HttpClient.HttpClient | RateBudgets> =>
  Layer.effect(ReleaseProjects, make(options))
