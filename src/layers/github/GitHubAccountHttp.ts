/**
 * `GitHubAccount` on GitHub's REST API.
 */
import type { HttpClient } from "@effect/platform"
import { Effect, Layer, Schema } from "effect"
import { Auth, type CensusError } from "../../domain/Errors.js"
import type { BudgetReading } from "../../domain/RateBudget.js"
import { type CredentialReport, GitHubAccount } from "../../services/GitHubAccount.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import { makeApi, makePayer, service } from "./api.js"
import { appJwt, listInstallations, tokenMember } from "./credentials.js"
import { rateLimitDocument } from "./document.js"
import type { GitHubAppOptions, GitHubOptions } from "./options.js"

const Budget = Schema.Struct({ limit: Schema.Number, remaining: Schema.Number, reset: Schema.Number })
const RateLimits = Schema.Struct({ resources: Schema.Struct({ graphql: Schema.optional(Budget) }) })
const App = Schema.Struct({ name: Schema.optional(Schema.NullOr(Schema.String)) })

interface Working {
  readonly detail: string
  readonly reading: BudgetReading
}

const report = (label: string, check: Effect.Effect<Working, CensusError>): Effect.Effect<CredentialReport> =>
  Effect.match(check, {
    onFailure: (error): CredentialReport => ({ label, outcome: { _tag: "Fails", error } }),
    onSuccess: (working): CredentialReport => ({ label, outcome: { _tag: "Works", ...working } })
  })

const points = (remaining: number | undefined, limit: number | undefined): string =>
  remaining === undefined || limit === undefined ? "accepted" : `${remaining} of ${limit} points left`

/** Sends nothing before `check` runs. Its circuit never opens: each check is made once, whatever the others found. */
export const make = Effect.fnUntraced(function*(options: GitHubOptions) {
  const api = yield* makeApi(options, { threshold: Number.POSITIVE_INFINITY })

  const checkToken = Effect.fnUntraced(function*(token: GitHubOptions["tokens"][number], number: number) {
    const { payer } = yield* tokenMember(token, number)
    const free = Effect.map(
      api.rest(payer, token, "GET", "/rate_limit", RateLimits),
      ({ value: { resources: { graphql } } }): Working => ({
        detail: points(graphql?.remaining, graphql?.limit),
        reading: graphql === undefined
          ? {}
          : { limit: graphql.limit, remaining: graphql.remaining, resetsAt: graphql.reset * 1000 }
      })
    )
    // A GitHub of one's own may have no such route; then a point tells.
    const paid = Effect.map(
      api.graphql(payer, token, rateLimitDocument, ["rateLimit"]),
      ({ reading }): Working => ({ detail: points(reading.remaining, reading.limit), reading })
    )
    return yield* report(payer.label, Effect.catchTag(free, "NOT_FOUND", () => paid))
  })

  const checkApp = Effect.fnUntraced(function*(app: GitHubAppOptions) {
    const payer = yield* makePayer(`app:${app.appId}`, `GitHub App ${app.appId}`)
    const look = Effect.gen(function*() {
      const jwt = yield* appJwt(app)
      // Only for its name: an App that GitHub does not know is refused with 401.
      const { name } = yield* api.rest(payer, jwt, "GET", "/app", App).pipe(
        Effect.map(({ value }) => value),
        Effect.catchTag("NOT_FOUND", () => Effect.succeed<typeof App.Type>({}))
      )
      const installed = yield* listInstallations(api, app, payer)
      const missing = app.installationIds.filter((id) => !installed.includes(id))
      if (missing.length > 0 || installed.length === 0) {
        return yield* new Auth({
          service,
          message: missing.length > 0
            ? `GitHub App ${app.appId} has no installation ${missing.join(", ")} (GITHUB_APP_INSTALLATION_IDS)`
            : `GitHub App ${app.appId} has no installation that is not suspended`
        })
      }
      const used = app.installationIds.length > 0 ? app.installationIds.length : installed.length
      return { detail: `${name ?? "unnamed"}: ${used} installation${used === 1 ? "" : "s"}`, reading: {} }
    })
    return yield* report(payer.label, look)
  })

  const { app } = options
  const checks = [
    ...options.tokens.map((token, index) => checkToken(token, index + 1)),
    ...(app === undefined ? [] : [checkApp(app)])
  ]
  return {
    check: Effect.withSpan(Effect.all(checks, { concurrency: "unbounded" }), "GitHubAccount.check")
  } satisfies GitHubAccount["Type"]
})

/** Tries credentials with the client that everything else uses. */
export const layer = (
  options: GitHubOptions
): Layer.Layer<GitHubAccount, never, HttpClient.HttpClient | RateBudgets> => Layer.effect(GitHubAccount, make(options))
