/**
 * The tables of links of the memory store, and what follows from their rows. Times are epoch milliseconds.
 */
import { Array as Arr, Option } from "effect"
import type { Evidence, EvidenceKind, VerificationState } from "../../../domain/Evidence.js"
import type { Deferral } from "../../../domain/Finding.js"
import { fullName } from "../../../domain/GitHubRepository.js"
import type { ImageClaim, KnownRepository, WorkflowReading } from "../../../domain/ImageClaim.js"
import type { CheckOutcome } from "../../../domain/RegistryCheck.js"
import type { UtcDay } from "../../../domain/UtcDay.js"
import { verdict } from "../../../domain/Verification.js"
import type { Tables } from "./tables.js"

interface Seen {
  readonly firstSeen: number
  readonly lastSeen: number
  readonly unseenSince: Option.Option<number>
}

/** A row of `repo_docker_claims`. */
export interface ClaimRow extends ImageClaim, Seen {
  readonly repositoryId: string
  readonly ownNamespace: boolean
}

/** A row of `repo_docker_links`. */
export interface LinkRow extends Seen {
  readonly repositoryId: string
  readonly image: string
  readonly kind: EvidenceKind
}

interface Due {
  readonly image: string
  readonly registry: string
  readonly dueAt: number
  readonly lease: Option.Option<string>
  readonly attempts: number
  readonly lastError: Option.Option<string>
}

/** A row that had no definite answer; unchanged where somebody else holds it by now. */
export const deferred = <Row extends Due>(row: Row, holder: string, { notBefore, reason }: Deferral): Row =>
  Option.contains(row.lease, holder)
    ? {
      ...row,
      lease: Option.none(),
      dueAt: notBefore,
      attempts: row.attempts + 1,
      lastError: Option.some(reason)
    }
    : row

/** A row of `repo_docker_checks`. */
export interface CheckRow extends Due {
  readonly outcome: Option.Option<CheckOutcome>
  readonly checkedAt: Option.Option<number>
}

/** A row of `repo_docker_sources`. */
export interface SourceRow extends Due {
  readonly tag: Option.Option<string>
  readonly digest: Option.Option<string>
  readonly label: Option.Option<string>
  readonly value: Option.Option<string>
  readonly source: Option.Option<string>
  readonly lookedAt: Option.Option<number>
}

/** A row of `repos_docker_readings`. */
export interface ReadingRow {
  readonly readAt: number
  readonly readAs: string
  readonly headOid: Option.Option<string>
  readonly dockerfiles: KnownRepository["dockerfiles"]
  readonly workflows: ReadonlyArray<WorkflowReading>
}

/** Rows by their primary keys. */
export interface LinkTables {
  readonly readings: Map<string, ReadingRow>
  readonly claims: Map<string, ClaimRow>
  readonly links: Map<string, LinkRow>
  readonly checks: Map<string, CheckRow>
  readonly sources: Map<string, SourceRow>
  /** By registry and day. */
  readonly sourcePulls: Map<string, number>
  readonly activity: Map<string, ReadonlyMap<UtcDay, number>>
  /** By repository and image: when a person took the link away. */
  readonly removed: Map<string, number>
}

/** Tables without rows. */
export const emptyLinkTables = (): LinkTables => ({
  readings: new Map(),
  claims: new Map(),
  links: new Map(),
  checks: new Map(),
  sources: new Map(),
  sourcePulls: new Map(),
  activity: new Map(),
  removed: new Map()
})

/** A primary key of several columns. */
export const rowKey = (...columns: ReadonlyArray<string>): string => columns.join("\n")

const byText = (first: string, second: string): number => first < second ? -1 : first > second ? 1 : 0

/** What an image says of a repository. */
export const stateOf = (tables: Tables, repositoryId: string, image: string): VerificationState => {
  const source = tables.sources.get(image)
  const row = tables.repositories.get(repositoryId)
  return source === undefined || row === undefined || Option.isNone(source.lookedAt)
    ? "not-looked-at"
    : verdict(source.source, row.repository, row.formerKey)
}

/** Whether a link that stands in the table is shown. */
export const isShown = (tables: Tables, repositoryId: string, image: string): boolean =>
  !tables.removed.has(rowKey(repositoryId, image)) &&
  (tables.links.has(rowKey(repositoryId, image, "manual")) || stateOf(tables, repositoryId, image) !== "contradicted")

const imagesOf = (tables: Tables, repositoryId: string) =>
  [...new Set([...tables.links.values()].flatMap((row) => row.repositoryId === repositoryId ? [row.image] : []))]
    .sort(byText)

/** The links of a repository that are shown, by image. */
export const shownLinks = (tables: Tables, repositoryId: string) =>
  imagesOf(tables, repositoryId).filter((image) => isShown(tables, repositoryId, image)).map((image) => ({
    image,
    verified: stateOf(tables, repositoryId, image) === "verified"
  }))

/** The repositories of an image whose links are shown, by name. */
export const shownRepositories = (tables: Tables, image: string) =>
  [...new Set([...tables.links.values()].flatMap((row) => row.image === image ? [row.repositoryId] : []))]
    .flatMap((id) => {
      const row = tables.repositories.get(id)
      return row === undefined || !isShown(tables, id, image)
        ? []
        : [{ repository: fullName(row.repository), verified: stateOf(tables, id, image) === "verified" }]
    }).sort((first, second) => byText(first.repository, second.repository))

/** What goes with a repository's row. */
export const forgetRepository = (tables: LinkTables, repositoryId: string): void => {
  tables.readings.delete(repositoryId)
  for (const [id, row] of tables.claims) if (row.repositoryId === repositoryId) tables.claims.delete(id)
  for (const [id, row] of tables.links) if (row.repositoryId === repositoryId) tables.links.delete(id)
  for (const id of tables.removed.keys()) if (id.startsWith(`${repositoryId}\n`)) tables.removed.delete(id)
}

/** Whether an image is claimed by, or linked to, one of these repositories; all where none are named. */
export const concerns = (tables: LinkTables, image: string, ids: ReadonlyArray<string> | undefined): boolean =>
  ids === undefined ||
  [...tables.claims.values(), ...tables.links.values()].some((row) =>
    row.image === image && ids.includes(row.repositoryId)
  )

/** Writes a piece of evidence as seen. */
export const seeLink = (
  tables: LinkTables,
  repositoryId: string,
  image: string,
  kind: EvidenceKind,
  seen: Seen
): void => {
  const id = rowKey(repositoryId, image, kind)
  const before = tables.links.get(id)
  tables.links.set(id, {
    repositoryId,
    image,
    kind,
    firstSeen: Math.min(seen.firstSeen, before?.firstSeen ?? Infinity),
    lastSeen: Math.max(seen.lastSeen, before?.lastSeen ?? -Infinity),
    unseenSince: seen.unseenSince
  })
}

/** Whether a claim makes a link once its image is found. */
export const claimCounts = (tables: Tables, claim: ClaimRow): boolean =>
  Option.isNone(claim.pattern) || claim.ownNamespace ||
  stateOf(tables, claim.repositoryId, claim.image) === "verified"

/** Brings the links in line with the claims that `concerned` names, as far as their images were found. */
export const linkClaims = (tables: Tables, concerned: (claim: ClaimRow) => boolean): void => {
  const groups = Arr.groupBy(
    [...tables.claims.values()].filter((claim) => concerned(claim) && claimCounts(tables, claim)),
    (claim) => rowKey(claim.repositoryId, claim.image, claim.evidence)
  )
  for (const [id, claims] of Object.entries(groups)) {
    const [first] = claims
    const image = tables.images.get(first.image)
    const found = Option.contains(tables.checks.get(first.image)?.outcome ?? Option.none(), "found") ||
      (image !== undefined && Option.isNone(image.missingSince))
    if (!found && !tables.links.has(id)) continue
    const gone = claims.map(({ unseenSince }) => unseenSince)
    seeLink(tables, first.repositoryId, first.image, first.evidence, {
      firstSeen: Math.min(...claims.map(({ firstSeen }) => firstSeen)),
      lastSeen: Math.max(...claims.map(({ lastSeen }) => lastSeen)),
      unseenSince: Option.map(Option.all(gone), (since) => Math.max(...since))
    })
  }
}

/** A link's evidence, for readers. */
export const evidenceOf = (tables: LinkTables, repositoryId: string, image: string): ReadonlyArray<Evidence> =>
  [...tables.links.values()].filter((row) => row.repositoryId === repositoryId && row.image === image)
    .sort((first, second) => byText(first.kind, second.kind))
    .map(({ firstSeen, kind, lastSeen, unseenSince }) => ({
      kind,
      firstSeen,
      lastSeen,
      unseenSince,
      places: [...tables.claims.values()]
        .filter((claim) => claim.repositoryId === repositoryId && claim.image === image && claim.evidence === kind)
        .sort((first, second) => byText(first.path, second.path))
        .map(({ detail, path }) => detail === "" ? path : `${path}: ${detail}`)
    }))
