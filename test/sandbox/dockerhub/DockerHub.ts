/**
 * The simulated Docker Hub API.
 */
import { Clock, Duration, Effect } from "effect"
import { type Answer, type Headers, json, type Request, text, withHeaders } from "../service/Exchange.js"
import { type Fault, type Faults, type RetryForm, retryHeaders } from "../service/Faults.js"
import { makeService, type Service } from "../service/Service.js"
import { makeWindows, type WindowState } from "../service/Windows.js"
import type { State } from "../State.js"
import { hex } from "../world/seed.js"
import { type Account, type Caller, makeAccounts } from "./auth.js"
import * as Bodies from "./bodies.js"
import { type ListingOptions, listNamespace, listTags } from "./listing.js"

export interface DockerHubOptions extends Partial<ListingOptions> {
  /** What every answer takes. Default 0. */
  readonly latency?: Duration.DurationInput
  /** Requests in a window. Default 180. */
  readonly limit?: number
  /** Default 60. */
  readonly windowSeconds?: number
  /** How its 429 says how long to wait. Default `seconds`. */
  readonly retryForm?: RetryForm
  /** Who can log in. Default: `census` with the secret `sandbox-password`. */
  readonly accounts?: ReadonlyArray<Account>
  /** How long a token lives. Default 600. */
  readonly tokenSeconds?: number
}

export const defaultAccount: Account = { username: "census", secret: "sandbox-password" }

const limitHeaders = ({ limit, remaining, reset }: WindowState): Headers => ({
  "x-ratelimit-limit": String(limit),
  "x-ratelimit-remaining": String(remaining),
  "x-ratelimit-reset": String(reset),
  "x-ratelimit-ip": "127.0.0.1"
})

const refuse = (fault: Fault, now: number): Answer => {
  switch (fault.kind) {
    case "unauthorized":
      return json(fault.status ?? 401, Bodies.unauthorized)
    case "forbidden":
    case "ip-allow-list":
    case "saml":
      return json(fault.status ?? 403, Bodies.forbidden)
    case "unavailable":
      return json(fault.status ?? 503, { message: "service unavailable", errinfo: {} })
    default:
      return json(429, Bodies.rateLimited, {
        "x-ratelimit-limit": "180",
        "x-ratelimit-remaining": "0",
        ...retryHeaders(fault, now)
      })
  }
}

const routes = {
  listing: /^\/v2\/namespaces\/([^/]+)\/repositories\/?$/,
  oldListing: /^\/v2\/repositories\/([^/]+)\/?$/,
  repository: /^\/v2\/namespaces\/([^/]+)\/repositories\/([^/]+)\/?$/,
  oldRepository: /^\/v2\/repositories\/([^/]+)\/([^/]+)(\/?)$/,
  tags: /^\/v2\/(?:namespaces\/([^/]+)\/repositories|repositories\/([^/]+))\/([^/]+)\/tags\/?$/,
  tag: /^\/v2\/(?:namespaces\/([^/]+)\/repositories|repositories\/([^/]+))\/([^/]+)\/tags\/([^/]+)\/?$/
}

const route = (state: State, options: ListingOptions, request: Request, caller: Caller): Effect.Effect<Answer> => {
  const anonymous = caller._tag === "Anonymous"
  const { path } = request
  const listing = routes.listing.exec(path) ?? routes.oldListing.exec(path)
  if (listing !== null) return listNamespace(state, options, listing[1] ?? "", request, anonymous)
  const old = routes.oldRepository.exec(path)
  if (old !== null && old[3] === "") return Effect.succeed(text(301, "", "text/html", { location: `${path}/` }))
  const one = old ?? routes.repository.exec(path)
  if (one !== null) {
    const image = state.image(`${one[1]}/${one[2]}`)
    if (image === undefined) return Effect.succeed(json(404, Bodies.notFound))
    return Effect.map(state.pulls(image), (pulls) => json(200, Bodies.repositoryBody(image, pulls)))
  }
  const tagged = routes.tag.exec(path) ?? routes.tags.exec(path)
  const image = tagged === null ? undefined : state.image(`${tagged[1] ?? tagged[2]}/${tagged[3]}`)
  if (tagged === null || image === undefined) return Effect.succeed(json(404, Bodies.notFound))
  const tag = tagged[4]
  if (tag === undefined) return Effect.succeed(listTags(state, options, image, request, anonymous))
  const found = state.tags(image).find(({ name }) => name === decodeURIComponent(tag))
  return Effect.succeed(
    found === undefined ? json(404, Bodies.pastTheEnd) : json(200, Bodies.tagBody(image, found))
  )
}

const payer = (caller: Caller): string => caller._tag === "User" ? `user:${caller.username}` : "anonymous"

/** Serves the images of a world. */
export const makeDockerHub = (state: State, faults: Faults, options: DockerHubOptions = {}): Service => {
  const { accounts = [defaultAccount], latency = 0, limit = 180, retryForm = "seconds", tokenSeconds = 600 } = options
  const { tagWall = 1_000, unknownNamespace = "404", wall = 100, windowSeconds = 60 } = options
  const users = makeAccounts(accounts, hex(state.world.seed, "hub-key"), tokenSeconds)
  const windows = makeWindows(windowSeconds)

  const answer = (request: Request, now: number): Effect.Effect<Answer> => {
    if (request.method === "POST") {
      const jwt = request.path === "/v2/auth/token"
        ? { access_token: users.token(request.body, now) }
        : request.path === "/v2/users/login"
        ? { token: users.login(request.body, now) }
        : undefined
      if (jwt === undefined) return Effect.succeed(json(404, Bodies.notFound))
      return Effect.succeed(
        Object.values(jwt).includes(undefined) ? json(401, Bodies.wrongLogin) : json(200, jwt)
      )
    }
    const caller = users.caller(request, now)
    if (caller._tag === "Rejected") return Effect.succeed(json(401, Bodies.unauthorized))
    return route(state, { wall, tagWall, unknownNamespace }, request, caller)
  }

  return makeService(
    {
      name: "dockerhub",
      credential: (request) => request.headers["authorization"] === undefined ? "anonymous" : "bearer",
      refuse: (fault, _request, now) => refuse(fault, now),
      handle: (request) =>
        Effect.gen(function*() {
          yield* Effect.sleep(latency)
          const now = yield* Clock.currentTimeMillis
          const who = payer(users.caller(request, now))
          if (!windows.take(who, limit, 1, now)) {
            const window = windows.state(who, limit, now)
            const wait = Math.max(1, window.reset - Math.floor(now / 1_000))
            const headers = retryHeaders({ kind: "rate-limit", retryForm, retryAfter: wait }, now)
            return json(429, Bodies.rateLimited, { ...limitHeaders(window), ...headers })
          }
          if (!["GET", "HEAD", "POST"].includes(request.method)) return json(405, { detail: "Method not allowed." })
          return withHeaders(yield* answer(request, now), limitHeaders(windows.state(who, limit, now)))
        })
    },
    faults
  )
}
