/**
 * Docker Hub's API over HTTP: repositories, listings and tags by the namespace routes, which accept every kind of token.
 */
import { HttpClient } from "@effect/platform"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { type CensusError, NotFound, Transient } from "../../domain/Errors.js"
import { familiarName, type HubPath, hubPath } from "../../domain/HubImage.js"
import { pageSize } from "../../domain/HubPlan.js"
import { DockerHubRegistry, type NamespacePage } from "../../services/DockerHubRegistry.js"
import { DockerHubTags } from "../../services/DockerHubTags.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { type DockerHubOptions, makeCalls, service } from "./calls.js"
import { makeTagListing } from "./tagListing.js"
import { readListing, readRepository } from "./wire.js"

export type { DockerHubOptions } from "./calls.js"

// Anonymous listings end here, by the offset of the first entry of a page.
const anonymousWall = 100
// A listing of more than 20,000 repositories is taken for one that never ends; its images are asked for singly.
const mostPages = 200

const malformed = (message: string) => new Transient({ service, reason: "malformed", message })

// Dots alone would lead a client to another path, and emptiness to a listing.
const isSegment = (text: string): boolean => text !== "" && !/^\.+$/.test(text)

const pathOf = Effect.fnUntraced(function*(image: string) {
  const path = hubPath(image)
  if (isSegment(path.namespace) && isSegment(path.name)) return path
  return yield* malformed(`"${image}" is no name on Docker Hub`)
})

const routeOf = ({ name, namespace }: HubPath): string =>
  `/namespaces/${encodeURIComponent(namespace)}/repositories/${encodeURIComponent(name)}`

/** Where a listing stands before its next page. */
interface Listing {
  readonly page: number
  readonly names: ReadonlySet<string>
  readonly count: number
}

/** Calls Docker Hub as the options say. */
export const make = Effect.fn("DockerHubRegistryHttp.make")(function*(options: DockerHubOptions) {
  const calls = yield* makeCalls(yield* HttpClient.HttpClient, yield* RateBudgets, options)

  const repository = Effect.fn("DockerHubRegistry.repository")(function*(image: string) {
    const path = yield* pathOf(image)
    const result = yield* calls.get(routeOf(path), image)
    const read = result._tag === "Wall" ? Option.none() : readRepository(image, path, result.document)
    if (Option.isNone(read)) return yield* malformed(`${image}: 200 with another document than this repository's`)
    return yield* Option.match(read.value.facts, {
      onNone: () => new NotFound({ service, what: image }),
      onSome: (facts) => Effect.succeed(facts)
    })
  })

  const listTags = yield* makeTagListing(calls)
  const pages: DockerHubTags["Type"]["pages"] = (image, options) =>
    Stream.unwrap(Effect.map(pathOf(image), (path) => listTags(image, routeOf(path), options?.pageSize)))

  /** One page of a listing, and where to go on. */
  const turnPage = Effect.fn("DockerHubRegistry.namespace")(function*(
    namespace: string,
    listing: Listing
  ): Effect.fn.Return<readonly [NamespacePage, Option.Option<Listing>], CensusError> {
    const subject = `the listing of ${namespace}`
    if (!isSegment(namespace)) return yield* malformed(`"${namespace}" is no namespace on Docker Hub`)
    const { names: seen, page } = listing
    // The address is built here each time: a `next` link could lead to another host.
    const route = `/namespaces/${encodeURIComponent(namespace)}/repositories?page_size=${pageSize}&page=${page}`
    const result = yield* calls.get(route, subject).pipe(
      // Behind the last page there is a 404: the listing is over.
      Effect.catchIf((error) => error._tag === "NOT_FOUND" && page > 1, () => Effect.succeed({ _tag: "Wall" } as const))
    )
    if (result._tag === "Wall") {
      if (page === 1) return yield* malformed(`${subject}: it ends before its first page`)
      const { count } = listing
      return [{ count, images: [], complete: false, walled: true }, Option.none()]
    }
    const read = readListing(namespace, familiarName, result.document)
    if (Option.isNone(read)) return yield* malformed(`${subject}: 200 with another document than this listing's`)
    const { count, hasNext, images } = read.value
    const names = new Set([...seen, ...read.value.names])
    if (hasNext && (names.size === seen.size || page >= mostPages)) {
      return yield* malformed(`${subject}: page ${page} brings nothing new, and yet another is promised`)
    }
    const walled = hasNext ? !calls.loggedIn && names.size >= anonymousWall : names.size < count
    const complete = !hasNext && !walled
    const next = hasNext && !walled ? Option.some({ page: page + 1, names, count }) : Option.none()
    return [{ count, images, complete, walled }, next]
  })

  const namespace = (namespace: string) =>
    Stream.paginateEffect<Listing, NamespacePage, CensusError, never>(
      { page: 1, names: new Set(), count: 0 },
      (listing) => turnPage(namespace, listing)
    )

  return Context.make(DockerHubRegistry, { repository, namespace }).pipe(Context.add(DockerHubTags, { pages }))
})

/** Docker Hub over the given HTTP client, paying from the budget of the egress address. */
export const layer = (
  options: DockerHubOptions
): Layer.Layer<DockerHubRegistry | DockerHubTags, never, HttpClient.HttpClient | RateBudgets> =>
  Layer.effectContext(make(options))
