import type { Effect } from "effect"
import { Context, Option } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { RepositoryName } from "../domain/GitHubRepository.js"
import type { CountOnDay } from "../domain/PullPeriods.js"
import type { UtcDay } from "../domain/UtcDay.js"
import type { StoredImage, StoredRepository } from "./RepoDockerStore.js"

/** What a row waits for, where it was put off. */
interface PutOff {
  readonly notBefore: Option.Option<number>
  readonly lastError: Option.Option<string>
}

/** Everything that is known of one repository. */
export interface RepositoryDetail extends StoredRepository, PutOff {
  readonly addedAt: number
  readonly headOid: Option.Option<string>
  readonly dockerfiles: ReadonlyArray<string>
  readonly renamedFrom: Option.Option<string>
}

/**
 * Pulls that came in the last 7, 30 and 90 days before the day of the latest row; none where a window reaches back
 * before the first row, or the counter fell within it. Gaps count with their share.
 */
export interface ImageGrowth {
  readonly asOf: Option.Option<UtcDay>
  readonly days7: Option.Option<bigint>
  readonly days30: Option.Option<bigint>
  readonly days90: Option.Option<bigint>
}

/** An image on a list. */
export interface ListedImage extends StoredImage {
  readonly growth: ImageGrowth
}

/** Everything that is known of one image. */
export interface ImageDetail extends ListedImage, PutOff {
  readonly knownSince: UtcDay
  readonly history: {
    readonly first: Option.Option<UtcDay>
    readonly last: Option.Option<UtcDay>
    readonly days: number
  }
}

/** The orders of images: names rise, numbers fall, and those without a number come last, by name. */
export type ImageOrder = "pulls" | "name" | "stars" | "growth7" | "growth30" | "growth90"

/** The place of an image in an order: its number there (none where it has none, or the order is by name), and its name. */
export interface ImagePlace {
  readonly value: Option.Option<bigint>
  readonly image: string
}

/** Where an image stands in an order, which is where the page behind it goes on. */
export const placeOf = (order: ImageOrder, { growth, image, pulls, stars }: ListedImage): ImagePlace => ({
  image,
  value: {
    name: Option.none<bigint>(),
    pulls,
    stars: Option.map(stars, BigInt),
    growth7: growth.days7,
    growth30: growth.days30,
    growth90: growth.days90
  }[order]
})

/** The census on a day, as it was when last counted. */
export interface DayCounts {
  readonly repositories: number
  readonly images: number
  readonly backlog: number
  /** Images that had a row for the day. */
  readonly snapshots: number
}

/** A day of the census. */
export interface CensusDay {
  readonly day: UtcDay
  /** Images whose first link to a repository is of this day. */
  readonly found: number
  readonly counts: Option.Option<DayCounts>
}

/**
 * What is stored, in pages: by keyset, so that a late page costs what the first one costs. Reads alone, and none that
 * waits for a writer.
 */
export class CensusPages extends Context.Tag("image-census/CensusPages")<CensusPages, {
  /** The schema's version, and the one that this program works with. */
  readonly schema: Effect.Effect<{ readonly current: number; readonly known: number }, Transient>
  /** Repositories on GitHub in the order in which they were added, behind the one with the id `after`. */
  readonly repositories: (page: {
    readonly search: Option.Option<string>
    readonly after: Option.Option<string>
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<StoredRepository>, Transient>
  /** Found without case, and by its name before a rename. */
  readonly repository: (name: RepositoryName) => Effect.Effect<Option.Option<RepositoryDetail>, Transient>
  readonly images: (page: {
    readonly search: Option.Option<string>
    /** Only images of this registry (`docker.io`). */
    readonly registry: Option.Option<string>
    readonly order: ImageOrder
    readonly after: Option.Option<ImagePlace>
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<ListedImage>, Transient>
  readonly image: (image: string) => Effect.Effect<Option.Option<ImageDetail>, Transient>
  /** Lifetime counts of these images from a day on, oldest first, with the last row before it. */
  readonly counts: (
    images: ReadonlyArray<string>,
    from: UtcDay,
    to: UtcDay
  ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<CountOnDay>>, Transient>
  /** Images that have a row for a day that is not older than their latest one. */
  readonly doneOn: (day: UtcDay) => Effect.Effect<number, Transient>
  /** Days from `from` on, oldest first; days without a find that were not counted are left out. */
  readonly days: (from: UtcDay) => Effect.Effect<ReadonlyArray<CensusDay>, Transient>
  /** Keeps how far the census is on a day, in place of what was kept for that day before. */
  readonly keepDay: (day: UtcDay, counts: DayCounts) => Effect.Effect<void, Transient>
}>() {}
