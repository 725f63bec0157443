/**
 * The few REST resources that a census needs of GitHub: an App's installations, their tokens, and the budgets.
 */
import { Either } from "effect"
import { type Answer, authorization, json, type Request } from "../service/Exchange.js"
import type { WindowState } from "../service/Windows.js"
import { isoSeconds } from "../world/time.js"
import { badCredentials, message, notFound } from "./answers.js"
import type { Credentials, Installation } from "./credentials.js"

const permissions = { contents: "read", metadata: "read" }

const installationBody = (credentials: Credentials, one: Installation, app: number) => ({
  id: one.id,
  app_id: app,
  account: { login: one.account, type: "Organization" },
  target_type: "Organization",
  repository_selection: "all",
  permissions,
  events: [],
  suspended_at: credentials.isSuspended(one.id) ? "2026-01-01T00:00:00Z" : null,
  suspended_by: null
})

const pageOf = (request: Request, name: string, fallback: number, most: number): number => {
  const value = Number(request.query.get(name) ?? fallback)
  return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : fallback
}

const listInstallations = (credentials: Credentials, request: Request): Answer => {
  const size = pageOf(request, "per_page", 30, 100)
  const page = pageOf(request, "page", 1, 1_000_000)
  const last = Math.max(1, Math.ceil(credentials.installations.length / size))
  const link = (to: number, rel: string): string =>
    `<${request.origin}/app/installations?per_page=${size}&page=${to}>; rel="${rel}"`
  const links = page < last ? [link(page + 1, "next"), link(last, "last")] : []
  return json(
    200,
    credentials.installations
      .slice((page - 1) * size, page * size)
      .map((one) => installationBody(credentials, one, credentials.appId)),
    links.length === 0 ? {} : { link: links.join(", ") }
  )
}

const mint = (credentials: Credentials, id: number, now: number): Answer => {
  const installation = credentials.installation(id)
  if (installation === undefined) return notFound
  if (credentials.isSuspended(id)) return message(403, "This installation has been suspended")
  const { expiresAt, token } = credentials.mint(installation, now)
  const expires = isoSeconds(expiresAt)
  return json(201, { token, expires_at: expires, permissions, repository_selection: "all" })
}

const appRoute = (credentials: Credentials, request: Request, now: number): Answer => {
  const wrong = credentials.checkJwt(authorization(request, "bearer") ?? "", now)
  if (Either.isLeft(wrong)) return message(wrong.left === "Integration not found" ? 404 : 401, wrong.left)
  const { method, path } = request
  if (method === "GET" && path === "/app") {
    return json(200, {
      id: credentials.appId,
      slug: "image-census-sandbox",
      name: "image-census sandbox",
      owner: { login: "census", type: "Organization" },
      permissions,
      events: [],
      installations_count: credentials.installations.length
    })
  }
  if (method === "GET" && path === "/app/installations") return listInstallations(credentials, request)
  const one = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(path)
  if (one === null) return notFound
  const id = Number(one[1])
  if (method === "POST" && one[2] !== undefined) return mint(credentials, id, now)
  const installation = credentials.installation(id)
  return method === "GET" && one[2] === undefined && installation !== undefined
    ? json(200, installationBody(credentials, installation, credentials.appId))
    : notFound
}

/** Releases and tags of every repository, the newest first: half of the projects write `v` before the version. */
const releases = (request: Request): Answer | undefined => {
  const [, owner, name, kind] = /^\/repos\/([^/]+)\/([^/]+)\/(releases|tags)$/.exec(request.path) ?? []
  if (request.method !== "GET" || owner === undefined || name === undefined) return undefined
  const before = name.length % 2 === 0 ? "v" : ""
  const names = ["1.10.0", "1.9.1", "1.9.0"].map((version) => before + version)
  return json(
    200,
    kind === "tags"
      ? names.map((name) => ({ name }))
      : names.map((tag_name) => ({ tag_name, name: tag_name, draft: false, prerelease: false }))
  )
}

/** The budget of a credential for a resource, at this instant. */
export type BudgetOf = (credential: { readonly id: string; readonly limit: number }) => WindowState

/** Everything but `/graphql`. `now` in epoch milliseconds. */
export const rest = (credentials: Credentials, budgetOf: BudgetOf, request: Request, now: number): Answer => {
  if (request.path === "/app" || request.path.startsWith("/app/")) return appRoute(credentials, request, now)
  const credential = credentials.authenticate(authorization(request, "bearer", "token"), now)
  if (credential === undefined && request.headers["authorization"] !== undefined) return badCredentials
  if (request.path !== "/rate_limit") return releases(request) ?? notFound
  const budget = credential === undefined ? undefined : budgetOf(credential)
  const core = {
    limit: credential?.limit ?? 60,
    used: 0,
    remaining: credential?.limit ?? 60,
    reset: budget?.reset ?? 0
  }
  return json(200, { resources: { core, ...(budget === undefined ? {} : { graphql: budget }) }, rate: core })
}
