/**
 * A request from the outside in: credential, lane, authorisation, transport, and what the answer says of limits.
 */
import type { HttpClient } from "@effect/platform"
import { Clock, Duration, Effect, Option } from "effect"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { pullLimitOf } from "../../domain/RateLimitHeaders.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import type { RegistryCredential, RegistryCredentials } from "../../services/RegistryCredentials.js"
import { makeAuthorisation } from "./authorisation.js"
import type { Within } from "./deadlines.js"
import type { Endpoint } from "./endpoints.js"
import { complaintsOf, failureOf, sayingOf } from "./failures.js"
import { type Identity, payerOf } from "./identity.js"
import { readWhole } from "./integrity.js"
import { type Lane, makeLanes, relax } from "./lanes.js"
import type { Settled } from "./options.js"
import { makeAskToken } from "./tokenRequest.js"
import { makeTokens } from "./tokens.js"
import { type Call, makeSend, readSaying, type Reply } from "./transport.js"

/** An answer with its whole body. */
export interface Whole {
  readonly reply: Reply
  readonly bytes: Uint8Array
}

export interface Core {
  /** The answer with its body unread, if its status is one of `expected`; 4xx and 5xx are errors otherwise. */
  readonly open: (call: Call, expected: ReadonlySet<number>, retries?: number) => Effect.Effect<Reply, CensusError>
  /** The answer with its body read to the end, up to `maxBytes`; the timeout covers the body. */
  readonly whole: (
    call: Call,
    expected: ReadonlySet<number>,
    maxBytes: number
  ) => Effect.Effect<Whole, CensusError>
}

const firstSome = (
  credentials: typeof RegistryCredentials.Service,
  names: ReadonlyArray<string>,
  repository: string
): Effect.Effect<Option.Option<RegistryCredential>> =>
  Effect.reduce(
    names,
    Option.none<RegistryCredential>(),
    (found, name) => Option.isSome(found) ? Effect.succeed(found) : credentials.find(name, repository)
  )

/** The inner client, shared by all operations. */
export const makeCore = (
  http: HttpClient.HttpClient,
  budgets: typeof RateBudgets.Service,
  credentials: typeof RegistryCredentials.Service,
  options: Settled,
  within: Within
): Core => {
  const timeout = Duration.toMillis(options.timeout)
  const lanes = makeLanes(budgets, options)
  const send = makeSend(http, timeout, within)
  const { authorised } = makeAuthorisation(send, makeTokens(), makeAskToken(http, lanes, options.timeout))

  const identityOf = (endpoint: Endpoint, repository: string): Effect.Effect<Identity> =>
    Effect.map(firstSome(credentials, endpoint.credentialsOf, repository), (credential) => ({
      endpoint,
      credential,
      lane: lanes.laneOf(endpoint, payerOf(credential))
    }))

  const observe = (lane: Lane, reply: Reply): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { limit, remaining, resetSeconds } = pullLimitOf(reply.headers)
      if (Option.isNone(limit) && Option.isNone(remaining)) return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        budgets.observe(lane.key, {
          limit: Option.getOrUndefined(limit)?.count,
          remaining: Option.getOrUndefined(remaining)?.count,
          resetsAt: Option.getOrUndefined(Option.map(resetSeconds, (seconds) => now + seconds * 1000))
        }))
    })

  const refuse = (lane: Lane, call: Call, reply: Reply): Effect.Effect<never, CensusError> =>
    Effect.gen(function*() {
      const body = yield* readSaying(reply, call.method)
      const limited = reply.status === 429 || complaintsOf(body).some(({ code }) => code === "TOOMANYREQUESTS")
      if (limited) {
        const saying = sayingOf(body)
        return yield* yield* lanes.parkFor(lane, reply.headers, saying === "" ? `HTTP ${reply.status}` : saying)
      }
      return yield* failureOf({ service: call.endpoint.registry, what: call.what, status: reply.status, body })
    })

  const attempt = (identity: Identity, call: Call, expected: ReadonlySet<number>): Effect.Effect<Reply, CensusError> =>
    Effect.flatMap(authorised(identity, call), (reply): Effect.Effect<Reply, CensusError> => {
      const observed = observe(identity.lane, reply)
      if (!expected.has(reply.status)) return Effect.zipRight(observed, refuse(identity.lane, call, reply))
      relax(identity.lane)
      return Effect.as(observed, reply)
    })

  return {
    open: (call, expected, retries) =>
      Effect.flatMap(
        identityOf(call.endpoint, call.repository),
        (identity) => lanes.run(identity.lane, attempt(identity, call, expected), retries)
      ),
    whole: (call, expected, maxBytes) =>
      Effect.flatMap(identityOf(call.endpoint, call.repository), (identity) =>
        lanes.run(
          identity.lane,
          Effect.flatMap(attempt(identity, call, expected), (reply) =>
            Effect.map(
              readWhole(reply, { service: call.endpoint.registry, what: call.what, method: call.method, maxBytes }),
              (bytes): Whole => ({ reply, bytes })
            )).pipe(
              Effect.timeoutFail({
                duration: timeout,
                onTimeout: () =>
                  new Transient({
                    service: call.endpoint.registry,
                    reason: "timeout",
                    message: `${call.what}: no whole answer within ${timeout / 1000} s`
                  })
              })
            )
        ))
  }
}
