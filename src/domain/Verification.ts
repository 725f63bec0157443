/**
 * Does an image belong to the repository that claims it? Its label says so, and nothing else does.
 */
import { Option } from "effect"
import type { VerificationState } from "./Evidence.js"
import { key, type RepositoryName } from "./GitHubRepository.js"
import { type Labels, parseSource, type SourceRepository } from "./ReleaseNotes.js"

/** The labels that name an image's repository, the first one first: image-spec, annotations.md; label-schema.org. */
const sourceLabels = [
  "org.opencontainers.image.source",
  "org.opencontainers.image.url",
  "org.label-schema.vcs-url",
  "org.label-schema.url"
] as const

// These name homepages as often as repositories.
const loose: ReadonlySet<string> = new Set(["org.opencontainers.image.url", "org.label-schema.url"])

/** A label that names a repository. */
export interface SourceLabel {
  readonly label: string
  /** As it stands in the image. */
  readonly value: string
  readonly source: SourceRepository
}

/** Which of an image's labels names its repository. A homepage counts only where its host is known for repositories. */
export const sourceLabelOf = (labels: Labels): Option.Option<SourceLabel> =>
  Option.firstSomeOf(sourceLabels.map((label) => {
    const value = labels[label]
    if (value === undefined) return Option.none<SourceLabel>()
    return parseSource(value).pipe(
      Option.filter(({ forge }) => !loose.has(label) || Option.isSome(forge)),
      Option.map((source) => ({ label, value, source }))
    )
  }))

/** The form in which a source is compared and stored: `github.com/owner/name`, in lower case. */
export const sourceKey = ({ host, path }: Pick<SourceRepository, "host" | "path">): string =>
  `${host}/${path}`.toLowerCase()

/**
 * What an image that was read says of a repository.
 * @param source `sourceKey` of what its label names; none where it is silent.
 * @param formerKey `key` of the name that the repository had before.
 */
export const verdict = (
  source: Option.Option<string>,
  repository: RepositoryName,
  formerKey: Option.Option<string>
): Exclude<VerificationState, "not-looked-at"> => {
  if (Option.isNone(source)) return "silent"
  const names = [key(repository), ...Option.toArray(formerKey)]
  return names.some((name) => source.value === `github.com/${name}`) ? "verified" : "contradicted"
}
