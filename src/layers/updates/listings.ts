/**
 * The names of a repository's tags, and on Docker Hub what its pages say of the newest of them. Asked for once for all
 * questions about a repository that come together.
 */
import { Chunk, Effect, Option, Stream } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { HubTag } from "../../domain/HubTag.js"
import { canonicalName, imageName } from "../../domain/ImageReference.js"
import type { DockerHubTags } from "../../services/DockerHubTags.js"
import type { OciRegistry, RegistryRepository } from "../../services/OciRegistry.js"
import { makeRemembered } from "../remembered.js"

/** Questions about one repository share its listing for so long (milliseconds). */
const shared = 60_000
/** Listings can be long, so only those of the repositories at hand are kept. */
const repositoriesAtHand = 64
/** What is not on these many pages of the Hub is cheaper to ask for by itself. */
const mostPages = 3

/** Tags to a page of a listing: what every registry allows that allows any size. */
export const tagsPerPage = 1_000

/** What the Hub's pages brought. */
export interface HubPages {
  readonly tags: ReadonlyMap<string, HubTag>
  /** How many tags there are in all, as the Hub counts. */
  readonly count: number
}

const none: HubPages = { tags: new Map(), count: 0 }

/** Listings through these services. */
export const makeListings = (registry: typeof OciRegistry.Service, hub: typeof DockerHubTags.Service) => {
  const tagsOnce = makeRemembered<ReadonlyArray<string>, CensusError>({
    answers: shared,
    failures: 0,
    keys: repositoriesAtHand
  })
  const pagesOnce = makeRemembered<HubPages, CensusError>({ answers: shared, failures: 0, keys: repositoriesAtHand })

  /** All tags of a repository. Fails where the listing breaks off. */
  const tags = (repository: RegistryRepository): Effect.Effect<ReadonlyArray<string>, CensusError> =>
    tagsOnce(
      canonicalName(repository),
      Effect.map(
        Stream.runCollect(registry.tags(repository, { pageSize: tagsPerPage })),
        (tags) => [...new Set(Chunk.toReadonlyArray(tags))]
      )
    )

  /**
   * The Hub's newest tags: a page, and more only as long as one of `needed` was not among them. None where the Hub has
   * no such image in its lists, though its registry has.
   */
  const hubPages = (
    repository: RegistryRepository,
    needed: ReadonlyArray<string>
  ): Effect.Effect<HubPages, CensusError> => {
    const read = hub.pages(imageName(repository)).pipe(
      Stream.take(mostPages),
      Stream.runFoldWhile(
        none,
        ({ tags }) => tags.size === 0 || needed.some((tag) => !tags.has(tag)),
        (pages, page): HubPages => ({
          tags: new Map([...pages.tags, ...page.tags.map((tag) => [tag.name, tag] as const)]),
          count: page.count
        })
      ),
      Effect.catchTag("NOT_FOUND", () => Effect.succeed(none))
    )
    return pagesOnce(canonicalName(repository), read)
  }

  return { tags, hubPages }
}

/** Why a listing cannot be all of the tags, by its length alone; none where nothing speaks against it. */
export const cutOff = (tags: ReadonlyArray<string>, counted: number): Option.Option<string> => {
  if (counted > tags.length) return Option.some(`the registry listed ${tags.length} tags of ${counted}`)
  return tags.length > 0 && tags.length % tagsPerPage === 0
    ? Option.some(`the registry listed ${tags.length} tags, full pages only: there may be more`)
    : Option.none()
}
