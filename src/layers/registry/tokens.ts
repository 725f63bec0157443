/**
 * Bearer tokens: asked for once, shared by all who need the same, renewed before they end (distribution's
 * "Token Authentication Specification").
 */
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { jsonOf } from "../../domain/JsonText.js"
import { makeFlights } from "../flights.js"

/** A token in use. `fresh`: nobody has used it before this caller. */
export interface Token {
  readonly secret: Redacted.Redacted
  readonly fresh: boolean
}

/** What a token endpoint answered. */
export interface IssuedToken {
  readonly secret: Redacted.Redacted
  /** Seconds; 60 where the endpoint did not say. */
  readonly expiresIn: number
}

const defaultLifetime = 60

const TokenBody = jsonOf(Schema.Struct({
  token: Schema.optional(Schema.NullOr(Schema.String)),
  access_token: Schema.optional(Schema.NullOr(Schema.String)),
  expires_in: Schema.optional(Schema.NullOr(Schema.Number))
}))

const decode = Schema.decodeUnknownOption(TokenBody)

/** Reads the answer of a token endpoint: `token` or `access_token`. None where there is neither. */
export const issuedToken = (body: string): Option.Option<IssuedToken> =>
  Option.flatMap(decode(body), ({ access_token, expires_in, token }) => {
    const secret = [token, access_token].find((text) => text !== undefined && text !== null && text !== "")
    // A header is a line: what would end it is no token.
    if (typeof secret !== "string" || !/^[\x21-\x7e]+$/.test(secret)) return Option.none()
    const lifetime = typeof expires_in === "number" && expires_in > 0 ? expires_in : defaultLifetime
    return Option.some({ secret: Redacted.make(secret), expiresIn: lifetime })
  })

interface Held {
  readonly secret: Redacted.Redacted
  /** Epoch milliseconds from which on it is not used any more. */
  readonly renewAt: number
}

const many = 1_000

// Ten seconds of margin, of short-lived tokens a fifth of their life.
const renewAt = (issued: IssuedToken, askedAt: number): number => {
  const life = issued.expiresIn * 1000
  return askedAt + life - Math.min(10_000, life / 5)
}

/** The tokens of one client, by whatever makes them equal: endpoint, service, scope, credential. */
export const makeTokens = () => {
  const held = new Map<string, Held>()
  const flights = makeFlights<Token, CensusError>()

  const prune = (now: number): void => {
    if (held.size < many) return
    for (const [key, token] of held) if (token.renewAt <= now) held.delete(key)
  }

  /** The token that is held under a key, if it may still be used. */
  const peek = (key: string): Effect.Effect<Option.Option<Token>> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const token = held.get(key)
      return token !== undefined && token.renewAt > now
        ? Option.some({ secret: token.secret, fresh: false })
        : Option.none()
    })

  /** The token of a key: held, being asked for by another, or asked for now. Failures are not kept. */
  const get = (key: string, ask: Effect.Effect<IssuedToken, CensusError>): Effect.Effect<Token, CensusError> =>
    Effect.flatMap(
      peek(key),
      Option.match({
        onSome: (token): Effect.Effect<Token, CensusError> => Effect.succeed(token),
        onNone: () =>
          flights(
            key,
            Effect.gen(function*() {
              const askedAt = yield* Clock.currentTimeMillis
              prune(askedAt)
              const issued = yield* ask
              held.set(key, { secret: issued.secret, renewAt: renewAt(issued, askedAt) })
              return { secret: issued.secret, fresh: true }
            })
          )
      })
    )

  /** Forgets a token that was refused, unless another has taken its place already. */
  const refuse = (key: string, token: Token): void => {
    if (held.get(key)?.secret === token.secret) held.delete(key)
  }

  return { peek, get, refuse }
}

export type Tokens = ReturnType<typeof makeTokens>
