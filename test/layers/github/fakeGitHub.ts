/**
 * A GitHub that answers from a function, behind an HttpClient that sends nothing.
 */
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Clock, Duration, Effect, Layer, Redacted, Schema, Stream } from "effect"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as GitHubProbeHttp from "../../../src/layers/github/GitHubProbeHttp.js"
import type { GitHubOptions } from "../../../src/layers/github/options.js"

/** A request as the fake saw it. */
export interface Seen {
  /** Milliseconds since the test began. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly token: string
  /** `owner/name` by alias; empty for anything but probes. */
  readonly asked: ReadonlyArray<string>
  readonly userAgent: string
}

/** What the fake answers: `reset` breaks the connection, `hang` never answers. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | "reset"
  | "hang"

const Body = Schema.parseJson(Schema.Struct({
  query: Schema.String,
  variables: Schema.Record({ key: Schema.String, value: Schema.String })
}))

const askedOf = (request: HttpClientRequest.HttpClientRequest): ReadonlyArray<string> => {
  if (request.body._tag !== "Uint8Array") return []
  const { variables } = Schema.decodeUnknownSync(Body)(Buffer.from(request.body.body).toString("utf8"))
  const names = new Array<string>()
  for (let i = 0; variables[`o${i}`] !== undefined; i++) names.push(`${variables[`o${i}`]}/${variables[`n${i}`]}`)
  return names
}

/** Facts as GitHub has them for a repository with these kinds of objects at the three paths. */
export const facts = (nameWithOwner: string, kinds: ReadonlyArray<string | null> = ["Blob", null, null]) => ({
  nameWithOwner,
  head: { oid: "c0ffee" },
  f0: kinds[0] === null ? null : { __typename: kinds[0] },
  f1: kinds[1] === null ? null : { __typename: kinds[1] },
  f2: kinds[2] === null ? null : { __typename: kinds[2] }
})

export const plenty = {
  cost: 1,
  limit: 5000,
  remaining: 4000,
  used: 1000,
  resetAt: "1970-01-01T01:00:00Z"
}

/** The answer of a GitHub that knows everything, each with a Dockerfile. */
export const all = (
  seen: Seen,
  rateLimit: unknown = plenty,
  answer: (name: string) => unknown = (name) => facts(name)
): Reply => ({
  status: 200,
  body: { data: { rateLimit, ...Object.fromEntries(seen.asked.map((name, i) => [`r${i}`, answer(name)])) } }
})

export interface Fake {
  readonly seen: ReadonlyArray<Seen>
  readonly layer: Layer.Layer<HttpClient.HttpClient>
}

/** A fake that answers with `reply` after `latency`. */
export const fakeGitHub = (
  reply: (seen: Seen, number: number) => Reply,
  latency: Duration.DurationInput = 0
): Fake => {
  const seen = new Array<Seen>()
  const client = HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const entry = {
        at,
        method: request.method,
        path: url.pathname + url.search,
        token: (request.headers["authorization"] ?? "").replace("Bearer ", ""),
        asked: askedOf(request),
        userAgent: request.headers["user-agent"] ?? ""
      }
      seen.push(entry)
      const answer = reply(entry, seen.length)
      yield* Effect.sleep(latency)
      if (answer === "hang") return yield* Effect.never
      if (answer === "reset") return yield* new HttpClientError.RequestError({ request, reason: "Transport" })
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)
      const response = HttpClientResponse.fromWeb(
        request,
        new Response(null, {
          status: answer.status,
          ...(answer.headers === undefined ? {} : { headers: answer.headers })
        })
      )
      // A web stream is read in real time, in which the virtual clock would run on.
      return Object.defineProperty(response, "stream", { value: Stream.make(Buffer.from(text)) })
    })
  )
  return { seen, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

export const tokens = (...names: ReadonlyArray<string>) => names.map((name) => Redacted.make(name))

/** The probe over a fake, with budgets in memory. */
export const probeOver = (fake: Fake, options: Partial<GitHubOptions> = {}) =>
  GitHubProbeHttp.layer({ tokens: tokens("t1"), firstBatchSize: 100, ...options }).pipe(
    Layer.provideMerge(RateBudgetsMemory.layer),
    Layer.provide(fake.layer)
  )

export const repositories = (count: number, owner = "acme") =>
  Array.from({ length: count }, (_, i) => ({ owner, name: `repo-${i}` }))
