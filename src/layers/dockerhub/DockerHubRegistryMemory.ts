/**
 * A Docker Hub in memory, for tests and for users of the library.
 */
import { Effect, Layer, Option, Stream } from "effect"
import { NotFound } from "../../domain/Errors.js"
import type { ImageFacts } from "../../domain/Finding.js"
import { hubPath } from "../../domain/HubImage.js"
import { pageSize } from "../../domain/HubPlan.js"
import { DockerHubRegistry, type NamespacePage } from "../../services/DockerHubRegistry.js"

const service = "Docker Hub"

const keyOf = (image: string): string => {
  const { name, namespace } = hubPath(image)
  return `${namespace}/${name}`.toLowerCase()
}

/** A registry that knows these images and no others. */
export const make = (images: Iterable<ImageFacts>): DockerHubRegistry["Type"] => {
  const known = new Map(Array.from(images, (facts) => [keyOf(facts.image), facts]))

  const repository = Effect.fn("DockerHubRegistry.repository")((image: string) =>
    Option.match(Option.fromNullable(known.get(keyOf(image))), {
      onNone: () => Effect.fail(new NotFound({ service, what: image })),
      onSome: (facts) => Effect.succeed({ ...facts, image })
    })
  )

  const namespace = (namespace: string) => {
    const all = [...known.values()].filter(({ image }) =>
      hubPath(image).namespace.toLowerCase() === namespace.toLowerCase()
    )
    if (all.length === 0) return Stream.fail(new NotFound({ service, what: namespace }))
    return Stream.paginate(0, (offset): readonly [NamespacePage, Option.Option<number>] => {
      const end = offset + pageSize
      const complete = end >= all.length
      const page = { count: all.length, images: all.slice(offset, end), complete, walled: false }
      return [page, complete ? Option.none() : Option.some(end)]
    })
  }

  return DockerHubRegistry.of({ repository, namespace })
}

/** As `make`, with listings that never end at a wall. */
export const layerMemory = (images: Iterable<ImageFacts>): Layer.Layer<DockerHubRegistry> =>
  Layer.succeed(DockerHubRegistry, make(images))
