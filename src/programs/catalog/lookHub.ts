/**
 * A look at an image on Docker Hub: its repository once a day, its tags only when something may have moved.
 */
import { Chunk, Clock, Effect, Option, Stream } from "effect"
import { type FoundTag, fromDetails, fromHub, nameOnly } from "../../domain/CatalogImage.js"
import { Auth, type CensusError } from "../../domain/Errors.js"
import type { ImageFacts } from "../../domain/Finding.js"
import { type HubTag, movedAt } from "../../domain/HubTag.js"
import { newestFirst } from "../../domain/NewestTags.js"
import { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import { DockerHubTags, type TagPage } from "../../services/DockerHubTags.js"
import type { ClaimedEntry, TagListing } from "../../services/ImageCatalog.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import type { Persist } from "./askHub.js"
import type { Look } from "./look.js"

/** Tags of an image that says of itself never when it was pushed to are listed again after so long, in milliseconds. */
const undatedAgain = 7 * 86_400_000

const same = (a: Option.Option<number>, b: Option.Option<number>) => Option.getOrNull(a) === Option.getOrNull(b)

/** Whether an image's tags have to be listed, given when it was last pushed to by the Hub's word. */
export const mustList = (
  { listing, missing }: ClaimedEntry,
  lastUpdated: Option.Option<number>,
  wanted: Option.Option<number>,
  now: number
): boolean => {
  if (Option.isNone(listing)) return true
  const { at, complete, updated, wanted: before } = listing.value
  const wantsMore = Option.isSome(before) && Option.getOrElse(wanted, () => Infinity) > before.value
  return !same(updated, lastUpdated) || (wantsMore && !complete) || (missing > 0 && complete) ||
    (Option.isNone(lastUpdated) && now - at >= undatedAgain)
}

/** The facts as the catalog keeps them. A Hub that tells no details (one of a library's user) leaves them empty. */
const answerOf = ({ details, lastUpdated, pulls, stars }: ImageFacts): Look["image"] =>
  Option.some({
    _tag: "Found",
    found: fromDetails(
      details ?? { description: "", fullDescription: "", categories: [], registered: Option.none() }
    ),
    counters: Option.some({ pulls, stars, lastUpdated })
  })

const newest = (tags: ReadonlyArray<HubTag>): ReadonlyArray<FoundTag> =>
  [...tags]
    .sort((a, b) => Option.getOrElse(movedAt(b), () => 0) - Option.getOrElse(movedAt(a), () => 0))
    .map(fromHub)

// Behind the anonymous wall, the registry's own list knows the names.
const beyondTheWall = (claim: ClaimedEntry) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const listed = yield* Stream.runCollect(registry.tags(claim.name, { pageSize: 1000 }))
    return Chunk.toReadonlyArray(listed)
  }).pipe(
    // Who is refused there is not refused by the Hub's API.
    Effect.catchTag("AUTH", ({ message, service }) => new Auth({ service, message, scope: "one" }))
  )

/** Lists tags until the wanted number is there. */
const listTags = Effect.fn("catalog.listTags")(function*(
  claim: ClaimedEntry,
  wanted: Option.Option<number>,
  updated: Option.Option<number>,
  persist: Persist
): Effect.fn.Return<TagListing, CensusError, DockerHubTags | OciRegistry> {
  const hub = yield* DockerHubTags
  const enough = Option.getOrElse(wanted, () => Infinity)
  const pages = yield* persist(
    Stream.runCollect(
      hub.pages(claim.name.image).pipe(
        Stream.mapAccum(0, (before, page): readonly [number, TagPage & { readonly seen: number }] => {
          const seen = before + page.tags.length
          return [seen, { ...page, seen }]
        }),
        Stream.takeUntil(({ seen }) => seen >= enough)
      )
    )
  )
  const tags = newest(Chunk.toReadonlyArray(pages).flatMap((page) => page.tags))
  const last = Chunk.last(pages)
  const count = Option.match(last, { onNone: () => tags.length, onSome: ({ count }) => count })
  const names = tags.map(({ tag }) => tag)
  const listing = { wanted, updated, tags: tags.slice(0, enough), others: tags.slice(enough) }
  const walled = Option.exists(last, ({ walled }) => walled)
  if (!walled || tags.length >= enough) {
    return { ...listing, names, count, complete: Option.exists(last, ({ complete }) => complete) }
  }
  const listed = yield* beyondTheWall(claim)
  const known = new Set(names)
  const more = newestFirst(listed).filter((tag) => !known.has(tag)).slice(0, enough - tags.length)
  return {
    ...listing,
    tags: [...tags, ...more.map(nameOnly)],
    names: [...new Set([...names, ...listed])],
    count: Math.max(count, listed.length),
    complete: true
  }
})

/** A look over these calls. Fails where nothing was answered; a failure behind the first answer is part of the look. */
export const lookAtHub = (persist: Persist, wanted: Option.Option<number>) =>
  Effect.fn("catalog.lookAtHub")(function*(
    claim: ClaimedEntry
  ): Effect.fn.Return<Look, CensusError, DockerHubRegistry | DockerHubTags | OciRegistry> {
    const hub = yield* DockerHubRegistry
    const asked = Option.isNone(claim.refreshed)
      ? yield* persist(hub.repository(claim.name.image)).pipe(
        Effect.asSome,
        Effect.catchTag("NOT_FOUND", () => Effect.succeedNone)
      )
      : undefined
    if (asked !== undefined && Option.isNone(asked)) {
      return { image: Option.some({ _tag: "Gone" }), tags: Option.none(), error: Option.none() }
    }
    const image = asked === undefined ? Option.none() : Option.flatMap(asked, answerOf)
    const lastUpdated = asked === undefined
      ? Option.flatMap(claim.refreshed, (refreshed) => refreshed.lastUpdated)
      : Option.flatMap(asked, (facts) => facts.lastUpdated)
    if (!mustList(claim, lastUpdated, wanted, yield* Clock.currentTimeMillis)) {
      return { image, tags: Option.none(), error: Option.none() }
    }
    return yield* listTags(claim, wanted, lastUpdated, persist).pipe(
      Effect.match({
        onSuccess: (tags): Look => ({ image, tags: Option.some(tags), error: Option.none() }),
        onFailure: (error): Look => ({ image, tags: Option.none(), error: Option.some(error) })
      })
    )
  })
