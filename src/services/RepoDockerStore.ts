import type { Duration, Effect, Option, Stream } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { ClaimedImage, ClaimedRepository, DiscoveryFinding, RefreshFinding } from "../domain/Finding.js"
import type { RepositoryName } from "../domain/GitHubRepository.js"
import type { UtcDay } from "../domain/UtcDay.js"

/** How to claim. Claims are leases: they come back by themselves when `lease` has passed. */
export interface ClaimOptions {
  readonly limit: number
  readonly lease: Duration.Duration
  /** How long a check (discovery) or a snapshot (refresh) stays fresh. */
  readonly interval: Duration.Duration
}

/** A repository as it is stored. Times are epoch milliseconds. */
export interface StoredRepository {
  readonly id: string
  readonly url: string
  readonly repository: RepositoryName
  readonly checkedAt: Option.Option<number>
  /** `hit`, `miss`, `no-dockerfile`, `not-found`; none before the first definite answer. */
  readonly outcome: Option.Option<string>
  /** Images whose links are shown. */
  readonly images: ReadonlyArray<string>
  /** Those of them whose own label names this repository. */
  readonly verified: ReadonlyArray<string>
}

/** An image as it is stored. Times are epoch milliseconds. */
export interface StoredImage {
  readonly image: string
  readonly registry: string
  readonly pulls: Option.Option<bigint>
  readonly stars: Option.Option<number>
  readonly lastSyncedAt: number
  readonly lastUpdated: Option.Option<number>
  readonly goneSince: Option.Option<UtcDay>
  /** Those whose links are shown. */
  readonly repositories: ReadonlyArray<string>
  /** Those of them that the image's own label names. */
  readonly verified: ReadonlyArray<string>
}

/** One day of an image's history, out of the view `repo_docker_pulls_by_day`. */
export interface PullsOnDay {
  readonly image: string
  readonly day: UtcDay
  /** The lifetime count on that day. */
  readonly total: bigint
  /** The difference to the previous row, over `gapDays` days; none on the first day. */
  readonly pulls: Option.Option<bigint>
  /** Days since the previous row; 1 where there is no gap, 0 on the first day. */
  readonly gapDays: number
  /** The counter fell: the difference is no number of pulls. */
  readonly fell: boolean
}

/** A day of history from elsewhere. */
export interface ImportedDay {
  readonly image: string
  readonly day: UtcDay
  readonly total: bigint
}

/** A row whose last look died of a defect of the program. Times are epoch milliseconds. */
export interface DefectRow {
  /** The job, as `image_census_defects_total` names it. */
  readonly job: string
  /** The row, for people: a repository, an image, a watched reference. */
  readonly subject: string
  /** `internal error: …` */
  readonly reason: string
  /** Since when it dies of this, when it did last, and how often. */
  readonly since: number
  readonly at: number
  readonly times: number
  /** Not tried again before; none: at once. */
  readonly retryAt: Option.Option<number>
}

/** What is left to do, and how true the database is. */
export interface StoreStatus {
  readonly repositories: number
  readonly images: number
  readonly gone: number
  readonly snapshots: number
  /** Never checked. */
  readonly backlog: number
  /** Checked longer ago than the interval, or never, and not put off to later. */
  readonly repositoriesDue: number
  readonly imagesDue: number
  readonly deferred: number
  readonly leased: number
  /** When the row that has been due longest became due (epoch milliseconds). */
  readonly oldestDue: Option.Option<number>
  /** The latest UTC day for which every image of Docker Hub that was known and not missing has a row. */
  readonly lastCompleteDay: Option.Option<UtcDay>
  /**
   * The current UTC day: images that get a row of it (those of Docker Hub that are not missing there), and those that have
   * one. The day is complete when they are as many.
   */
  readonly today: { readonly day: UtcDay; readonly images: number; readonly done: number }
  /** Rows that hold a defect, in all tables of the store's database, and the ten newest of them. */
  readonly defects: { readonly rows: number; readonly newest: ReadonlyArray<DefectRow> }
}

/**
 * The tables `repos`, `repo_docker` and `repo_docker_pulls_daily`, and the leases that let several processes share
 * them. Every failure is TRANSIENT: the rows of the failed call are as they were and stay due.
 */
export class RepoDockerStore extends Context.Tag("image-census/RepoDockerStore")<RepoDockerStore, {
  /** Adds those that are not there (by address, or by owner and name without case). */
  readonly addRepositories: (
    repositories: ReadonlyArray<RepositoryName>
  ) => Effect.Effect<{ readonly added: number; readonly known: number }, Transient>
  /** Takes repositories out; images and history stay. Returns those that were not there. */
  readonly removeRepositories: (
    repositories: ReadonlyArray<RepositoryName>
  ) => Effect.Effect<{ readonly removed: number; readonly unknown: ReadonlyArray<RepositoryName> }, Transient>
  readonly repositories: (
    filter: { readonly search: Option.Option<string> }
  ) => Stream.Stream<StoredRepository, Transient>

  /**
   * Claims due repositories on GitHub: never checked first, then those whose check is older than the interval.
   * A claimed row is invisible to other claims until the lease has passed or a finding is recorded.
   */
  readonly claimRepositories: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<ClaimedRepository>, Transient>
  /** Makes rows that were put off to later due now (never rows that a process holds). Returns how many. */
  readonly undefer: (
    kinds: { readonly repositories: boolean; readonly images: boolean }
  ) => Effect.Effect<number, Transient>
  /** Claims these repositories, due or not, adding those that are not there; for `discover`. */
  readonly claimNamed: (
    repositories: ReadonlyArray<RepositoryName>,
    lease: Duration.Duration
  ) => Effect.Effect<ReadonlyArray<ClaimedRepository>, Transient>
  /**
   * Claims due images of Docker Hub: those without a row for the current UTC day (or, below 24 hours, whose last sync is older than
   * the interval), longest overdue first and in the order of their names, so that a namespace stays together.
   */
  readonly claimImages: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<ClaimedImage>, Transient>
  /** Lengthens leases that are still held. */
  readonly extendLeases: (
    claims: {
      readonly repositories: ReadonlyArray<ClaimedRepository>
      readonly images: ReadonlyArray<ClaimedImage>
    },
    lease: Duration.Duration
  ) => Effect.Effect<void, Transient>
  /** Gives leases back: the rows are due again at once. */
  readonly releaseLeases: (
    claims: {
      readonly repositories: ReadonlyArray<ClaimedRepository>
      readonly images: ReadonlyArray<ClaimedImage>
    }
  ) => Effect.Effect<void, Transient>

  /**
   * Writes what discovery found, in one transaction: the stamp, the current name, what the files claim, and for a hit
   * the image, its link and the day's snapshot. Evidence that is no longer there is kept and ages (see `domain/Evidence`). A deferral changes nothing but when to try again. Where a row is refused by the database,
   * the others are written and the refused ones returned, put off to later.
   */
  readonly recordDiscovery: (
    findings: ReadonlyArray<DiscoveryFinding>
  ) => Effect.Effect<{ readonly refused: number }, Transient>
  /** Writes what refresh found: an image's row and its snapshot in one transaction. As above. */
  readonly recordRefresh: (
    findings: ReadonlyArray<RefreshFinding>
  ) => Effect.Effect<{ readonly refused: number }, Transient>

  readonly images: (
    filter: { readonly search: Option.Option<string> }
  ) => Stream.Stream<StoredImage, Transient>
  readonly image: (image: string) => Effect.Effect<Option.Option<StoredImage>, Transient>
  /** Days from `since` on, oldest first; all images in the order of names where no image is given. */
  readonly pulls: (
    filter: { readonly image: Option.Option<string>; readonly since: Option.Option<UtcDay> }
  ) => Stream.Stream<PullsOnDay, Transient>
  /** Takes in history. Existing days are kept unless `overwrite`. Unknown images are added without a repository. */
  readonly importPulls: (
    days: ReadonlyArray<ImportedDay>,
    overwrite: boolean
  ) => Effect.Effect<{ readonly written: number; readonly kept: number }, Transient>
  readonly status: (
    intervals: { readonly discovery: Duration.Duration; readonly refresh: Duration.Duration }
  ) => Effect.Effect<StoreStatus, Transient>
}>() {}
