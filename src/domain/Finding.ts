/**
 * What a look found. Writers take these values and nothing else, so only a definite answer can change what is stored.
 */
import type { Option } from "effect"
import type { RepositoryName } from "./GitHubRepository.js"
import type { HubDetails } from "./HubTag.js"
import type { KnownRepository, RepositoryReading, TreeFile } from "./ImageClaim.js"

/** What GitHub says of a repository: a definite answer. */
export interface RepositoryProbe {
  /** The current name: another than was asked for after a rename or transfer. */
  readonly repository: RepositoryName
  /** The commit at HEAD; none for an empty repository. */
  readonly headOid: Option.Option<string>
  /** Dockerfiles and Containerfiles at HEAD, at the root and in the usual directories (a directory of that name does not count). */
  readonly dockerfiles: ReadonlyArray<string>
  /** Absent where only Dockerfiles were asked for. */
  readonly files?: RepositoryFiles | undefined
}

/** Files of a repository that tell of images, besides Dockerfiles. */
export interface RepositoryFiles {
  /** What HEAD is called; none for an empty repository. */
  readonly defaultBranch: Option.Option<string>
  /** Compose files. */
  readonly compose: ReadonlyArray<string>
  /** `.github/workflows/*.yml` and `.yaml`. */
  readonly workflows: ReadonlyArray<TreeFile>
  /** GoReleaser, bake and ko files, Compose files too: the names of images may stand in them. */
  readonly build: ReadonlyArray<TreeFile>
}

/** The text of a file; why it has none that could be used, which is a definite answer; or why nothing was learnt. */
export type FileText =
  | { readonly _tag: "Text"; readonly oid: string; readonly text: string }
  | { readonly _tag: "Unreadable"; readonly reason: "too-large" | "binary" | "truncated" | "missing" }
  | { readonly _tag: "Unread"; readonly reason: string }

/** What Docker Hub says of an image: a definite answer. */
export interface ImageFacts {
  /** The familiar name: `namespace/name`, and `nginx` for an official image. */
  readonly image: string
  /** Lifetime pulls. */
  readonly pulls: bigint
  readonly stars: number
  /** When the image was last pushed to (epoch milliseconds), where the Hub says so. */
  readonly lastUpdated: Option.Option<number>
  /** What else the same answer brought; listings bring none. */
  readonly details?: HubDetails
}

/** The facts without what takes room, for whoever keeps many of them. */
export const withoutDetails = ({ image, lastUpdated, pulls, stars }: ImageFacts): ImageFacts => ({
  image,
  pulls,
  stars,
  lastUpdated
})

/** A repository that was claimed from the store, to be looked at by this process alone until the lease ends. */
export interface ClaimedRepository {
  readonly id: string
  readonly repository: RepositoryName
  /** How often it was tried without a definite answer. */
  readonly attempts: number
  /** What was read under the name that it has now. Absent: nothing, so that it is read anew. */
  readonly known?: KnownRepository | undefined
}

/** An image that was claimed from the store for its refresh. */
export interface ClaimedImage {
  readonly image: string
  readonly attempts: number
}

/** No definite answer: the row stays due, and is not tried before `notBefore` (epoch milliseconds). */
export interface Deferral {
  readonly _tag: "Deferred"
  readonly reason: string
  readonly notBefore: number
}

/** The definite end of a look at a repository. */
export type DiscoveryResult =
  | { readonly _tag: "NotFound" }
  | { readonly _tag: "NoDockerfile"; readonly probe: RepositoryProbe }
  | { readonly _tag: "Miss"; readonly probe: RepositoryProbe; readonly candidate: Option.Option<string> }
  | { readonly _tag: "Hit"; readonly probe: RepositoryProbe; readonly facts: ImageFacts }

/** A look at a repository, definite or not. `at` is the instant of the answer, epoch milliseconds. */
export interface DiscoveryFinding {
  readonly claim: ClaimedRepository
  readonly at: number
  readonly result: DiscoveryResult | Deferral
  /**
   * What GitHub's definite answer told, also where Docker Hub gave none and the result is a deferral. Absent where GitHub
   * gave no definite answer, or where only Dockerfiles were asked for.
   */
  readonly reading?: RepositoryReading | undefined
}

/** The end of a look at a known image. `Gone` is a definite 404. */
export type RefreshResult =
  | { readonly _tag: "Refreshed"; readonly facts: ImageFacts }
  | { readonly _tag: "Gone" }

/** A look at a known image, definite or not. `at` is the instant of the answer, epoch milliseconds. */
export interface RefreshFinding {
  readonly claim: ClaimedImage
  readonly at: number
  readonly result: RefreshResult | Deferral
}
