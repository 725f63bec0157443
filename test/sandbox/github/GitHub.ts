/**
 * The simulated GitHub.
 */
import { Clock, Duration, Effect, Either } from "effect"
import { makeCounters } from "../service/Counters.js"
import { type Answer, authorization, type Request, withHeaders } from "../service/Exchange.js"
import type { Faults } from "../service/Faults.js"
import { makeService, type Service } from "../service/Service.js"
import { makeWindows } from "../service/Windows.js"
import type { State } from "../State.js"
import { iso } from "../world/time.js"
import {
  badCredentials,
  budgetHeaders,
  noUserAgent,
  primaryLimit,
  refuse,
  secondaryLimit,
  timedOut
} from "./answers.js"
import {
  type AppOptions,
  type Credential,
  type Credentials,
  makeCredentials,
  makeKeyPair,
  type PersonalToken
} from "./credentials.js"
import { makePrepare, type Prepared, run } from "./graphql.js"
import type { QueryContext, Restriction } from "./resolvers.js"
import { rest } from "./rest.js"
import { makeSecondary, type SecondaryLimits } from "./secondary.js"

export interface GitHubOptions {
  /** Default: one, `sandbox-token`. */
  readonly tokens?: ReadonlyArray<PersonalToken>
  /** Default: none. Its key pair is made at the start. */
  readonly app?: AppOptions
  /** What every answer takes, and what each `object(…)` that is looked at adds. Default 0. */
  readonly latency?: Duration.DurationInput
  readonly perObject?: Duration.DurationInput
  /** A query that would take longer is answered after this time with 502. Default 10 s. */
  readonly timeout?: Duration.DurationInput
  /** Repositories beyond so many in one document are refused with RESOURCE_LIMITS_EXCEEDED. Default: never. */
  readonly maxRepositories?: number
  /** Documents with more repositories than this are answered with 502. Default: never. */
  readonly timeoutAbove?: number
  /** The status by which the primary limit is said: 200 (default), 403 or 429. */
  readonly primaryStatus?: number
  readonly secondary?: SecondaryLimits
  /** The status by which secondary limits are said: 403 (default), 200 or 429. */
  readonly secondaryStatus?: number
  readonly restrictions?: ReadonlyArray<Restriction>
}

export interface GitHub extends Service {
  readonly credentials: Credentials
  readonly appId: number
  /** PEM of the App's private key, fit for the setting of that name; empty where there is no App. */
  readonly privateKeyPem: string
  readonly tokens: ReadonlyArray<string>
}

const defaultToken = "sandbox-token"

/** Serves the repositories of a world. */
export const makeGitHub = (state: State, faults: Faults, options: GitHubOptions = {}): GitHub => {
  const { latency = 0, maxRepositories = Infinity, perObject = 0, timeout = "10 seconds", timeoutAbove = Infinity } =
    options
  const { primaryStatus = 200, secondaryStatus = 403, tokens = [{ token: defaultToken }] } = options
  const pair = options.app === undefined ? undefined : makeKeyPair()
  const { seed } = state.world
  const credentials = makeCredentials(tokens, options.app, pair?.publicKey, seed)
  const points = makeWindows(3_600)
  const secondary = makeSecondary(options.secondary ?? {})
  const counters = makeCounters()
  const prepare = makePrepare()
  const most = Duration.toMillis(timeout)

  const executed = (prepared: Prepared, credential: Credential, now: number): Effect.Effect<Answer> =>
    Effect.gen(function*() {
      const { cost } = prepared
      counters.add("aliases", cost.aliases)
      if (!points.take(credential.id, credential.limit, cost.points, now)) {
        const budget = points.state(credential.id, credential.limit, now)
        yield* Effect.sleep(latency)
        return primaryLimit(primaryStatus, true, budgetHeaders({ ...budget, remaining: 0 }, "graphql"))
      }
      counters.add("points", cost.points)
      const budget = points.state(credential.id, credential.limit, now)
      const context: QueryContext = {
        state,
        credential: credential.id,
        restrictions: options.restrictions ?? [],
        budget,
        cost,
        maxRepositories,
        seen: { repositories: 0, objects: 0 }
      }
      const answer = run(prepared, context)
      counters.add("objects", context.seen.objects)
      const takes = Duration.toMillis(latency) + Duration.toMillis(perObject) * context.seen.objects
      const late = takes > most || cost.aliases > timeoutAbove
      yield* Effect.sleep(late ? Math.min(most, takes) : takes)
      return withHeaders(
        late ? timedOut(seed, iso(now).replace("Z", "+00:00")) : answer,
        budgetHeaders(budget, "graphql")
      )
    })

  const graphql = (request: Request, now: number): Effect.Effect<Answer> => {
    const credential = credentials.authenticate(authorization(request, "bearer", "token"), now)
    if (credential === undefined) return Effect.as(Effect.sleep(latency), badCredentials)
    if (!secondary.enter(credential.id, now)) {
      return Effect.as(Effect.sleep(latency), secondaryLimit(secondaryStatus, { "retry-after": "60" }))
    }
    const work = Either.match(prepare(request.body), {
      onLeft: (refusal) => Effect.as(Effect.sleep(latency), refusal),
      onRight: (prepared) => executed(prepared, credential, now)
    })
    const left = Effect.map(Clock.currentTimeMillis, (end) => secondary.leave(credential.id, end, end - now))
    return Effect.ensuring(work, left)
  }

  const service = makeService(
    {
      name: "github",
      credential: (request) => credentials.label(authorization(request, "bearer", "token")),
      refuse: (fault, request, now) => refuse(fault, request.path === "/graphql", now),
      handle: (request) =>
        Effect.gen(function*() {
          if ((request.headers["user-agent"] ?? "") === "") return noUserAgent
          const now = yield* Clock.currentTimeMillis
          if (request.method === "POST" && request.path === "/graphql") return yield* graphql(request, now)
          yield* Effect.sleep(latency)
          const budgetOf = ({ id, limit }: Credential) => points.state(id, limit, now)
          return rest(credentials, budgetOf, request, now)
        })
    },
    faults,
    counters
  )
  return {
    ...service,
    credentials,
    appId: credentials.appId,
    privateKeyPem: pair?.privateKeyPem ?? "",
    tokens: tokens.map(({ token }) => token)
  }
}
