/**
 * Logging in to Docker Hub: a name and a token are exchanged for a JWT of about ten minutes, which everybody shares
 * and which is renewed before it ends. A login that is refused is made once more after a minute, and then hours later: each
 * failed one brings the account nearer to being locked.
 */
import { HttpBody, HttpClientRequest } from "@effect/platform"
import { Duration, Effect, Encoding, Option, Redacted, Ref, Schema } from "effect"
import { refusalDelay } from "../../domain/Backoff.js"
import type { Auth } from "../../domain/Errors.js"
import { jsonOf } from "../../domain/JsonText.js"

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

/** What a call has to do first. */
export type Admission =
  | { readonly _tag: "Go"; readonly token: Redacted.Redacted }
  | { readonly _tag: "LogIn" }
  /** A refusal has to be confirmed, and not before `until` (epoch milliseconds). */
  | { readonly _tag: "Wait"; readonly until: number }
  /** Refused for now. */
  | { readonly _tag: "Refused"; readonly error: Auth; readonly until: number }

/** A refusal that counts: the `times`-th without an answer between. */
export interface Refusal {
  readonly times: number
  /** Epoch milliseconds: no login before. */
  readonly until: number
  readonly error: Auth
}

export interface Session {
  readonly admission: (now: number) => Effect.Effect<Admission>
  readonly request: HttpClientRequest.HttpClientRequest
  /** Takes in the token of a login that was answered at `now`. */
  readonly accept: (token: string, now: number) => Effect.Effect<void>
  /** The Hub has answered what was asked with a token. True where it had refused before. */
  readonly works: Effect.Effect<boolean>
  /** Takes in that this token was refused by the Hub; another one is left alone. */
  readonly forget: (token: Redacted.Redacted) => Effect.Effect<void>
  /** Takes in that the Hub refused the login, or all that came of it. `confirmed`: it is not the first time already. */
  readonly refuse: (error: Auth, now: number, confirmed: boolean) => Effect.Effect<Refusal>
  /** Takes what is secret out of a server's words. */
  readonly redact: (words: string) => Effect.Effect<string>
}

/** From a first refusal to the request that confirms it. */
export const confirmAfter = Duration.minutes(1)

const usualLife = 600_000
const margin = 60_000

const Claims = jsonOf(Schema.Struct({ exp: Schema.Number, iat: Schema.Number }))

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
  const refused = yield* Ref.make(Option.none<Refusal>())
  const body = HttpBody.unsafeJson({ identifier: credentials.username, secret: Redacted.value(credentials.token) })

  return {
    admission: (now) =>
      Effect.map(Effect.all([Ref.get(refused), Ref.get(bearer)]), ([refused, bearer]): Admission => {
        if (Option.isSome(refused) && now < refused.value.until) {
          const { error, times, until } = refused.value
          return times === 1 ? { _tag: "Wait", until } : { _tag: "Refused", error, until }
        }
        return Option.isSome(bearer) && now < bearer.value.renewAt
          ? { _tag: "Go", token: bearer.value.token }
          : { _tag: "LogIn" }
      }),
    request: HttpClientRequest.post(`${baseUrl}/auth/token`, { body, acceptJson: true }),
    accept: (token, now) => {
      const life = lifeOf(token)
      const renewAt = now + life - Math.min(margin, life / 2)
      return Ref.set(bearer, Option.some({ token: Redacted.make(token), renewAt }))
    },
    forget: (token) => Ref.update(bearer, Option.filter((held) => held.token !== token)),
    works: Effect.map(Ref.getAndSet(refused, Option.none()), Option.exists(({ times }) => times > 1)),
    refuse: (error, now, confirmed) =>
      Effect.zipRight(
        Ref.set(bearer, Option.none()),
        Effect.map(
          Ref.updateAndGet(refused, (before) => {
            const counted = Option.match(before, { onNone: () => 1, onSome: ({ times }) => times + 1 })
            const times = confirmed ? Math.max(counted, 2) : counted
            const delay = times === 1 ? Duration.toMillis(confirmAfter) : refusalDelay(times - 1)
            return Option.some({ times, until: now + delay, error })
          }),
          Option.getOrThrow
        )
      ),
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
