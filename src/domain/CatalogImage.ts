/**
 * Images of the catalog: their names, what a sync finds of them, and what people say of them.
 */
import { Either, Option } from "effect"
import type { Digest } from "./Digest.js"
import { type HubDetails, type HubTag, type HubTagImage, movedAt } from "./HubTag.js"
import { dockerHub, familiar, imageName, type ImageReference, parseNormalized } from "./ImageReference.js"
import { Malformed } from "./Malformed.js"
import { logoOf } from "./MarkdownLogo.js"
import { format } from "./Platform.js"

/** Where an image of the catalog is, by its name there. */
export interface CatalogName {
  /** As `ImageReference.imageName` writes it: `nginx`, `org/name`, `ghcr.io/o/n`. */
  readonly image: string
  readonly registry: string
  /** In that registry: `library/nginx`. */
  readonly repository: string
}

const nameOf = ({ registry, repository }: ImageReference): CatalogName => ({
  image: imageName({ registry, repository }),
  registry,
  repository
})

/** Reads the name of an image without tag and digest; `nginx` is `docker.io/library/nginx`. */
export const parseName = (text: string): Either.Either<CatalogName, Malformed> =>
  Either.flatMap(parseNormalized(text), (reference) =>
    Option.isNone(reference.tag) && Option.isNone(reference.digest)
      ? Either.right(nameOf(reference))
      : Either.left(
        new Malformed({
          what: "image",
          input: text,
          reason: "format",
          message: `"${text}" names one version; give the image alone: ${nameOf(reference).image}`
        })
      ))

/** Reads the name of an image, or of one of its tags. */
export const parseTagged = (
  text: string
): Either.Either<{ readonly name: CatalogName; readonly tag: Option.Option<string> }, Malformed> =>
  Either.map(parseNormalized(text), (reference) => ({ name: nameOf(reference), tag: reference.tag }))

/** Official is what Docker publishes in the namespace `library`, and nothing else. */
export const isOfficial = ({ registry, repository }: Pick<CatalogName, "registry" | "repository">): boolean =>
  registry === dockerHub && repository.startsWith("library/")

/** By what to pull a tag: `docker.io/nginx:1.27`, `docker.io/org/name:tag`, `ghcr.io/o/n:tag`. */
export const pullReference = ({ registry, repository }: Pick<CatalogName, "registry" | "repository">, tag: string) => {
  const text = familiar({ registry, repository, tag: Option.some(tag), digest: Option.none() })
  return registry === dockerHub && !text.startsWith(`${dockerHub}/`) ? `${dockerHub}/${text}` : text
}

/** One of the manifests behind a tag. */
export interface FoundPlatform {
  /** `linux/arm64`, in its normal form without version and features; `unknown/unknown` of attestations. */
  readonly platform: string
  readonly osVersion: Option.Option<string>
  readonly digest: Option.Option<Digest>
  /** Compressed, in bytes. */
  readonly size: Option.Option<number>
  /** When it was pushed (epoch milliseconds). */
  readonly pushed: Option.Option<number>
}

/** A tag as a sync found it. */
export interface FoundTag {
  readonly tag: string
  /** None: not known; that changes nothing of what was known before. */
  readonly digest: Option.Option<Digest>
  readonly mediaType: Option.Option<string>
  /** Compressed, in bytes, of one platform. */
  readonly size: Option.Option<number>
  /** When it was pushed (epoch milliseconds). */
  readonly pushed: Option.Option<number>
  readonly platforms: ReadonlyArray<FoundPlatform>
  readonly attestations: ReadonlyArray<FoundPlatform>
}

const foundPlatform = ({ digest, lastPushed, platform, size }: HubTagImage): FoundPlatform => ({
  platform: format(platform),
  osVersion: platform.osVersion,
  digest,
  size,
  pushed: lastPushed
})

/** A tag of Docker Hub as it stands in the catalog. */
export const fromHub = (tag: HubTag): FoundTag => ({
  tag: tag.name,
  digest: tag.digest,
  mediaType: tag.mediaType,
  size: tag.size,
  pushed: movedAt(tag),
  platforms: tag.images.map(foundPlatform),
  attestations: tag.others.map(foundPlatform)
})

/** A tag of which nothing but its name is known. */
export const nameOnly = (tag: string): FoundTag => ({
  tag,
  digest: Option.none(),
  mediaType: Option.none(),
  size: Option.none(),
  pushed: Option.none(),
  platforms: [],
  attestations: []
})

/** Whether anything but its name is known of a tag. */
export const isKnown = (tag: FoundTag): boolean =>
  Option.isSome(tag.digest) || tag.platforms.length > 0 || Option.isSome(tag.pushed)

/** What a sync finds of an image itself. Texts are empty where there are none. */
export interface FoundImage {
  readonly description: string
  /** Markdown. */
  readonly fullDescription: string
  /** An https address. */
  readonly logo: Option.Option<string>
  readonly categories: ReadonlyArray<string>
  /** When the repository was made (epoch milliseconds). */
  readonly registered: Option.Option<number>
  /** SPDX, out of the label `org.opencontainers.image.licenses`; never guessed. */
  readonly licence: Option.Option<string>
  /** Out of the label `org.opencontainers.image.source`. */
  readonly source: Option.Option<string>
}

// The Hub's own limits are 100 and 25,000 characters; what is longer is no description.
const longestDescription = 1_000
const longestText = 100_000

/** What the Hub's answer about a repository says of the image. Licence and source it never says. */
export const fromDetails = (details: HubDetails): FoundImage => ({
  description: details.description.slice(0, longestDescription),
  fullDescription: details.fullDescription.slice(0, longestText),
  logo: logoOf(details.fullDescription),
  categories: details.categories.slice(0, 100),
  registered: details.registered,
  licence: Option.none(),
  source: Option.none()
})

/** Who sees an image: a draft is not published yet, a hidden one no more. */
export const visibilities = ["published", "draft", "hidden"] as const
export type Visibility = (typeof visibilities)[number]

/** What a person says of an image or of a tag. No sync ever writes here. */
export interface Words {
  readonly title: Option.Option<string>
  readonly notes: Option.Option<string>
  readonly labels: ReadonlyArray<string>
  readonly publisher: Option.Option<string>
  readonly licence: Option.Option<string>
  /** None: as it came into the catalog. */
  readonly visibility: Option.Option<Visibility>
}

export const noWords: Words = {
  title: Option.none(),
  notes: Option.none(),
  labels: [],
  publisher: Option.none(),
  licence: Option.none(),
  visibility: Option.none()
}
