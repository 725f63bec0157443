/**
 * Asking a token endpoint (distribution's "Token Authentication Specification" and its OAuth2 form for refresh tokens).
 */
import { HttpClientRequest, UrlParams } from "@effect/platform"
import { Duration, Effect, Option, Redacted } from "effect"
import { Auth, type CensusError, Transient } from "../../domain/Errors.js"
import { getOrMake } from "../getOrMake.js"
import { type Exchange, exchange } from "../http/exchange.js"
import { followSameHost } from "../http/redirects.js"
import { sayingOf } from "./failures.js"
import { basicHeader, type Identity } from "./identity.js"
import type { Lanes } from "./lanes.js"
import { type IssuedToken, issuedToken } from "./tokens.js"
import type { Ways } from "./ways.js"

/** Where a challenge says that tokens are to be had. */
export interface TokenPlace {
  readonly realm: URL
  readonly service: string | undefined
}

/** Asks for a token of a scope; `what` is for messages. */
export type AskToken = (
  identity: Identity,
  what: string,
  place: TokenPlace,
  scope: string
) => Effect.Effect<IssuedToken, CensusError>

const client = "image-census"

const maxTokenBytes = 1024 * 1024

const parameters = (place: TokenPlace, scope: string): ReadonlyArray<readonly [string, string]> => [
  ...(place.service === undefined ? [] : [["service", place.service] as const]),
  ...scope.split(" ").filter((part) => part !== "").map((part) => ["scope", part] as const)
]

// The realm keeps what it brought; `URL` escapes what we add.
const addressed = (place: TokenPlace, scope: string): URL => {
  const url = new URL(place.realm)
  for (const [name, value] of parameters(place, scope)) url.searchParams.append(name, value)
  url.hash = ""
  return url
}

const requestOf = ({ credential }: Identity, place: TokenPlace, scope: string) => {
  const secret = Option.getOrUndefined(credential)
  if (secret?.kind === "identity") {
    const form = UrlParams.fromInput([
      ["grant_type", "refresh_token"],
      ["client_id", client],
      ["refresh_token", Redacted.value(secret.secret)],
      ["service", place.service ?? ""],
      ["scope", scope]
    ])
    return HttpClientRequest.bodyUrlParams(HttpClientRequest.post(place.realm), form)
  }
  const request = HttpClientRequest.get(addressed(place, scope))
  return secret?.kind === "basic"
    ? HttpClientRequest.setHeader(
      request,
      "authorization",
      Redacted.value(basicHeader(secret.username, secret.secret))
    )
    : request
}

/** Token requests; a limit at the token endpoint parks the registry's lane. */
export const makeAskToken = (ways: Ways, lanes: Lanes, timeout: Duration.Duration): AskToken => {
  const exchanges = new Map<string, Exchange>()

  // A token endpoint has redirects of its own to count: its answer is not the registry's.
  const sendTo = ({ endpoint }: Identity, { realm }: TokenPlace): Exchange => {
    const { budget, registry } = endpoint
    return getOrMake(
      exchanges,
      `${budget} ${ways.reach(endpoint, realm)}`,
      () =>
        exchange(followSameHost(ways.to(endpoint, realm).client), {
          service: registry,
          budget,
          timeout,
          maxBytes: maxTokenBytes
        })
    )
  }

  return Effect.fn("OciRegistry.token")(function*(identity, what, place, scope) {
    const service = identity.endpoint.registry
    identity.lane.unspent++
    const answer = yield* sendTo(identity, place)(
      requestOf(identity, place, scope),
      Option.isSome(identity.credential) ? "credential" : undefined
    )
    const at = `the token endpoint ${place.realm.host}${place.realm.pathname}`
    if (answer.status === 200) {
      const issued = issuedToken(answer.body)
      if (Option.isSome(issued)) return issued.value
      return yield* new Transient({ service, reason: "malformed", message: `${at} answered without a token` })
    }
    const said = sayingOf(answer.body)
    const saying = said === "" ? "" : `: ${said}`
    if (answer.status === 429) {
      return yield* yield* lanes.parkFor(identity.lane, answer.headers, `${at} answered HTTP 429${saying}`)
    }
    if (answer.status === 401 || answer.status === 403) {
      const who = Option.match(identity.credential, {
        onNone: () => "nobody (no credential is set): private or missing",
        onSome: ({ id }) => `the credential ${id}: private, missing, or a credential that is no longer good`
      })
      const scope = Option.isNone(identity.credential) ? "one" : "all"
      return yield* new Auth({ service, scope, message: `${what}: ${at} gives no token to ${who}${saying}` })
    }
    const reason = answer.status >= 500 ? "server" : "malformed"
    return yield* new Transient({ service, reason, message: `${what}: ${at} answered HTTP ${answer.status}${saying}` })
  })
}
