/**
 * Which listed repository comes out how, in the proportions that were measured on 1,000 repositories: 26 hits, 102
 * with a Dockerfile but without such an image, 3 that GitHub no longer knows, and the rest without a Dockerfile.
 */
import { Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { shuffled } from "./seed.js"
import type { Outcome } from "./World.js"

/** Shares of the list, from 0 to 1. */
export interface Proportions {
  readonly hits: number
  readonly misses: number
  readonly unknown: number
}

export const measured: Proportions = { hits: 0.026, misses: 0.102, unknown: 0.003 }

export interface Assigned {
  readonly name: RepositoryName
  readonly outcome: Outcome
  /** Its number within its outcome, from 0: what decides about its peculiarities. */
  readonly index: number
}

export interface Assignment {
  readonly assigned: ReadonlyArray<Assigned>
  readonly crowded: string | undefined
}

const crowdSize = 6
const crowdHits = 3

const byOwner = (names: ReadonlyArray<RepositoryName>): ReadonlyMap<string, ReadonlyArray<RepositoryName>> => {
  const owners = new Map<string, Array<RepositoryName>>()
  for (const name of names) {
    const owner = name.owner.toLowerCase()
    const of = owners.get(owner)
    if (of === undefined) owners.set(owner, [name])
    else of.push(name)
  }
  return owners
}

/**
 * Deals the outcomes out. The owner with the most repositories gets several hits and misses, and so do three others,
 * so that a namespace's listing is worth reading; the rest is chance.
 */
export const assign = (
  names: ReadonlyArray<RepositoryName>,
  seed: string,
  proportions: Proportions = measured
): Assignment => {
  const quota = (share: number) => Math.min(names.length, Math.max(share > 0 ? 1 : 0, Math.round(share * names.length)))
  const order = shuffled(names, key, seed, "outcome")
  const outcomes = new Map<string, Assigned>()
  const counts: Record<Outcome, number> = { hit: 0, miss: 0, none: 0, unknown: 0 }
  const limits: Record<Outcome, number> = {
    hit: quota(proportions.hits),
    miss: quota(proportions.misses),
    unknown: quota(proportions.unknown),
    none: names.length
  }
  const give = (name: RepositoryName, outcome: Outcome): void => {
    if (outcomes.has(key(name)) || counts[outcome] >= limits[outcome]) return
    outcomes.set(key(name), { name, outcome, index: counts[outcome]++ })
  }

  const possible = order.filter((name) => Option.isSome(hubCandidate(name)))
  const owners = Array.from(byOwner(possible)).sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
  const first = owners[0]
  const crowded = names.length >= 100 && first !== undefined && first[1].length >= crowdSize ? first : undefined
  if (crowded !== undefined) {
    crowded[1].slice(0, crowdSize).forEach((name, i) => give(name, i < crowdHits ? "hit" : "miss"))
  }
  if (names.length >= 100) {
    for (const [owner, of] of owners.slice(0, 4)) {
      if (owner !== crowded?.[0]) of.slice(0, 3).forEach((name, i) => give(name, i < 2 ? "hit" : "miss"))
    }
  }
  for (const name of possible) give(name, "hit")
  for (const name of order) give(name, "unknown")
  for (const name of order) give(name, "miss")
  for (const name of order) give(name, "none")
  return {
    assigned: names.flatMap((name) => {
      const assigned = outcomes.get(key(name))
      return assigned === undefined ? [] : [{ ...assigned, name }]
    }),
    crowded: crowded?.[0]
  }
}
