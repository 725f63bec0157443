/**
 * How findings are counted: what was written, not what was tried.
 */
import type { DiscoveryFinding, RefreshFinding } from "../../domain/Finding.js"
import type { SyncState } from "./SyncProgress.js"

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

export const count = { discovery, refresh }
