/**
 * Where an image comes from, and where the notes of its releases are.
 */
import { Effect, Either, Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { type ImageReference, parse } from "../../domain/ImageReference.js"
import type { Platform } from "../../domain/Platform.js"
import * as Notes from "../../domain/ReleaseNotes.js"
import type { TagVersion } from "../../domain/TagVersion.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import type { ReleaseProjects } from "../../services/ReleaseProjects.js"
import type { UpdateQuestion } from "../../services/UpdateFinder.js"
import { makeRemembered } from "../remembered.js"
import { makeManifestFacts, type ReadImage } from "./tagFacts.js"

const baseDigestLabel = "org.opencontainers.image.base.digest"

/** An hour (milliseconds): what a base is named by is a tag that may move. */
const baseHolds = 3_600_000

/** What can be said of an image's source once the image for the platform was read. */
export const makeNotes = (registry: typeof OciRegistry.Service, projects: typeof ReleaseProjects.Service) => {
  const bases = makeRemembered<Notes.Labels, CensusError>({ answers: baseHolds, failures: 60_000, keys: 500 })

  const labelsOf = Effect.fnUntraced(function*(of: ImageReference, reference: ImageReference, platform: Platform) {
    const manifests = makeManifestFacts(registry.namedBy(of))
    const { image } = yield* manifests.facts(reference, platform)
    if (Option.isNone(image)) return {}
    const { config } = yield* manifests.image(reference, image.value)
    return Option.match(config, { onNone: () => ({}), onSome: ({ labels }) => labels })
  })

  /** The labels of the base, where the image's own name both a base and a source. */
  const baseLabels = (labels: Notes.Labels, { platform, reference }: UpdateQuestion) =>
    Effect.gen(function*() {
      const name = Option.getOrUndefined(Notes.baseOf(labels))
      if (name === undefined || Option.isNone(Notes.sourceOf(labels))) return Option.none()
      const digest = labels[baseDigestLabel]
      const base = Either.getRight(parse(digest === undefined || name.includes("@") ? name : `${name}@${digest}`))
      if (Option.isNone(base)) return Option.none()
      return Option.some(yield* bases(Notes.baseKey(reference, base.value), labelsOf(reference, base.value, platform)))
    })

  /**
   * The repository of an image; what was given where it does not say. A base that cannot be read leaves the image's own
   * word, with a warning.
   */
  const source = Effect.fn("UpdateFinder.source")(function*(
    image: ReadImage,
    indexAnnotations: Notes.Labels,
    question: UpdateQuestion
  ) {
    const labels = Option.match(image.config, { onNone: () => ({}), onSome: ({ labels }) => labels })
    const base = yield* Effect.either(baseLabels(labels, question))
    return {
      source: Notes.chooseSource({
        labels,
        manifestAnnotations: image.manifest.annotations ?? {},
        indexAnnotations,
        baseLabels: Option.flatten(Either.getRight(base)),
        given: question.source
      }),
      warnings: Option.toArray(
        Option.map(Either.getLeft(base), ({ message }) => `its source may be that of its base image: ${message}`)
      )
    }
  })

  /** How a project's pages are found: by the version's release, or all releases together where nobody knows more. */
  const pages = Effect.fn("UpdateFinder.notes")(function*(source: Notes.SourceRepository) {
    const found = yield* Effect.either(projects.startsWithV(source))
    if (Either.isLeft(found) && found.left._tag === "NOT_FOUND") return () => Option.none()
    const habit = Option.flatten(Either.getRight(found))
    return (version: TagVersion): Option.Option<string> =>
      Option.match(habit, {
        onNone: () => Notes.releasesUrl(source),
        onSome: (startsWithV) => Notes.releaseUrl(source, Notes.releaseName(version, startsWithV))
      })
  })

  return { source, pages }
}
