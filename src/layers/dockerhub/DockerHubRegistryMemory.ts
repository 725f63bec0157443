/**
 * A Docker Hub in memory, for tests and for users of the library.
 */
import { Array as Arr, Context, Effect, Layer, Option, Stream } from "effect"
import { NotFound } from "../../domain/Errors.js"
import { type ImageFacts, withoutDetails } from "../../domain/Finding.js"
import { hubKey, hubPath } from "../../domain/HubImage.js"
import { pageSize } from "../../domain/HubPlan.js"
import { type HubTag, movedAt } from "../../domain/HubTag.js"
import { DockerHubRegistry, type NamespacePage } from "../../services/DockerHubRegistry.js"
import { DockerHubTags, type TagPage } from "../../services/DockerHubTags.js"

const service = "Docker Hub"

/** An image with its tags (none unless given). */
export interface MemoryImage extends ImageFacts {
  readonly tags?: ReadonlyArray<HubTag>
}

const unknown = (what: string) => Effect.fail(new NotFound({ service, what }))

const newestFirst = (tags: ReadonlyArray<HubTag>): ReadonlyArray<HubTag> =>
  [...tags].sort((a, b) => Option.getOrElse(movedAt(b), () => 0) - Option.getOrElse(movedAt(a), () => 0))

const pagesOf = (tags: ReadonlyArray<HubTag>, size: number): ReadonlyArray<TagPage> =>
  (tags.length === 0 ? [[]] : Arr.chunksOf(tags, size)).map((page, i) => ({
    count: tags.length,
    tags: page,
    complete: (i + 1) * size >= tags.length,
    walled: false
  }))

const factsOf = ({ details, ...found }: MemoryImage, image: string): ImageFacts => ({
  ...withoutDetails({ ...found, image }),
  ...(details === undefined ? {} : { details })
})

/** A registry that knows these images and no others. `images` is read at every call, so that a test may change it. */
export const make = (images: Iterable<MemoryImage>): Context.Context<DockerHubRegistry | DockerHubTags> => {
  const known = () => new Map(Array.from(images, (image) => [hubKey(image.image), image]))

  const find = (image: string) =>
    Effect.suspend(() =>
      Option.match(Option.fromNullable(known().get(hubKey(image))), {
        onNone: () => unknown(image),
        onSome: (found) => Effect.succeed(found)
      })
    )

  const repository = Effect.fn("DockerHubRegistry.repository")((image: string) =>
    Effect.map(find(image), (found) => factsOf(found, image))
  )

  const pages: DockerHubTags["Type"]["pages"] = (image, options) =>
    Stream.unwrap(Effect.map(
      find(image),
      ({ tags = [] }) => Stream.fromIterable(pagesOf(newestFirst(tags), options?.pageSize ?? pageSize))
    ))

  const namespace = (namespace: string) =>
    Stream.unwrap(Effect.sync(() => {
      const all = [...known().values()]
        .filter(({ image }) => hubPath(image).namespace.toLowerCase() === namespace.toLowerCase())
        .map(withoutDetails)
      if (all.length === 0) return Stream.fail(new NotFound({ service, what: namespace }))
      return Stream.paginate(0, (offset): readonly [NamespacePage, Option.Option<number>] => {
        const end = offset + pageSize
        const complete = end >= all.length
        const page = { count: all.length, images: all.slice(offset, end), complete, walled: false }
        return [page, complete ? Option.none() : Option.some(end)]
      })
    }))

  return Context.make(DockerHubRegistry, { repository, namespace }).pipe(Context.add(DockerHubTags, { pages }))
}

/** As `make`, with listings that never end at a wall. */
export const layerMemory = (images: Iterable<MemoryImage>): Layer.Layer<DockerHubRegistry | DockerHubTags> =>
  Layer.succeedContext(make(images))
