/**
 * The simulated Quay's own API: what it says of a repository, and how many actions there were on each day.
 */
import { Effect } from "effect"
import { addDays, dayOf } from "../../../src/domain/UtcDay.js"
import { type Answer, json, type Request } from "../service/Exchange.js"
import type { State } from "../State.js"
import { between, hex } from "../world/seed.js"
import { httpDate } from "../world/time.js"
import type { Published } from "../world/World.js"

// About three months.
const days = 91
const repository = /^\/api\/v1\/repository\/([^/]+)\/([^/]+)\/?$/
const newest = Date.UTC(2026, 0, 1)

/** Anonymous callers learn the same of missing and of private repositories. */
const unauthorized = json(401, {
  detail: "Requires authentication",
  error_message: "Requires authentication",
  error_type: "invalid_token",
  title: "invalid_token",
  type: "https://quay.io/api/v1/error/invalid_token",
  status: 401
})

/** The actions on a day, the same whenever one asks. */
export const actionsOn = (image: Published, day: string): number =>
  between(0, 2 * image.daily, "actions", image.repository, day)

const stats = (image: Published, now: number) =>
  Array.from({ length: days }, (_, n) => {
    const day = addDays(dayOf(now), n + 1 - days)
    return { date: day, count: actionsOn(image, day) }
  })

const tags = ({ repository, tags }: Published) =>
  Object.fromEntries(tags.map((name, n) => [name, {
    name,
    size: 12_000_000,
    last_modified: httpDate(newest - (tags.length - n) * 86_400_000).replace("GMT", "-0000"),
    manifest_digest: `sha256:${hex("quay", repository, name)}`
  }]))

const body = (image: Published, query: URLSearchParams, now: number) => {
  const [namespace = "", name = ""] = image.repository.split("/")
  const asked = (what: string, unless: boolean) => (query.get(what) ?? String(unless)).toLowerCase() === "true"
  return {
    namespace,
    name,
    kind: "image",
    description: "",
    is_public: true,
    is_organization: true,
    is_starred: false,
    status_token: "",
    trust_enabled: false,
    tag_expiration_s: 1_209_600,
    is_free_account: true,
    state: "NORMAL",
    can_write: false,
    can_admin: false,
    ...(asked("includeTags", true) ? { tags: tags(image) } : {}),
    ...(asked("includeStats", false) ? { stats: stats(image, now) } : {})
  }
}

/** Answers what is below `/api/v1`. */
export const quayApi = (state: State) => (request: Request): Effect.Effect<Answer> => {
  const [, namespace = "", name = ""] = repository.exec(request.path) ?? []
  if (namespace === "") return Effect.succeed(json(404, { status: 404, title: "not_found", detail: "Not Found" }))
  const image = state.world.published.get(`quay.io/${namespace}/${name}`)
  return image === undefined
    ? Effect.succeed(unauthorized)
    : Effect.map(state.now, (now) => json(200, body(image, request.query, now)))
}
