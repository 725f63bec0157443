/**
 * Paging through an image's tags.
 */
import { Array as Arr, Effect, Option, Ref, Stream } from "effect"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { pageSize as mostOnAPage } from "../../domain/HubPlan.js"
import type { HubTag } from "../../domain/HubTag.js"
import type { TagPage } from "../../services/DockerHubTags.js"
import { type Calls, service } from "./calls.js"
import { readTags } from "./tagWire.js"

// Anonymous listings end here, by the offset of the first entry of a page.
const anonymousWall = 1000
// A listing of more than 100,000 tags is taken for one that never ends.
const mostPages = 1000

type Ordering = "last_updated" | "-last_updated"

/** Where a listing stands before its next page. */
interface Listing {
  readonly page: number
  readonly names: ReadonlySet<string>
  /** None before the first page; later pages have to say the same, or something moved meanwhile. */
  readonly count: Option.Option<number>
  /** So far, nothing was unreadable, repeated or moved. */
  readonly whole: boolean
}

const start: Listing = { page: 1, names: new Set(), count: Option.none(), whole: true }

const isOldestFirst = (tags: ReadonlyArray<HubTag>): boolean => {
  const dates = Arr.filterMap(tags, ({ lastUpdated }) => lastUpdated)
  const [first, last] = [dates[0], dates.at(-1)]
  return first !== undefined && last !== undefined && first < last
}

/**
 * Listings over these calls. Which of the two orderings brings the newest tags first is observed (the Hub and its
 * documentation disagree), and remembered.
 */
export const makeTagListing = Effect.fn("DockerHub.tagListing")(function*(calls: Calls) {
  const newestFirst = yield* Ref.make<Ordering>("last_updated")

  const turnPage = Effect.fn("DockerHubTags.pages")(function*(
    image: string,
    route: string,
    size: number,
    listing: Listing,
    turned: boolean
  ): Effect.fn.Return<readonly [TagPage, Option.Option<Listing>], CensusError> {
    const { names: seen, page } = listing
    const subject = `the tags of ${image}`
    const ordering = yield* Ref.get(newestFirst)
    const result = yield* calls.get(`${route}/tags?page_size=${size}&page=${page}&ordering=${ordering}`, subject).pipe(
      // Behind the last page there is a 404: tags went while we listed.
      Effect.catchIf((error) => error._tag === "NOT_FOUND" && page > 1, () => Effect.succeed({ _tag: "End" } as const))
    )
    const counted = Option.getOrElse(listing.count, () => seen.size)
    if (result._tag !== "Document") {
      if (page === 1) {
        return yield* new Transient({
          service,
          reason: "malformed",
          message: `${subject}: they end before the first page`
        })
      }
      const walled = result._tag === "Wall"
      return [{ count: counted, tags: [], complete: false, walled }, Option.none()]
    }
    const read = readTags(result.document)
    if (Option.isNone(read)) {
      return yield* new Transient({
        service,
        reason: "malformed",
        message: `${subject}: 200 with another document than a page of tags`
      })
    }
    const { count, hasNext, nameless, tags } = read.value
    if (page === 1 && hasNext && !turned && isOldestFirst(tags)) {
      yield* Ref.set(newestFirst, ordering === "last_updated" ? "-last_updated" : "last_updated")
      return yield* turnPage(image, route, size, listing, true)
    }
    const names = new Set(seen)
    const fresh = tags.filter(({ name }) => !names.has(name) && names.add(name))
    const whole = listing.whole && nameless === 0 && Option.getOrElse(listing.count, () => count) === count
    const repeats = hasNext && fresh.length === 0
    const atWall = hasNext && !calls.loggedIn && page * size >= anonymousWall
    const goOn = hasNext && !repeats && !atWall && page < mostPages
    const answer = {
      count,
      tags: fresh,
      complete: !hasNext && whole && names.size >= count,
      walled: atWall && !repeats
    }
    return [answer, goOn ? Option.some({ page: page + 1, names, count: Option.some(count), whole }) : Option.none()]
  })

  return (image: string, route: string, pageSize = mostOnAPage): Stream.Stream<TagPage, CensusError> => {
    const size = Math.min(Math.max(Math.trunc(pageSize), 1), mostOnAPage)
    return Stream.paginateEffect(start, (listing) => turnPage(image, route, size, listing, false))
  }
})
