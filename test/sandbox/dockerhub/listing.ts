/**
 * Docker Hub's paged lists, with the wall that strangers run into.
 */
import { Effect } from "effect"
import { type Answer, json, type Request } from "../service/Exchange.js"
import type { State } from "../State.js"
import { type HubFacts, pullsAt } from "../world/World.js"
import { listedBody, notFound, pastTheEnd, tagBody, walled } from "./bodies.js"

export interface ListingOptions {
  /** How many repositories of a namespace strangers may page through. */
  readonly wall: number
  /** The same for an image's tags. */
  readonly tagWall: number
  /** What the listing of a namespace answers that does not exist. */
  readonly unknownNamespace: "404" | "empty"
}

const positive = (request: Request, name: string, fallback: number): number => {
  const value = Number(request.query.get(name) ?? fallback)
  return Number.isInteger(value) && value >= 1 ? value : fallback
}

const text = (value: string | null): string => value ?? ""
const before = (a: string | number, b: string | number): number => a < b ? -1 : a > b ? 1 : 0

type Compare = (a: HubFacts, b: HubFacts) => number

// As observed, and against the documentation: `last_updated` lists the newest first.
const orderings = (now: number): Readonly<Record<string, Compare>> => ({
  name: (a, b) => before(a.name, b.name),
  last_updated: (a, b) => before(text(b.lastUpdated), text(a.lastUpdated)) || before(a.name, b.name),
  pull_count: (a, b) => pullsAt(a, now) - pullsAt(b, now) || before(a.name, b.name)
})

const page = (
  request: Request,
  all: ReadonlyArray<unknown>,
  wall: number | undefined
): Answer => {
  const number = positive(request, "page", 1)
  const size = Math.min(100, positive(request, "page_size", 10))
  const offset = (number - 1) * size
  if (number > 1 && wall !== undefined && offset >= wall) return json(403, walled)
  if (number > 1 && offset >= all.length) return json(404, pastTheEnd)
  const link = (to: number): string => {
    const query = new URLSearchParams(request.query)
    query.set("page", String(to))
    query.set("page_size", String(size))
    return `${request.origin}${request.path}?${query}`
  }
  return json(200, {
    count: all.length,
    next: offset + size < all.length ? link(number + 1) : null,
    previous: number > 1 ? link(number - 1) : null,
    results: all.slice(offset, offset + size)
  })
}

/** `GET /v2/namespaces/{ns}/repositories`. */
export const listNamespace = (
  state: State,
  options: ListingOptions,
  namespace: string,
  request: Request,
  anonymous: boolean
): Effect.Effect<Answer> =>
  Effect.map(state.now, (now) => {
    const ordering = request.query.get("ordering") ?? "last_updated"
    const descending = ordering.startsWith("-")
    const compare = orderings(now)[ordering.replace(/^-/, "")]
    if (compare === undefined) {
      return json(400, {
        fields: { ordering: ["Invalid ordering value. Must be one of: name, last_updated, pull_count"] },
        text: "Invalid ordering value"
      })
    }
    const all = state.namespace(namespace)
    if (all.length === 0 && options.unknownNamespace === "404") return json(404, notFound)
    const part = request.query.get("name")?.toLowerCase() ?? ""
    const sorted = all.filter(({ name }) => name.includes(part)).sort((a, b) => compare(a, b) * (descending ? -1 : 1))
    return page(
      request,
      sorted.map((image) => listedBody(image, pullsAt(image, now))),
      anonymous ? options.wall : undefined
    )
  })

/** `GET …/repositories/{name}/tags`. The newest first, unless `ordering=-last_updated`. */
export const listTags = (
  state: State,
  options: ListingOptions,
  image: HubFacts,
  request: Request,
  anonymous: boolean
): Answer => {
  const part = request.query.get("name") ?? ""
  const tags = state.tags(image).filter(({ name }) => name.includes(part)).map((tag) => tagBody(image, tag))
  const ordered = request.query.get("ordering") === "-last_updated" ? tags.reverse() : tags
  return page(request, ordered, anonymous ? options.tagWall : undefined)
}
