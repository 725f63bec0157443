/**
 * What Docker Hub holds: the images of the hits, other images in the same namespaces, official ones, and a namespace
 * that is longer than what the Hub lists to strangers.
 */
import { Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import type { Assigned } from "./assign.js"
import { isNamesake, starsOf } from "./github.js"
import { between, fraction } from "./seed.js"
import { iso } from "./time.js"
import type { HubFacts, Listed } from "./World.js"

/** How many repositories the crowded namespace has. The Hub lists 100 of them to strangers. */
export const crowdedSize = 199

const day = 86_400_000
const newest = Date.UTC(2026, 0, 1)

/** The official images of a world that names no others. */
export const usualOfficial: OfficialWorld = {
  names: ["alpine", "busybox", "caddy", "debian", "golang", "mongo", "nginx", "node", "postgres", "redis"]
}

/** Which official images there are, and how many tags each has (default: as chance has it). */
export interface OfficialWorld {
  readonly names: ReadonlyArray<string>
  readonly tags?: number
}

/** `age` from 0 (pushed last) to 1 (longest ago) among the images of the world. */
const image = (seed: string, namespace: string, name: string, age: number, tags?: number): HubFacts => {
  const id = `${namespace}/${name}`
  const daily = Math.floor(10 ** (fraction(seed, "daily", id) * 5)) - 1
  const updated = newest - Math.floor(age * 3_000 * day) - between(0, day - 1, seed, "updated", id)
  const versions = tags === undefined ? between(0, 12, seed, "tags", id) : tags - 1
  return {
    namespace,
    name,
    description: fraction(seed, "described", id) < 0.8 ? `The ${name} image of ${namespace}` : "",
    stars: starsOf(seed, id),
    pullsAtStart: between(0, 1_000, seed, "pulls", id) ** between(1, 3, seed, "pulls-power", id),
    daily,
    lastUpdated: fraction(seed, "never-pushed", id) < 0.02 ? null : iso(updated),
    registered: iso(updated - between(1, 2_000, seed, "registered", id) * day),
    tags: ["latest", ...Array.from({ length: versions }, (_, i) => `1.${versions - i}.0`)]
  }
}

const otherNames = [
  "base",
  "builder",
  "ci",
  "cli",
  "demo",
  "docs",
  "e2e",
  "nightly",
  "runner",
  "sandbox",
  "tools",
  "web"
]

const others = (seed: string, namespace: string): ReadonlyArray<HubFacts> => {
  const size = fraction(seed, "namespace-size", namespace)
  const count = size < 0.4
    ? 0
    : size < 0.9
    ? between(1, 8, seed, "few", namespace)
    : between(9, 40, seed, "many", namespace)
  return Array.from({ length: count }, (_, i) => {
    const round = Math.floor(i / otherNames.length)
    const name = `${otherNames[i % otherNames.length] ?? "other"}${round === 0 ? "" : `-${round}`}`
    return image(seed, namespace, name, fraction(seed, "age", namespace, name))
  })
}

// Every other hit of the crowded owner was pushed so long ago that it lies past what strangers are shown.
const crowd = (seed: string, namespace: string, hits: ReadonlyArray<string>): ReadonlyArray<HubFacts> => {
  const own = hits.map((name, i) => image(seed, namespace, name, i % 2 === 0 ? 0 : 1))
  const fill = Array.from(
    { length: crowdedSize - own.length },
    (_, i) => image(seed, namespace, `component-${i + 1}`, 0.05 + (0.9 * i) / crowdedSize)
  )
  return [...own, ...fill]
}

const split = (id: string): readonly [string, string] => {
  const slash = id.indexOf("/")
  return [id.slice(0, slash), id.slice(slash + 1)]
}

/** An image that is there for a reason of its own. */
export const imageAt = (seed: string, id: string): HubFacts => {
  const [namespace, name] = split(id)
  return image(seed, namespace, name, fraction(seed, "age", namespace, name))
}

/** Every image of the world, by `namespace/name`. */
export const imagesOf = (
  listed: ReadonlyArray<Listed>,
  assigned: ReadonlyArray<Assigned>,
  crowded: string | undefined,
  seed: string,
  official: OfficialWorld
): ReadonlyMap<string, HubFacts> => {
  const images = new Map<string, HubFacts>()
  const add = (facts: HubFacts): void => {
    const id = `${facts.namespace}/${facts.name}`
    if (!images.has(id)) images.set(id, facts)
  }
  const hits = new Set(listed.flatMap(({ image }) => image === undefined ? [] : [image]))
  if (crowded !== undefined) {
    const own = Array.from(hits).map(split).filter(([namespace]) => namespace === crowded).map(([, name]) => name)
    crowd(seed, crowded, own).forEach(add)
  }
  for (const id of hits) add(imageAt(seed, id))
  for (const one of assigned) {
    if (!isNamesake(one)) continue
    Option.map(hubCandidate(one.name), split).pipe(
      Option.map(([namespace, name]) => image(seed, namespace, name, 0.5)),
      Option.map(add)
    )
  }
  const missed = new Set(
    listed.flatMap(({ now, outcome }) =>
      outcome === "miss" && now !== undefined ? Option.toArray(hubCandidate(now.name)) : []
    )
  )
  const namespaces = new Set([...hits, ...missed].map((id) => split(id)[0]))
  for (const namespace of namespaces) {
    if (namespace !== crowded) {
      others(seed, namespace).filter((one) => !missed.has(`${namespace}/${one.name}`)).forEach(add)
    }
  }
  for (const name of official.names) {
    add(image(seed, "library", name, fraction(seed, "age", "library", name), official.tags))
  }
  return images
}
