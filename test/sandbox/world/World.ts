/**
 * What is true in the sandbox: repositories on GitHub, images on Docker Hub, and which belongs to which.
 */
import type { RepositoryName } from "../../../src/domain/GitHubRepository.js"
import type { manners } from "./publications.js"

/**
 * `hit`: a Dockerfile and an image of the same name. `miss`: a Dockerfile, no such image. `none`: no file of that name.
 * `unknown`: GitHub knows no such repository (any more).
 */
export type Outcome = "hit" | "miss" | "none" | "unknown"

/** A repository as GitHub has it today. */
export interface GitHubFacts {
  readonly name: RepositoryName
  /** The commit at HEAD; undefined while the repository is empty. */
  readonly headOid: string | undefined
  /** Path to text, at HEAD. Folders follow from the paths. */
  readonly files: ReadonlyMap<string, string>
}

/** A name from the list, and the truth about it. */
export interface Listed {
  /** As it stands in the list: perhaps a former name, perhaps in another case. */
  readonly asked: RepositoryName
  readonly outcome: Outcome
  /** Undefined where GitHub knows no such repository. */
  readonly now: GitHubFacts | undefined
  /** `namespace/name`, where the outcome is `hit`. */
  readonly image: string | undefined
}

/** A tag on Docker Hub. */
export interface HubTagFacts {
  readonly name: string
  /** ISO 8601; null where the Hub does not say. */
  readonly pushed: string | null
  /** How often it was moved: another revision, another digest. */
  readonly revision: number
  /** `amd64`, `arm64/v8`, … of Linux. */
  readonly architectures: ReadonlyArray<string>
}

/** An image on Docker Hub. */
export interface HubFacts {
  readonly namespace: string
  readonly name: string
  readonly description: string
  readonly stars: number
  /** Lifetime pulls at the first instant of 1970; about `daily` more come on each UTC day. */
  readonly pullsAtStart: number
  readonly daily: number
  /** ISO 8601; null where the Hub does not say. */
  readonly lastUpdated: string | null
  readonly registered: string
  /** Newest first. */
  readonly tags: ReadonlyArray<string>
  /** Markdown; absent: made up from the description. */
  readonly fullDescription?: string
  readonly categories?: ReadonlyArray<string>
}

/** An image in a registry, pushed by a repository's workflow or by hand. */
export interface Published {
  /** `docker.io`, `ghcr.io` or `quay.io`. */
  readonly registry: string
  /** Its path there: `owner/name`. */
  readonly repository: string
  /** Whose it is. */
  readonly of: RepositoryName
  /**
   * What the image's label says of its source: this repository, in the present or in an older form, nothing, or another
   * repository.
   */
  readonly label: "own" | "old" | "silent" | "other"
  /** Oldest first. */
  readonly tags: ReadonlyArray<string>
  /** About so many actions on each UTC day, as Quay counts them. */
  readonly daily: number
}

/** A repository that pushes images from GitHub Actions. */
export interface Publisher {
  /** Under its present name. */
  readonly repository: RepositoryName
  /** Which kind of workflow. */
  readonly manner: (typeof manners)[number]
  /** What it really publishes. */
  readonly images: ReadonlyArray<Published>
  /** What its workflow says that it publishes: `ghcr.io/owner/name`. */
  readonly claims: ReadonlyArray<string>
}

/** A whole world. Pure: the same seed and names give the same world. */
export interface World {
  readonly seed: string
  readonly listed: ReadonlyArray<Listed>
  /** By lower-case `owner/name`, former names included. */
  readonly github: ReadonlyMap<string, GitHubFacts>
  /** By `namespace/name`. */
  readonly images: ReadonlyMap<string, HubFacts>
  /** The repositories that publish from GitHub Actions. */
  readonly publishers: ReadonlyArray<Publisher>
  /** Every image that a registry has, by `registry/repository`; those of Docker Hub that matter for links. */
  readonly published: ReadonlyMap<string, Published>
  /** The owner whose Hub namespace has more than a hundred repositories; undefined in a small world. */
  readonly crowded: string | undefined
}

/** What a run of discovery over the whole list has to report. */
export interface Expected {
  readonly checked: number
  readonly hits: number
  readonly misses: number
  readonly notFound: number
  /** Repositories with a Dockerfile whose name is possible on the Hub: the looks that cannot be saved one by one. */
  readonly candidates: number
  /** Image to the repositories that publish it, as asked for. */
  readonly links: ReadonlyMap<string, ReadonlyArray<RepositoryName>>
}

// Thursday to Wednesday, as 1970 began; each the share of a week's pulls that has come by the end of the day.
const week = [0, 0.17, 0.33, 0.41, 0.48, 0.65, 0.83]

/** Lifetime pulls at an instant (epoch milliseconds). Weekends are quieter. */
export const pullsAt = (image: HubFacts, epochMillis: number): number => {
  const day = Math.max(0, Math.floor(epochMillis / 86_400_000))
  const weeks = Math.floor(day / 7) + (week[day % 7] ?? 0)
  return image.pullsAtStart + Math.floor(image.daily * 7 * weeks)
}
