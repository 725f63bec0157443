/**
 * Makes a world, and says what is true in it.
 */
import { Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { assign, measured, type Proportions } from "./assign.js"
import { listedOf } from "./github.js"
import { imagesOf, type OfficialWorld, usualOfficial } from "./hub.js"
import { syntheticNames } from "./names.js"
import type { Expected, GitHubFacts, Listed, World } from "./World.js"

export interface WorldOptions {
  /** Default `census`. */
  readonly seed?: string | undefined
  /** The repositories that the world is about, or how many to make up. Default 1,000 made-up ones. */
  readonly repositories?: ReadonlyArray<RepositoryName> | number | undefined
  /** Default: as measured. */
  readonly proportions?: Proportions | undefined
  /** Default: ten well-known ones. */
  readonly official?: OfficialWorld | undefined
}

/** The same options give the same world. */
export const makeWorld = (options: WorldOptions = {}): World => {
  const { official = usualOfficial, proportions = measured, repositories = 1_000, seed = "census" } = options
  const names = typeof repositories === "number" ? syntheticNames(repositories, seed) : repositories
  const { assigned, crowded } = assign(names, seed, proportions)
  const listed = listedOf(assigned, seed)
  const github = new Map<string, GitHubFacts>()
  for (const { asked, now } of listed) {
    if (now === undefined) continue
    github.set(key(asked), now)
    github.set(key(now.name), now)
  }
  return { seed, listed, github, images: imagesOf(listed, assigned, crowded, seed, official), crowded }
}

const count = (listed: ReadonlyArray<Listed>, outcome: Listed["outcome"]): number =>
  listed.filter((one) => one.outcome === outcome).length

/** The truth that a run over the whole list has to come to. */
export const expectedOf = (world: World): Expected => {
  const links = new Map<string, ReadonlyArray<RepositoryName>>()
  for (const { asked, image } of world.listed) {
    if (image !== undefined) links.set(image, [...(links.get(image) ?? []), asked])
  }
  const candidates = world.listed.filter(({ now, outcome }) =>
    (outcome === "hit" || outcome === "miss") && now !== undefined && Option.isSome(hubCandidate(now.name))
  )
  const notFound = count(world.listed, "unknown")
  return {
    checked: world.listed.length,
    hits: count(world.listed, "hit"),
    misses: world.listed.length - notFound - count(world.listed, "hit"),
    notFound,
    candidates: candidates.length,
    links
  }
}
