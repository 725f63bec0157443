/**
 * The members of the pool: personal tokens, and installations of an App with tokens that are minted and renewed.
 */
import { Clock, Effect, Option, Redacted, Ref, Schema } from "effect"
import createJwt from "universal-github-app-jwt"
import { Auth, type CensusError } from "../../domain/Errors.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { type GitHubApi, makePayer, type Payer, service } from "./api.js"
import type { GitHubAppOptions } from "./options.js"

/** Someone who can pay. */
export interface Member {
  readonly payer: Payer
  /** The token to use now. AUTH: GitHub gives none. A limit has parked the payer by the time this fails. */
  readonly token: Effect.Effect<Redacted.Redacted, CensusError>
  /** Forgets a token that GitHub refused, where another can be had: one can be revoked before its time. */
  readonly forget: Effect.Effect<void>
}

/** A personal token; `number` counts from 1. */
export const tokenMember = (token: Redacted.Redacted, number: number): Effect.Effect<Member> =>
  Effect.map(makePayer(`token:${number}`, `token ${number} (GITHUB_TOKEN, GITHUB_TOKENS)`), (payer) => ({
    payer,
    token: Effect.succeed(token),
    forget: Effect.void
  }))

/** The App's own token, for ten minutes. */
export const appJwt = (app: GitHubAppOptions): Effect.Effect<Redacted.Redacted, Auth> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.tryPromise({
      try: () => createJwt({ id: app.appId, privateKey: Redacted.value(app.privateKey), now: Math.floor(now / 1000) }),
      // What the library says may hold a part of the key.
      catch: () => new Auth({ service, message: "GITHUB_APP_PRIVATE_KEY cannot sign" })
    })).pipe(Effect.map(({ token }) => Redacted.make(token)))

const MintedToken = Schema.Struct({
  token: Schema.Redacted(Schema.NonEmptyString),
  expires_at: Schema.DateFromString.pipe(Schema.validDate())
})

interface Minted {
  readonly token: Redacted.Redacted
  /** Epoch milliseconds. */
  readonly renewAt: number
}

/** Tokens live for an hour, and are renewed five minutes before. */
const renewBefore = 300_000
/** A token that is born old (clocks differ) is used for this long nevertheless, rather than minted for every request. */
const leastUse = 60_000

/** An installation of the App. Concurrent callers share one minting. */
export const installationMember = Effect.fnUntraced(function*(api: GitHubApi, app: GitHubAppOptions, id: string) {
  const budgets = yield* RateBudgets
  const payer = yield* makePayer(`installation:${id}`, `installation ${id} of GitHub App ${app.appId}`)
  const current = yield* Ref.make(Option.none<Minted>())
  const turn = yield* Effect.makeSemaphore(1)

  const mint = Effect.gen(function*() {
    const jwt = yield* appJwt(app)
    const path = `/app/installations/${encodeURIComponent(id)}/access_tokens`
    const { value: minted } = yield* api.rest(payer, jwt, "POST", path, MintedToken).pipe(
      Effect.catchTag(
        "NOT_FOUND",
        () => new Auth({ service, message: `GitHub knows no ${payer.label} (GITHUB_APP_INSTALLATION_IDS)` })
      )
    )
    const now = yield* Clock.currentTimeMillis
    const renewAt = Math.max(minted.expires_at.getTime() - renewBefore, now + leastUse)
    yield* Ref.set(current, Option.some({ token: minted.token, renewAt }))
    return minted.token
  }).pipe(Effect.withSpan("GitHubApp.mint", { attributes: { installation: id } }))

  const token = turn.withPermits(1)(Effect.gen(function*() {
    const known = yield* Ref.get(current)
    const now = yield* Clock.currentTimeMillis
    if (Option.isSome(known) && now < known.value.renewAt) return known.value.token
    yield* budgets.gate(payer.key)
    return yield* mint
  }))

  return { payer, token, forget: Ref.set(current, Option.none()) } satisfies Member
})

const Installations = Schema.Array(Schema.Struct({
  id: Schema.Number,
  suspended_at: Schema.optional(Schema.NullOr(Schema.String))
}))

const pageSize = 100

/** The ids of all installations that are not suspended. One attempt per page: the caller repeats, and waits for parks. */
export const listInstallations = Effect.fn("GitHubApp.installations")(function*(
  api: GitHubApi,
  app: GitHubAppOptions,
  payer: Payer
) {
  const ids = new Array<string>()
  for (let page = 1;; page++) {
    const jwt = yield* appJwt(app)
    const path = `/app/installations?per_page=${pageSize}&page=${page}`
    const { more, value: found } = yield* api.rest(payer, jwt, "GET", path, Installations)
    ids.push(...found.filter(({ suspended_at }) => (suspended_at ?? null) === null).map(({ id }) => String(id)))
    if (!more && found.length < pageSize) return ids
  }
})
