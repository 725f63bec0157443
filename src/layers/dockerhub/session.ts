/**
 * Logging in to Docker Hub: a name and a token are exchanged for a JWT of about ten minutes, which everybody shares
 * and which is renewed before it ends.
 */
import { HttpBody, HttpClientRequest } from "@effect/platform"
import { Effect, Encoding, Option, Redacted, Ref, Schema } from "effect"
import type { Auth } from "../../domain/Errors.js"

/** Who logs in. */
export interface HubCredentials {
  /** `DOCKERHUB_USERNAME`: the account, or the organization of an organization access token. */
  readonly username: string
  /** `DOCKERHUB_TOKEN`: a personal or organization access token. */
  readonly token: Redacted.Redacted
}

/** The header's token and until when to use it (epoch milliseconds). */
interface Bearer {
  readonly token: Redacted.Redacted
  readonly renewAt: number
}

export interface Session {
  /** None: a login has to be made first. Fails once a login was refused: repeating it would lock the account. */
  readonly bearer: (now: number) => Effect.Effect<Option.Option<Redacted.Redacted>, Auth>
  readonly request: HttpClientRequest.HttpClientRequest
  /** Takes in the token of a login that was answered at `now`. */
  readonly accept: (token: string, now: number) => Effect.Effect<void>
  /** Takes in that this token was refused by the Hub; another one is left alone. */
  readonly forget: (token: Redacted.Redacted) => Effect.Effect<void>
  readonly refuse: (error: Auth) => Effect.Effect<void>
  /** Takes what is secret out of a server's words. */
  readonly redact: (words: string) => Effect.Effect<string>
}

const usualLife = 600_000
const margin = 60_000

const Claims = Schema.parseJson(Schema.Struct({ exp: Schema.Number, iat: Schema.Number }))

/**
 * Milliseconds for which a JWT is good, by its own account: `exp` - `iat`, so that clocks need not agree. Ten minutes
 * where it does not say.
 */
export const lifeOf = (jwt: string): number =>
  Option.some(jwt.split(".")[1] ?? "").pipe(
    Option.flatMap((payload) => Option.getRight(Encoding.decodeBase64UrlString(payload))),
    Option.flatMap(Schema.decodeOption(Claims)),
    Option.map(({ exp, iat }) => (exp - iat) * 1000),
    Option.filter((life) => life > 0 && life <= 24 * 3_600_000),
    Option.getOrElse(() => usualLife)
  )

/** A session that has not logged in yet. */
export const makeSession = Effect.fn("DockerHub.session")(function*(baseUrl: string, credentials: HubCredentials) {
  const bearer = yield* Ref.make(Option.none<Bearer>())
  const refused = yield* Ref.make(Option.none<Auth>())
  const body = HttpBody.unsafeJson({ identifier: credentials.username, secret: Redacted.value(credentials.token) })

  return {
    bearer: (now) =>
      Effect.flatMap(
        Ref.get(refused),
        Option.match({
          onSome: (error) => Effect.fail(error),
          onNone: () =>
            Effect.map(
              Ref.get(bearer),
              Option.filterMap(({ renewAt, token }) => now < renewAt ? Option.some(token) : Option.none())
            )
        })
      ),
    request: HttpClientRequest.post(`${baseUrl}/auth/token`, { body, acceptJson: true }),
    accept: (token, now) => {
      const life = lifeOf(token)
      const renewAt = now + life - Math.min(margin, life / 2)
      return Ref.set(bearer, Option.some({ token: Redacted.make(token), renewAt }))
    },
    forget: (token) => Ref.update(bearer, Option.filter((held) => held.token !== token)),
    refuse: (error) => Ref.set(refused, Option.some(error)),
    redact: (words) =>
      Effect.map(
        Ref.get(bearer),
        (held) =>
          [Option.some(credentials.token), Option.map(held, ({ token }) => token)].reduce(
            (text, secret) =>
              Option.match(secret, {
                onNone: () => text,
                onSome: (secret) => text.replaceAll(Redacted.value(secret), "<redacted>")
              }),
            words
          )
      )
  } satisfies Session
})
