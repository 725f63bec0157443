/**
 * A request from the outside in: credential, lane, authorisation, transport, and what the answer says of limits.
 */
import { Clock, Duration, Effect, Either, Option } from "effect"
import { type CensusError, Transient } from "../../domain/Errors.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import type { RegistryCredential, RegistryCredentials } from "../../services/RegistryCredentials.js"
import { sameOrigin } from "./addresses.js"
import { makeAuthorisation } from "./authorisation.js"
import { pullScope } from "./calls.js"
import type { Deadlines } from "./deadlines.js"
import { elsewhere, type Endpoint } from "./endpoints.js"
import { complaintsOf, failureOf, sayingOf } from "./failures.js"
import { anonymous, type Identity, payerOf } from "./identity.js"
import { readWhole } from "./integrity.js"
import { type Lane, makeLanes, relax } from "./lanes.js"
import { makeObserve } from "./observe.js"
import type { Settled } from "./options.js"
import { makeAskToken } from "./tokenRequest.js"
import { makeTokens } from "./tokens.js"
import { type Call, makeSend, readSaying, type Reply } from "./transport.js"
import type { Ways } from "./ways.js"

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

// Where a call goes that leads to another registry.
const movedTo = (call: Call, { hops, to: { endpoint, repository }, url }: NonNullable<Reply["moved"]>): Call => ({
  ...call,
  endpoint,
  url,
  repository,
  scope: pullScope(repository),
  hops
})

const manyIdentities = 1_000
const identityMillis = 60_000

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
  ways: Ways,
  budgets: typeof RateBudgets.Service,
  credentials: typeof RegistryCredentials.Service,
  options: Settled,
  deadlines: Deadlines
): Core => {
  const timeout = Duration.toMillis(options.timeout)
  const lanes = makeLanes(budgets, options)
  const send = makeSend(ways, timeout, deadlines)
  const observe = makeObserve(budgets)
  const { authorised } = makeAuthorisation(ways, send, makeTokens(), makeAskToken(ways, lanes, options.timeout))

  // The next page of a listing that was redirected is at the registry that sent the first.
  const begun = (call: Call): Call => {
    if (sameOrigin(call.url, call.endpoint.base) || (call.method !== "GET" && call.method !== "HEAD")) return call
    const to = elsewhere(call, call.url, ways.reach(call.endpoint))
    return to === undefined ? call : movedTo(call, { to, url: call.url, hops: 0 })
  }

  // Who asks seldom changes, and looking it up for each request would cost more than the request.
  const identities = new Map<Endpoint, Map<string, Identity>>()
  let forgetAt = 0

  const identityOf = (endpoint: Endpoint, repository: string): Effect.Effect<Identity> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now >= forgetAt || identities.size >= manyIdentities) {
        identities.clear()
        forgetAt = now + identityMillis
      }
      const known = identities.get(endpoint)?.get(repository)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(firstSome(credentials, endpoint.credentialsOf, repository), (credential) => {
        const identity: Identity = { endpoint, credential, lane: lanes.laneOf(endpoint, payerOf(credential)) }
        const known = identities.get(endpoint)
        if (known === undefined || known.size >= manyIdentities) {
          identities.set(endpoint, new Map([[repository, identity]]))
        } else known.set(repository, identity)
        return identity
      })
    })

  const refuse = (lane: Lane, call: Call, reply: Reply): Effect.Effect<never, CensusError> =>
    Effect.gen(function*() {
      const body = yield* readSaying(reply, call.method)
      const limited = reply.status === 429 || complaintsOf(body).some(({ code }) => code === "TOOMANYREQUESTS")
      if (limited) {
        const saying = sayingOf(body)
        return yield* yield* lanes.parkFor(lane, reply.headers, saying === "" ? `HTTP ${reply.status}` : saying)
      }
      if (reply.status >= 500) yield* lanes.resumeAfter(lane, reply.headers)
      return yield* failureOf({
        service: call.endpoint.registry,
        what: call.what,
        method: call.method,
        status: reply.status,
        body,
        anonymous: lane.key.payer === anonymous
      })
    })

  // Left: the registry sends us to another, which is asked in a lane of its own.
  const attempt = (
    identity: Identity,
    call: Call,
    expected: ReadonlySet<number>
  ): Effect.Effect<Either.Either<Reply, Call>, CensusError> =>
    Effect.flatMap(authorised(identity, call), (reply): Effect.Effect<Either.Either<Reply, Call>, CensusError> => {
      const observed = observe(identity.lane, reply)
      if (reply.moved !== undefined) {
        return Effect.as(observed, Either.left(movedTo(call, reply.moved)))
      }
      if (!expected.has(reply.status)) return Effect.zipRight(observed, refuse(identity.lane, call, reply))
      relax(identity.lane)
      return Effect.as(observed, Either.right(reply))
    })

  const asked = <A>(
    call: Call,
    retries: number | undefined,
    within: (identity: Identity, call: Call) => Effect.Effect<Either.Either<A, Call>, CensusError>
  ): Effect.Effect<A, CensusError> =>
    Effect.flatMap(identityOf(call.endpoint, call.repository), (identity) =>
      Effect.flatMap(
        lanes.run(identity.lane, within(identity, call), retries),
        Either.match({
          onRight: (answer): Effect.Effect<A, CensusError> => Effect.succeed(answer),
          onLeft: (next) => asked(next, retries, within)
        })
      ))

  const timedOut = (call: Call) => () =>
    new Transient({
      service: call.endpoint.registry,
      reason: "timeout",
      message: `${call.what}: no whole answer within ${timeout / 1000} s`
    })

  return {
    open: (call, expected, retries) =>
      asked(begun(call), retries, (identity, call) => attempt(identity, call, expected)),
    whole: (call, expected, maxBytes) =>
      asked(begun(call), undefined, (identity, call) => {
        const expectation = { service: call.endpoint.registry, what: call.what, method: call.method, maxBytes }
        return Effect.flatMap(attempt(identity, call, expected), (answer) =>
          Either.match(answer, {
            onLeft: (next): Effect.Effect<Either.Either<Whole, Call>, CensusError> => Effect.succeed(Either.left(next)),
            onRight: (reply) =>
              Effect.map(readWhole(reply, expectation), (bytes) => Either.right<Whole>({ reply, bytes }))
          })).pipe(Effect.timeoutFail({ duration: timeout, onTimeout: timedOut(call) }))
      })
  }
}
