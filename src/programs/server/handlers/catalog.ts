/**
 * The catalog over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Either, Option } from "effect"
import { type CatalogName, type FoundPlatform, parseName } from "../../../domain/CatalogImage.js"
import { NotFound } from "../../../domain/Errors.js"
import { CensusPages } from "../../../services/CensusPages.js"
import { type CatalogEntry, type CatalogPage, type CatalogTag, ImageCatalog } from "../../../services/ImageCatalog.js"
import { Api } from "../api/Api.js"

const notFound = (image: string) => new NotFound({ service: "the catalog", what: `the image ${image}` })

const nameOf = (image: string): Either.Either<CatalogName, NotFound> =>
  Either.mapLeft(parseName(image), () => notFound(image))

// What is no name of an image has no tags.
const familiarName = (image: string): string =>
  Either.match(parseName(image), { onLeft: () => image, onRight: ({ image }) => image })

/** Fails where neither the census nor the catalog knows an image. */
const requireKnown = (image: string) =>
  Effect.gen(function*() {
    if (Option.isSome(yield* (yield* CensusPages).image(familiarName(image)))) return
    const entry = yield* (yield* ImageCatalog).image(yield* nameOf(image))
    if (Option.isNone(entry)) return yield* notFound(image)
  })

const imageOf = (entry: CatalogEntry) => ({
  image: entry.name.image,
  registry: entry.name.registry,
  official: entry.official,
  title: entry.words.title,
  description: entry.description,
  visibility: entry.visibility,
  platforms: entry.platforms,
  tags: entry.tags,
  tagCount: entry.tagCount,
  pulls: entry.pulls,
  stars: entry.stars,
  lastUpdated: entry.lastUpdated,
  lookedAt: entry.lookedAt,
  goneSince: entry.goneSince
})

const detailOf = (entry: CatalogEntry) => ({
  ...imageOf(entry),
  fullDescription: entry.fullDescription,
  categories: entry.categories,
  repositories: entry.repositories,
  // A person's word goes before the label's.
  licence: Option.orElse(entry.words.licence, () => entry.licence),
  source: entry.source,
  publisher: entry.words.publisher,
  labels: entry.words.labels,
  notes: entry.words.notes,
  registeredAt: entry.registered,
  lastError: entry.lastError
})

const platformOf = ({ digest, osVersion, platform, size }: FoundPlatform) => ({ platform, osVersion, digest, size })

const tagOf = (tag: CatalogTag) => ({
  tag: tag.tag,
  digest: tag.digest,
  mediaType: tag.mediaType,
  size: tag.size,
  pushedAt: tag.pushed,
  firstSeen: tag.firstSeen,
  goneSince: tag.goneSince,
  platforms: tag.platforms.map(platformOf),
  attestations: tag.attestations.length,
  notes: tag.words.notes
})

const pageOptions = ({ after, limit }: { readonly after: Option.Option<string>; readonly limit: number }) => ({
  after: Option.getOrUndefined(after),
  limit
})

const nextOf = <A>({ next }: CatalogPage<A>): string | null => Option.getOrNull(next)

export const catalog = HttpApiBuilder.group(Api, "catalog", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) =>
      Effect.gen(function*() {
        const page = yield* (yield* ImageCatalog).list({
          search: Option.getOrUndefined(Option.filter(urlParams.search, (text) => text !== "")),
          official: Option.getOrUndefined(Option.map(urlParams.official, (wanted) => wanted === 1)),
          platform: Option.getOrUndefined(urlParams.platform)
        }, pageOptions(urlParams))
        return { images: page.items.map(imageOf), next: nextOf(page) }
      }))
    .handle("get", ({ path }) =>
      Effect.gen(function*() {
        const found = yield* (yield* ImageCatalog).image(yield* nameOf(path.image))
        return yield* Option.match(found, {
          onNone: () => Effect.fail(notFound(path.image)),
          onSome: (entry) => Effect.succeed(detailOf(entry))
        })
      }))
    .handle("tags", ({ path, urlParams }) =>
      Effect.gen(function*() {
        const page = yield* (yield* ImageCatalog).tags(familiarName(path.image), {
          ...pageOptions(urlParams),
          gone: urlParams.gone === 1,
          platform: Option.getOrUndefined(urlParams.platform)
        })
        if (page.items.length === 0) yield* requireKnown(path.image)
        return { tags: page.items.map(tagOf), next: nextOf(page) }
      }))
    .handle("tagHistory", ({ path, urlParams }) =>
      Effect.gen(function*() {
        const page = yield* (yield* ImageCatalog).history(
          familiarName(path.image),
          Option.some(path.tag),
          pageOptions(urlParams)
        )
        if (page.items.length === 0) yield* requireKnown(path.image)
        return { history: page.items, next: nextOf(page) }
      })))
