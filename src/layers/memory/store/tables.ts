/**
 * The tables of the memory store. Times are epoch milliseconds; `-Infinity` where the database has `-infinity`.
 */
import { Option } from "effect"
import type { DefectJob } from "../../../domain/Defect.js"
import type { RepositoryName } from "../../../domain/GitHubRepository.js"
import { addDays, type UtcDay } from "../../../domain/UtcDay.js"
import { type CatalogTables, emptyCatalog } from "../catalog/tables.js"
import { emptyLinkTables, type LinkTables } from "./linkTables.js"

/** A row of `repos`. */
export interface RepositoryRow {
  readonly id: string
  readonly url: string
  readonly repository: RepositoryName
  readonly formerKey: Option.Option<string>
  readonly checkedAt: Option.Option<number>
  readonly outcome: Option.Option<string>
  readonly addedAt: number
  readonly notBefore: number
  readonly lease: Option.Option<string>
  readonly attempts: number
  readonly lastError: Option.Option<string>
}

/** A row of `repo_docker`, with its days. */
export interface ImageRow {
  readonly image: string
  readonly registry: string
  readonly pulls: Option.Option<bigint>
  readonly stars: Option.Option<number>
  readonly lastSyncedAt: number
  readonly lastUpdated: Option.Option<number>
  readonly knownSince: UtcDay
  /** The first day on which it is looked at again; none for at once. */
  readonly dueOn: Option.Option<UtcDay>
  readonly missingSince: Option.Option<UtcDay>
  readonly gone: boolean
  readonly notBefore: number
  readonly lease: Option.Option<string>
  readonly attempts: number
  readonly lastError: Option.Option<string>
  readonly days: ReadonlyMap<UtcDay, bigint>
}

/** A note on a row, by its job and its key. */
export interface DefectNote {
  readonly job: DefectJob
  readonly key: string
  readonly reason: string
  readonly since: number
  readonly at: number
  readonly times: number
}

/** What several memory stores may share, as several processes share a database. */
export interface Tables extends LinkTables {
  readonly repositories: Map<string, RepositoryRow>
  readonly images: Map<string, ImageRow>
  readonly catalog: CatalogTables
  /** By job and key. */
  readonly defects: Map<string, DefectNote>
  nextId: number
}

/** Tables without rows. */
export const emptyTables = (): Tables => ({
  repositories: new Map(),
  images: new Map(),
  catalog: emptyCatalog(),
  defects: new Map(),
  nextId: 1,
  ...emptyLinkTables()
})

/** An image that was never seen. */
export const newImage = (image: string, today: UtcDay, registry = "docker.io"): ImageRow => ({
  image,
  registry,
  pulls: Option.none(),
  stars: Option.none(),
  lastSyncedAt: 0,
  lastUpdated: Option.none(),
  knownSince: today,
  dueOn: Option.none(),
  missingSince: Option.none(),
  gone: false,
  notBefore: -Infinity,
  lease: Option.none(),
  attempts: 0,
  lastError: Option.none(),
  days: new Map()
})

/** By UTF-16 code unit, which for the names of images is the order of their bytes. */
export const byText = (first: string, second: string): number => first < second ? -1 : first > second ? 1 : 0

/** Whether an image that is not gone has no row for a day, or one that is missing is to be looked at. */
export const lacksDay = (row: ImageRow, day: UtcDay): boolean =>
  !row.days.has(day) && (Option.isNone(row.missingSince) || Option.getOrElse(row.dueOn, () => day) <= day)

/** The day after. */
export const dayAfter = (day: UtcDay): UtcDay => addDays(day, 1)
