/**
 * How findings are counted: what was written, not what was tried.
 */
import type { DiscoveryFinding, RefreshFinding } from "../../domain/Finding.js"
import type { CheckFinding, SourceFinding } from "../../domain/RegistryCheck.js"
import type { RegistryCounts, SyncState } from "./SyncProgress.js"

const less = (due: number | undefined, done: number) => due === undefined ? undefined : Math.max(0, due - done)

const discovery = (findings: ReadonlyArray<DiscoveryFinding>) => (state: SyncState): SyncState => {
  const tally = { ...state.discovery }
  for (const { result } of findings) {
    if (result._tag === "Deferred") tally.deferred += 1
    else {
      tally.checked += 1
      if (result._tag === "Hit") tally.hits += 1
      else if (result._tag === "NotFound") tally.notFound += 1
      else tally.misses += 1
    }
  }
  return { ...state, discovery: tally, repositoriesDue: less(state.repositoriesDue, findings.length) }
}

const refresh = (findings: ReadonlyArray<RefreshFinding>) => (state: SyncState): SyncState => {
  const tally = { ...state.refresh }
  for (const { result } of findings) {
    if (result._tag === "Deferred") tally.deferred += 1
    else if (result._tag === "Gone") tally.gone += 1
    else tally.refreshed += 1
  }
  return { ...state, refresh: tally, imagesDue: less(state.imagesDue, findings.length) }
}

type Tally = Exclude<keyof RegistryCounts, "registry">

const atRegistries = (marks: ReadonlyArray<readonly [string, Tally]>) => (state: SyncState): SyncState => {
  const registries = new Map(state.registries.map((counts) => [counts.registry, { ...counts }]))
  for (const [registry, mark] of marks) {
    const counts = registries.get(registry) ??
      { registry, found: 0, absent: 0, notVisible: 0, read: 0, deferred: 0 }
    counts[mark] += 1
    registries.set(registry, counts)
  }
  return { ...state, registries: [...registries.values()] }
}

const checkMarks = { Found: "found", Absent: "absent", NotVisible: "notVisible", Deferred: "deferred" } as const

const checks = (findings: ReadonlyArray<CheckFinding>) =>
  atRegistries(findings.map(({ claim, result }) => [claim.registry, checkMarks[result._tag]]))

const sources = (findings: ReadonlyArray<SourceFinding>) =>
  atRegistries(findings.map(({ claim, result }) => [claim.registry, result._tag === "Deferred" ? "deferred" : "read"]))

export const count = { discovery, refresh, checks, sources }
