/**
 * Authorisation by challenge: nothing, Basic or Bearer, as the registry says. The first request to a registry learns
 * which; those that come meanwhile wait for that, so that a registry is asked for its challenge once.
 */
import { Deferred, Effect, Option, Redacted } from "effect"
import * as AuthScope from "../../domain/AuthScope.js"
import { type Challenge, read as readChallenges } from "../../domain/Challenge.js"
import { Auth, type CensusError } from "../../domain/Errors.js"
import { isLoopback, sameOrigin } from "./addresses.js"
import { malformed, sayingOf } from "./failures.js"
import { authorisationHeader, basicHeader, type Identity, payerOf } from "./identity.js"
import type { AskToken, TokenPlace } from "./tokenRequest.js"
import type { Token, Tokens } from "./tokens.js"
import { type Authorisation, type Call, readSaying, type Reply, type Send } from "./transport.js"
import type { Ways } from "./ways.js"

type Scheme =
  | { readonly kind: "none" }
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly place: TokenPlace }

interface Known {
  scheme: Scheme | undefined
  contact: Deferred.Deferred<void> | undefined
  /** What a registry wants to see where that is more than the call would ask for, by what the call would. */
  readonly wider: Map<string, string>
}

const manyScopes = 1_000

interface Ready {
  readonly header: Redacted.Redacted | undefined
  readonly token?: Token
  readonly key?: string
}

const sentBy = ({ credential }: Identity, { header }: Ready): Authorisation | undefined =>
  header === undefined ? undefined : { header, of: Option.isSome(credential) ? "credential" : "stranger" }

const challengesOf = (headers: Reply["headers"]): ReadonlyArray<Challenge> => {
  const value = headers["www-authenticate"]
  return value === undefined ? [] : readChallenges(value)
}

// What was set for a mirror on this machine, or for the registry that it stands in for, does not leave the machine.
const leaves = ({ credential, endpoint }: Identity, realm: URL): string | undefined =>
  endpoint.stays === true && Option.isSome(credential) && !isLoopback(realm.hostname)
    ? `${credential.value.id} would leave this machine; a mirror here gets no credential that it cannot check itself`
    : undefined

/** What a 401 asks for, held to where it may point. */
const schemeOf = (ways: Ways, identity: Identity, call: Call, challenges: ReadonlyArray<Challenge>) => {
  const { endpoint } = identity
  const bearer = challenges.find(({ scheme }) => scheme.toLowerCase() === "bearer")
  const realm = bearer?.parameters["realm"]
  if (bearer !== undefined && realm !== undefined) {
    if (!URL.canParse(realm)) {
      return Effect.fail(malformed(endpoint.registry, `the token endpoint that ${endpoint.host} names is no address`))
    }
    const url = new URL(realm)
    const refusal = ways.refusal(endpoint, endpoint.base, url) ?? leaves(identity, url)
    if (refusal !== undefined) {
      return Effect.fail(
        malformed(
          endpoint.registry,
          `${endpoint.host} sends us to ${url.host} for a token, which is refused: ${refusal}`
        )
      )
    }
    const scheme: Scheme = { kind: "bearer", place: { realm: url, service: bearer.parameters["service"] } }
    return Effect.succeed({ scheme, scope: bearer.parameters["scope"], error: bearer.parameters["error"] })
  }
  if (challenges.some(({ scheme }) => scheme.toLowerCase() === "basic")) {
    const scheme: Scheme = { kind: "basic" }
    return Effect.succeed({ scheme, scope: undefined, error: undefined })
  }
  return Effect.fail(
    new Auth({
      service: endpoint.registry,
      message: `${call.what} is refused, HTTP 401 without a challenge that is understood`
    })
  )
}

const keyOf = (identity: Identity, place: TokenPlace, scope: string): string =>
  [identity.endpoint.base.href, place.realm.href, place.service ?? "", scope, payerOf(identity.credential)].join(" ")

/** Who asked, for messages. */
const askerOf = ({ credential, endpoint }: Identity): string =>
  Option.match(credential, {
    onNone: () =>
      `nobody (${endpoint.led === true ? "a redirect led here, which no credential follows" : "no credential is set"})`,
    onSome: ({ id }) => `the credential ${id}`
  })

const refused = (identity: Identity, call: Call, saying: string): Auth => {
  const told = sayingOf(saying)
  return new Auth({
    service: identity.endpoint.registry,
    // Of strangers, a registry refuses what is not public; what it refuses of a credential may be the credential itself.
    scope: Option.isNone(identity.credential) ? "one" : "all",
    message: `${call.what} is not shown to ${askerOf(identity)}: private or missing${told === "" ? "" : ` (${told})`}`
  })
}

/** The authorisation of one client. */
export const makeAuthorisation = (ways: Ways, send: Send, tokens: Tokens, ask: AskToken) => {
  const known = new Map<string, Known>()

  const knownOf = ({ credential, endpoint }: Identity): Known => {
    const id = `${endpoint.base.href} ${payerOf(credential)}`
    const found = known.get(id)
    if (found !== undefined) return found
    const made: Known = { scheme: undefined, contact: undefined, wider: new Map() }
    known.set(id, made)
    return made
  }

  const tokenFor = (identity: Identity, call: Call, place: TokenPlace, scope: string) =>
    Effect.gen(function*() {
      // A token that may push may also pull.
      const wider = scope.endsWith(":pull") && !scope.includes(" ")
        ? keyOf(identity, place, `${scope},push`)
        : undefined
      const held = wider === undefined ? Option.none<Token>() : yield* tokens.peek(wider)
      const key = wider !== undefined && Option.isSome(held) ? wider : keyOf(identity, place, scope)
      const token = Option.isSome(held) ? held.value : yield* tokens.get(key, ask(identity, call.what, place, scope))
      return { header: authorisationHeader("Bearer", Redacted.value(token.secret)), token, key }
    })

  const ready = (identity: Identity, call: Call, state: Known, scheme: Scheme | undefined, scope: string) =>
    Effect.suspend((): Effect.Effect<Ready, CensusError> => {
      const credential = Option.getOrUndefined(identity.credential)
      if (credential?.kind === "bearer") {
        return Effect.succeed({ header: authorisationHeader("Bearer", Redacted.value(credential.secret)) })
      }
      if (scheme?.kind === "bearer") {
        return Effect.tapErrorTag(
          tokenFor(identity, call, scheme.place, scope),
          "TRANSIENT",
          ({ reason }) =>
            Effect.sync(() => {
              // A token endpoint that is not there may have been named by mistake: the next call asks where it is.
              if (state.scheme === scheme && (reason === "network" || reason === "malformed")) state.scheme = undefined
            })
        )
      }
      return Effect.succeed({
        header: scheme?.kind === "basic" && credential?.kind === "basic"
          ? basicHeader(credential.username, credential.secret)
          : undefined
      })
    })

  const tried = (
    identity: Identity,
    state: Known,
    call: Call,
    prepared: Ready,
    renewed: boolean,
    contacted: Effect.Effect<void>
  ): Effect.Effect<Reply, CensusError> =>
    Effect.suspend(() => {
      identity.lane.unspent++
      return Effect.flatMap(send(call, sentBy(identity, prepared)), (reply): Effect.Effect<Reply, CensusError> => {
        if (reply.status === 401) return challenged(identity, state, call, prepared, renewed, contacted, reply)
        state.scheme ??= { kind: "none" }
        return Effect.as(contacted, reply)
      })
    })

  const challenged = Effect.fnUntraced(function*(
    identity: Identity,
    state: Known,
    call: Call,
    prepared: Ready,
    renewed: boolean,
    contacted: Effect.Effect<void>,
    reply: Reply
  ) {
    const saying = yield* readSaying(reply, call.method)
    if (!sameOrigin(reply.url, identity.endpoint.base)) {
      const message = `${call.what}: led to ${reply.url.host}, which asks for credentials of its own`
      // Where the registry shows it and the store does not, nobody has said that it is not to be seen.
      if (call.method === "GET" || call.method === "HEAD") return yield* malformed(identity.endpoint.registry, message)
      return yield* new Auth({ service: identity.endpoint.registry, message })
    }
    if (prepared.token !== undefined && prepared.key !== undefined) tokens.refuse(prepared.key, prepared.token)
    const wanted = yield* schemeOf(ways, identity, call, challengesOf(reply.headers))
    const changed = state.scheme?.kind !== wanted.scheme.kind
    state.scheme = wanted.scheme
    yield* contacted
    const scope = wanted.scope === undefined ? call.scope : AuthScope.union(call.scope, wanted.scope)
    // A token that was made for this very request and refused will not be better when it is made again.
    const stale = prepared.token !== undefined && (!prepared.token.fresh || wanted.error === "invalid_token")
    const asked = prepared.header !== undefined
    // A token that was given to us is all there is.
    const given = Option.exists(identity.credential, ({ kind }) => kind === "bearer")
    if (asked && (given || renewed || (!stale && !changed))) return yield* refused(identity, call, saying)
    if (scope !== AuthScope.clean(call.scope) && state.wider.size < manyScopes) state.wider.set(call.scope, scope)
    const next = yield* ready(identity, call, state, wanted.scheme, scope)
    if (next.header === undefined) return yield* refused(identity, call, saying)
    return yield* tried(identity, state, call, next, asked, contacted)
  })

  const attempt = (identity: Identity, state: Known, call: Call, contacted: Effect.Effect<void>) =>
    Effect.flatMap(
      ready(identity, call, state, state.scheme, state.wider.get(call.scope) ?? call.scope),
      (prepared) => tried(identity, state, call, prepared, false, contacted)
    )

  /** Sends a call with what the registry wants to see, and once more where that was refused in mid-flight. */
  const authorised = (identity: Identity, call: Call): Effect.Effect<Reply, CensusError> =>
    Effect.suspend((): Effect.Effect<Reply, CensusError> => {
      const state = knownOf(identity)
      if (state.scheme !== undefined) return attempt(identity, state, call, Effect.void)
      if (state.contact !== undefined) {
        return Effect.zipRight(
          Deferred.await(state.contact),
          Effect.suspend(() => attempt(identity, state, call, Effect.void))
        )
      }
      return Effect.flatMap(Deferred.make<void>(), (contact) => {
        state.contact = contact
        const contacted = Effect.asVoid(Deferred.succeed(contact, undefined))
        // However it ends, those who wait go on; the next newcomer tries anew if nothing was learned.
        const over = Effect.zipRight(
          Effect.sync(() => {
            state.contact = undefined
          }),
          contacted
        )
        return Effect.ensuring(attempt(identity, state, call, contacted), over)
      })
    })

  return { authorised }
}
