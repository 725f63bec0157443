/**
 * Looks at what images say of their origin, on the memory store.
 */
import { Clock, Duration, Effect, Option } from "effect"
import { key } from "../../../domain/GitHubRepository.js"
import { mostPulls, pullsSpent, type SourceFinding } from "../../../domain/RegistryCheck.js"
import { dayOf } from "../../../domain/UtcDay.js"
import { sourceKey } from "../../../domain/Verification.js"
import type { RegistryClaimOptions } from "../../../services/LinkStore.js"
import { noteDefect } from "./defects.js"
import { concerns, deferred, linkClaims, rowKey, seeLink, type SourceRow, stateOf } from "./linkTables.js"
import { byText, newImage, type Tables } from "./tables.js"

const freed = { lease: Option.none<string>(), attempts: 0, lastError: Option.none<string>() } as const

const pulls = (row: { readonly pulls: Option.Option<bigint> }) => Option.getOrElse(row.pulls, () => -1n)

const said = (row: SourceRow, { at, result }: SourceFinding): SourceRow => {
  const nothing = { label: Option.none<string>(), value: Option.none<string>(), source: Option.none<string>() }
  switch (result._tag) {
    case "Says": {
      const { digest, label, tag } = result
      return {
        ...row,
        lookedAt: Option.some(at),
        tag: Option.some(tag),
        digest: Option.some(digest),
        label: Option.some(label.label),
        value: Option.some(label.value),
        source: Option.some(sourceKey(label.source))
      }
    }
    case "Silent":
      return {
        ...row,
        ...nothing,
        lookedAt: Option.some(at),
        tag: Option.some(result.tag),
        digest: Option.some(result.digest)
      }
    case "Unchanged":
      return { ...row, lookedAt: Option.some(at) }
    case "Unreadable":
    case "Deferred":
      return row
  }
}

/** The parts of the store that are about what images say. */
export const makeSources = (tables: Tables, holder: string) => {
  const claimants = (image: string): ReadonlyArray<string> => {
    const ids = new Set(
      [...tables.links.values(), ...tables.claims.values()].flatMap((row) =>
        row.image === image ? [row.repositoryId] : []
      )
    )
    return [...tables.repositories.values()].filter(({ id }) => ids.has(id))
      .flatMap(({ formerKey, repository }) => [key(repository), ...Option.toArray(formerKey)])
      .sort(byText)
  }

  const isLinked = (image: string) => [...tables.links.values()].some((row) => row.image === image)

  const sourcesDue = (registry: string, now: number) => {
    const known = [...tables.images.values()].flatMap((row) =>
      row.registry === registry && Option.isNone(row.missingSince) && isLinked(row.image)
        ? [{ image: row.image, pulls: row.pulls }]
        : []
    )
    const candidates = [...tables.checks.values()].flatMap((row) =>
      row.registry === registry && Option.contains(row.outcome, "found") && !tables.images.has(row.image)
        ? [{ image: row.image, pulls: Option.none<bigint>() }]
        : []
    )
    return [...known, ...candidates].filter(({ image }) => (tables.sources.get(image)?.dueAt ?? -Infinity) <= now)
      .sort((first, second) =>
        pulls(first) === pulls(second) ? byText(first.image, second.image) : pulls(first) > pulls(second) ? -1 : 1
      )
  }

  const spend = (registry: string, at: number, pulls: number) => {
    const id = rowKey(registry, dayOf(at))
    tables.sourcePulls.set(id, Math.max(0, (tables.sourcePulls.get(id) ?? 0) + pulls))
  }

  const claimSources = Effect.fn("LinkStore.claimSources")(
    function*(
      { lease, limit, pullsPerDay, registry, repositories }: RegistryClaimOptions & { readonly pullsPerDay: number }
    ) {
      const now = yield* Clock.currentTimeMillis
      const spent = tables.sourcePulls.get(rowKey(registry, dayOf(now))) ?? 0
      const room = Math.max(0, Math.min(limit, Math.floor((pullsPerDay - spent) / mostPulls)))
      const due = sourcesDue(registry, now)
        .filter(({ image }) => concerns(tables, image, repositories)).slice(0, room)
      spend(registry, now, due.length * mostPulls)
      return due.map(({ image }) => {
        const nothing = Option.none<string>()
        const row: SourceRow = tables.sources.get(image) ?? {
          image,
          registry,
          dueAt: now,
          ...freed,
          tag: nothing,
          digest: nothing,
          label: nothing,
          value: nothing,
          source: nothing,
          lookedAt: Option.none()
        }
        tables.sources.set(image, { ...row, dueAt: now + Duration.toMillis(lease), lease: Option.some(holder) })
        return { image, registry, attempts: row.attempts, digest: row.digest, claimants: claimants(image) }
      })
    }
  )

  const linkLabels = (image: string, at: number) => {
    for (const claim of tables.claims.values()) {
      if (claim.image !== image || stateOf(tables, claim.repositoryId, image) !== "verified") continue
      if (!tables.images.has(image)) tables.images.set(image, newImage(image, dayOf(at), claim.registry))
    }
    linkClaims(tables, (claim) => claim.image === image)
    for (const [id, row] of tables.links) {
      if (row.image !== image) continue
      const verified = stateOf(tables, row.repositoryId, image) === "verified"
      if (row.kind !== "label" && verified) {
        seeLink(tables, row.repositoryId, image, "label", { firstSeen: at, lastSeen: at, unseenSince: Option.none() })
      }
      if (row.kind === "label" && !verified && Option.isNone(row.unseenSince)) {
        tables.links.set(id, { ...row, unseenSince: Option.some(at) })
      }
    }
  }

  const recordSources = Effect.fn("LinkStore.recordSources")((findings: ReadonlyArray<SourceFinding>) =>
    Effect.sync(() => {
      for (const { at, pulls, registry } of pullsSpent(findings)) spend(registry, at, pulls)
      for (const finding of findings) {
        const { at, claim: { image }, dueAt, result } = finding
        const row = tables.sources.get(image)
        if (row === undefined) continue
        if (result._tag === "Deferred") {
          tables.sources.set(image, deferred(row, holder, result))
          noteDefect(tables, "verification", image, result.reason, at)
          continue
        }
        const lastError = result._tag === "Unreadable" ? Option.some(result.reason) : Option.none<string>()
        tables.sources.set(image, { ...said(row, finding), ...freed, dueAt, lastError })
        linkLabels(image, at)
      }
    })
  )

  return { claimSources, recordSources, sourcesDue }
}
