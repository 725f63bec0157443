/**
 * What a look read in a repository's files, written to the memory store.
 */
import { Option } from "effect"
import { key, type RepositoryName } from "../../../domain/GitHubRepository.js"
import type { KnownRepository, RepositoryReading } from "../../../domain/ImageClaim.js"
import { inOwnNamespace } from "../../../domain/Namespace.js"
import { knownRepository } from "../../../domain/RepositoryClaims.js"
import { linkClaims, rowKey, seeLink } from "./linkTables.js"
import type { RepositoryRow, Tables } from "./tables.js"

/** What the next look at a repository need not ask for. */
export const knownOf = (tables: Tables, row: RepositoryRow): Option.Option<KnownRepository> =>
  Option.fromNullable(tables.readings.get(row.id)).pipe(
    Option.filter(({ readAs }) => readAs === key(row.repository)),
    Option.map(knownRepository)
  )

/** The image of the repository's name was found on Docker Hub. */
export const linkName = (tables: Tables, id: string, image: string, at: number): void =>
  seeLink(tables, id, image, "name", { firstSeen: at, lastSeen: at, unseenSince: Option.none() })

/** Ages the name on Docker Hub where a look did not find it. */
export const ageNames = (tables: Tables, id: string, at: number, found: Option.Option<string>): void => {
  for (const [rowId, row] of tables.links) {
    const claimed = [...tables.claims.values()].some((claim) =>
      claim.repositoryId === id && claim.image === row.image && claim.evidence === "name"
    )
    if (
      row.repositoryId === id && row.kind === "name" && Option.isNone(row.unseenSince) && !claimed &&
      !Option.contains(found, row.image)
    ) tables.links.set(rowId, { ...row, unseenSince: Option.some(at) })
  }
}

/** Makes an image due to be looked for, where it never was. */
export const queueCheck = (tables: Tables, image: string, registry: string): void => {
  if (tables.checks.has(image)) return
  const known = tables.images.get(image)
  const fresh = known !== undefined && known.registry === "docker.io" && Option.isSome(known.pulls) &&
    Option.isNone(known.missingSince)
  tables.checks.set(image, {
    image,
    registry,
    outcome: fresh ? Option.some("found") : Option.none(),
    checkedAt: fresh ? Option.some(known.lastSyncedAt) : Option.none(),
    dueAt: fresh ? Infinity : -Infinity,
    lease: Option.none(),
    attempts: 0,
    lastError: Option.none()
  })
}

/** What was read of a repository that is there. */
export interface ReadFiles {
  readonly dockerfiles: ReadonlyArray<string>
  readonly headOid: Option.Option<string>
  readonly reading: RepositoryReading
}

/** Writes a reading, its claims and their links; none where the repository is gone. */
export const writeReading = (
  tables: Tables,
  { at, id, repository }: { readonly id: string; readonly at: number; readonly repository: RepositoryName },
  files: Option.Option<ReadFiles>
): void => {
  if (Option.isSome(files)) {
    const { dockerfiles, headOid, reading } = files.value
    const before = tables.readings.get(id)?.workflows ?? []
    tables.readings.set(id, {
      readAt: at,
      readAs: key(repository),
      headOid,
      dockerfiles,
      workflows: reading.workflows.map((workflow) => {
        const last = before.find(({ path }) => path === workflow.path)
        return workflow.state !== "kept" || last === undefined
          ? workflow
          : { ...workflow, templates: last.templates, problem: last.problem }
      })
    })
    const once = new Set<string>()
    for (const claim of reading.claims) {
      const claimId = rowKey(id, claim.image, claim.evidence, claim.path)
      // One file may name an image outright and as a candidate: then it is no guess.
      if (once.has(claimId) && Option.isSome(claim.pattern)) continue
      once.add(claimId)
      tables.claims.set(claimId, {
        ...claim,
        repositoryId: id,
        ownNamespace: inOwnNamespace(claim.image, claim.registry, repository.owner),
        firstSeen: tables.claims.get(claimId)?.firstSeen ?? at,
        lastSeen: at,
        unseenSince: Option.none()
      })
      queueCheck(tables, claim.image, claim.registry)
    }
  }
  const workflows = Option.match(files, { onNone: () => [], onSome: ({ reading }) => reading.workflows })
  const stateOf = (path: string) => workflows.find((workflow) => workflow.path === path)?.state
  for (const [claimId, claim] of tables.claims) {
    if (claim.repositoryId !== id || Option.isSome(claim.unseenSince) || claim.lastSeen >= at) continue
    const state = stateOf(claim.path)
    if (state === "kept") tables.claims.set(claimId, { ...claim, lastSeen: at })
    else if (state !== "unread") tables.claims.set(claimId, { ...claim, unseenSince: Option.some(at) })
  }
  linkClaims(tables, (claim) => claim.repositoryId === id)
}
