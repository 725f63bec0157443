import type { Duration, Effect, Option, Stream } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { Evidence, VerificationState } from "../domain/Evidence.js"
import type { RepositoryName } from "../domain/GitHubRepository.js"
import type { ImageClaim, WorkflowReading } from "../domain/ImageClaim.js"
import type {
  CheckFinding,
  CheckOutcome,
  ClaimedCheck,
  ClaimedSource,
  DayOfActivity,
  SourceFinding
} from "../domain/RegistryCheck.js"
import type { UtcDay } from "../domain/UtcDay.js"

/** What an image says of a repository, and from what that was read. Times are epoch milliseconds. */
export interface LinkVerification {
  readonly state: VerificationState
  /** The repository that its label names: `github.com/owner/name`. */
  readonly pointsAt: Option.Option<string>
  readonly tag: Option.Option<string>
  readonly digest: Option.Option<string>
  /** The label's name, and what stands in it. */
  readonly label: Option.Option<string>
  readonly value: Option.Option<string>
  readonly lookedAt: Option.Option<number>
}

/** A link between a repository and an image, with all that speaks for and against it. */
export interface StoredLink {
  readonly repository: RepositoryName
  /** The familiar name. */
  readonly image: string
  readonly registry: string
  readonly evidence: ReadonlyArray<Evidence>
  readonly verification: LinkVerification
  /** See `domain/Evidence`. */
  readonly confidence: number
  /** False: kept, and never shown as a link. A contradiction, or a person who took it away. */
  readonly shown: boolean
  readonly removedAt: Option.Option<number>
  /** Lifetime pulls; none where the registry does not count. */
  readonly pulls: Option.Option<bigint>
}

/** Which links to read. */
export interface LinkFilter {
  readonly repository?: RepositoryName | undefined
  readonly image?: string | undefined
  /** Only those that the image itself confirms. */
  readonly verified?: boolean | undefined
  /** Those too that are never shown as links. */
  readonly hidden?: boolean | undefined
}

/** A claim with the answer of its registry. Times are epoch milliseconds. */
export interface StoredClaim extends ImageClaim {
  readonly firstSeen: number
  readonly lastSeen: number
  readonly unseenSince: Option.Option<number>
  /** None before the first definite answer. */
  readonly outcome: Option.Option<CheckOutcome>
  readonly checkedAt: Option.Option<number>
  /** Why the last look had no definite answer. */
  readonly lastError: Option.Option<string>
}

/** Everything that is known of a repository's images, and why. */
export interface RepositoryExplanation {
  readonly repository: RepositoryName
  readonly formerName: Option.Option<string>
  readonly checkedAt: Option.Option<number>
  readonly outcome: Option.Option<string>
  readonly headOid: Option.Option<string>
  readonly dockerfiles: ReadonlyArray<string>
  readonly lastError: Option.Option<string>
  /** When its files were last read; none before. */
  readonly readAt: Option.Option<number>
  readonly workflows: ReadonlyArray<WorkflowReading>
  readonly claims: ReadonlyArray<StoredClaim>
  /** Hidden ones too. */
  readonly links: ReadonlyArray<StoredLink>
}

/** What is left to do at a registry, and what is known of it. */
export interface RegistryStatus {
  readonly registry: string
  /** Images to look for now, and images to read now. */
  readonly checksDue: number
  readonly sourcesDue: number
  readonly deferred: number
  readonly found: number
  readonly absent: number
  readonly notVisible: number
  /** Images whose label was read. */
  readonly read: number
}

/** How to claim. Claims are leases: they come back by themselves when `lease` has passed. */
export interface RegistryClaimOptions {
  readonly registry: string
  readonly limit: number
  readonly lease: Duration.Duration
  /** Only images of these repositories (ids). Default: of all. */
  readonly repositories?: ReadonlyArray<string> | undefined
}

/** Rows that this process holds. */
export interface RegistryClaims {
  readonly checks: ReadonlyArray<ClaimedCheck>
  readonly sources: ReadonlyArray<ClaimedSource>
}

/**
 * Claims of repositories, answers of registries, what images say of themselves, and the links that stand on them.
 * `RepoDockerStore.recordDiscovery` writes the claims. Every failure is TRANSIENT: the rows of the failed call are as
 * they were and stay due.
 */
export class LinkStore extends Context.Tag("image-census/LinkStore")<LinkStore, {
  /** Claims images of a registry that are due to be looked for, longest overdue first, a namespace's side by side. */
  readonly claimChecks: (options: RegistryClaimOptions) => Effect.Effect<ReadonlyArray<ClaimedCheck>, Transient>
  /**
   * Writes what registries said, in one transaction: found images with their links and, from Docker Hub, the day's
   * snapshot. Candidates of a pattern become images only in the owner's own namespace, or when their label proves them.
   * Absence marks a known image as gone when it is confirmed on another day. Refused rows are put off.
   */
  readonly recordChecks: (
    findings: ReadonlyArray<CheckFinding>
  ) => Effect.Effect<{ readonly refused: number }, Transient>

  /**
   * Claims images of a registry whose origin is to be read, the most pulled first, as many as `pullsPerDay` manifests
   * (of this UTC day, of all processes) leave room for.
   */
  readonly claimSources: (
    options: RegistryClaimOptions & { readonly pullsPerDay: number }
  ) => Effect.Effect<ReadonlyArray<ClaimedSource>, Transient>
  /** Writes what images say; where that proves a claim, the link has the evidence `label`. */
  readonly recordSources: (findings: ReadonlyArray<SourceFinding>) => Effect.Effect<void, Transient>

  readonly extendLeases: (claims: RegistryClaims, lease: Duration.Duration) => Effect.Effect<void, Transient>
  /** Gives leases back: the rows are due again at once. */
  readonly releaseLeases: (claims: RegistryClaims) => Effect.Effect<void, Transient>
  /** Makes rows that were put off to later due now. Returns how many. */
  readonly undefer: (registries: ReadonlyArray<string>) => Effect.Effect<number, Transient>
  /** Of these registries, in their order. */
  readonly status: (registries: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<RegistryStatus>, Transient>

  /** Links by repository, oldest repository first. */
  readonly links: (filter: LinkFilter) => Stream.Stream<StoredLink, Transient>
  /** None for a repository that is not stored. */
  readonly explain: (repository: RepositoryName) => Effect.Effect<Option.Option<RepositoryExplanation>, Transient>
  /** Days from `since` on, oldest first. */
  readonly activity: (
    image: string,
    since: Option.Option<UtcDay>
  ) => Effect.Effect<ReadonlyArray<DayOfActivity>, Transient>

  /** Links by hand, adding what is not stored. No run takes it away. False: it was there already. */
  readonly add: (repository: RepositoryName, image: string, registry: string) => Effect.Effect<boolean, Transient>
  /**
   * Takes a link away by hand, whatever speaks for it. No run brings it back. False: there was none that is shown.
   */
  readonly remove: (repository: RepositoryName, image: string) => Effect.Effect<boolean, Transient>
}>() {}
