/**
 * Looks at registries, on the memory store.
 */
import { Clock, Duration, Effect, Option } from "effect"
import type { CheckFinding } from "../../../domain/RegistryCheck.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { RegistryClaimOptions, RegistryClaims, RegistryStatus } from "../../../services/LinkStore.js"
import { noteDefect } from "./defects.js"
import { seen } from "./findings.js"
import { type CheckRow, claimCounts, concerns, deferred, linkClaims, type SourceRow } from "./linkTables.js"
import { makeSources } from "./sources.js"
import { byText, newImage, type Tables } from "./tables.js"

const freed = { lease: Option.none<string>(), attempts: 0, lastError: Option.none<string>() } as const

const isPutOff = (row: CheckRow | SourceRow) => row.attempts > 0 && Option.isNone(row.lease)

const off = (registries: ReadonlyArray<string>) => (row: CheckRow | SourceRow) =>
  isPutOff(row) && row.dueAt !== -Infinity && registries.includes(row.registry)

/** The parts of the store that are about registries. */
export const makeRegistries = (tables: Tables, holder: string) => {
  const isLinked = (image: string) => [...tables.links.values()].some((row) => row.image === image)
  const { claimSources, recordSources, sourcesDue } = makeSources(tables, holder)
  const isClaimed = (image: string) => [...tables.claims.values()].some((row) => row.image === image)
  const wanted = (row: CheckRow, registry: string, now: number) =>
    row.registry === registry && row.dueAt <= now && (isClaimed(row.image) || isLinked(row.image))

  const claimChecks = Effect.fn("LinkStore.claimChecks")(
    function*({ lease, limit, registry, repositories }: RegistryClaimOptions) {
      const now = yield* Clock.currentTimeMillis
      const due = [...tables.checks.values()].filter((row) =>
        wanted(row, registry, now) && concerns(tables, row.image, repositories)
      ).sort((first, second) =>
        first.dueAt === second.dueAt ? byText(first.image, second.image) : first.dueAt - second.dueAt
      ).slice(0, limit)
      return due.map((row) => {
        tables.checks.set(row.image, { ...row, dueAt: now + Duration.toMillis(lease), lease: Option.some(holder) })
        const { attempts, image } = row
        return { image, registry, attempts }
      })
    }
  )

  const found = ({ at, claim: { image, registry }, result }: CheckFinding) => {
    if (result._tag !== "Found") return
    const before = tables.images.get(image)
    const counts = [...tables.claims.values()].some((claim) => claim.image === image && claimCounts(tables, claim))
    if (before !== undefined || counts) {
      const row = before ?? newImage(image, dayOf(at), registry)
      tables.images.set(
        image,
        Option.match(result.facts, {
          onSome: (facts) => seen(row, facts, at),
          onNone: () => ({
            ...row,
            registry,
            lastSyncedAt: at,
            lastUpdated: Option.orElse(result.lastUpdated, () => row.lastUpdated),
            missingSince: Option.none(),
            gone: false
          })
        })
      )
      const days = new Map(tables.activity.get(image))
      for (const { actions, day } of result.activity) days.set(day, actions)
      if (result.activity.length > 0) tables.activity.set(image, days)
    }
    linkClaims(tables, (claim) => claim.image === image)
  }

  const absent = ({ at, claim: { image } }: CheckFinding) => {
    const row = tables.images.get(image)
    if (row === undefined || row.registry === "docker.io") return
    const day = dayOf(at)
    const since = Option.getOrElse(row.missingSince, () => day)
    tables.images.set(image, { ...row, missingSince: Option.some(since), gone: row.gone || since < day })
  }

  const outcomes = { Found: "found", Absent: "absent", NotVisible: "not-visible" } as const

  const recordChecks = Effect.fn("LinkStore.recordChecks")((findings: ReadonlyArray<CheckFinding>) =>
    Effect.sync(() => {
      for (const finding of findings) {
        const { at, claim: { image }, dueAt, result } = finding
        const row = tables.checks.get(image)
        if (row === undefined) continue
        if (result._tag === "Deferred") {
          tables.checks.set(image, deferred(row, holder, result))
          noteDefect(tables, "registries", image, result.reason, at)
          continue
        }
        const outcome = Option.some(outcomes[result._tag])
        tables.checks.set(image, { ...row, ...freed, outcome, checkedAt: Option.some(at), dueAt })
        if (result._tag === "Found") found(finding)
        if (result._tag === "Absent") absent(finding)
      }
      return { refused: 0 }
    })
  )

  const setDue = ({ checks, sources }: RegistryClaims, dueAt: number, free: boolean) =>
    Effect.sync(() => {
      for (const { image } of checks) {
        const row = tables.checks.get(image)
        if (row !== undefined && Option.contains(row.lease, holder)) {
          tables.checks.set(image, { ...row, dueAt, lease: free ? Option.none() : row.lease })
        }
      }
      for (const { image } of sources) {
        const row = tables.sources.get(image)
        if (row !== undefined && Option.contains(row.lease, holder)) {
          tables.sources.set(image, { ...row, dueAt, lease: free ? Option.none() : row.lease })
        }
      }
    })

  const extendLeases = Effect.fn("LinkStore.extendLeases")(
    function*(claims: RegistryClaims, lease: Duration.Duration) {
      yield* setDue(claims, (yield* Clock.currentTimeMillis) + Duration.toMillis(lease), false)
    }
  )

  const releaseLeases = Effect.fn("LinkStore.releaseLeases")((claims: RegistryClaims) =>
    setDue(claims, -Infinity, true)
  )

  const undefer = Effect.fn("LinkStore.undefer")((registries: ReadonlyArray<string>) =>
    Effect.sync(() => {
      const checks = [...tables.checks.values()].filter(off(registries))
      const sources = [...tables.sources.values()].filter(off(registries))
      for (const row of checks) tables.checks.set(row.image, { ...row, dueAt: -Infinity })
      for (const row of sources) tables.sources.set(row.image, { ...row, dueAt: -Infinity })
      return checks.length + sources.length
    })
  )

  const status = Effect.fn("LinkStore.status")(function*(registries: ReadonlyArray<string>) {
    const now = yield* Clock.currentTimeMillis
    return registries.map((registry): RegistryStatus => {
      const checks = [...tables.checks.values()].filter((row) => row.registry === registry)
      const sources = [...tables.sources.values()].filter((row) => row.registry === registry)
      const having = (outcome: string) => checks.filter((row) => Option.contains(row.outcome, outcome)).length
      return {
        registry,
        checksDue: checks.filter((row) => wanted(row, registry, now)).length,
        sourcesDue: sourcesDue(registry, now).filter(({ image }) => tables.images.has(image)).length,
        deferred: [...checks, ...sources].filter((row) => isPutOff(row) && row.dueAt > now).length,
        found: having("found"),
        absent: having("absent"),
        notVisible: having("not-visible"),
        read: sources.filter(({ lookedAt }) => Option.isSome(lookedAt)).length
      }
    })
  })

  return { claimChecks, recordChecks, claimSources, recordSources, extendLeases, releaseLeases, undefer, status }
}
