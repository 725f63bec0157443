/**
 * Makes a world, and says what is true in it.
 */
import { Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { assign, measured, type Proportions } from "./assign.js"
import { listedOf } from "./github.js"
import { imageAt, imagesOf, type OfficialWorld, usualOfficial } from "./hub.js"
import { syntheticNames } from "./names.js"
import { namedImage, publishersOf } from "./publications.js"
import { workflowFiles } from "./workflows.js"
import type { Expected, GitHubFacts, HubFacts, Listed, Published, Publisher, World } from "./World.js"

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

const withWorkflows = (
  one: Listed,
  publishers: ReadonlyMap<string, Publisher>,
  seed: string
): Listed => {
  const { now } = one
  if (now === undefined || now.headOid === undefined) return one
  const files = new Map([...now.files, ...workflowFiles(now, publishers.get(key(now.name)), seed)])
  return { ...one, now: { ...now, files } }
}

// What the registries have: what workflows push, and under a hit's own name what it pushed by hand.
const publishedOf = (
  listed: ReadonlyArray<Listed>,
  publishers: ReadonlyArray<Publisher>,
  seed: string
): ReadonlyMap<string, Published> => {
  const byHand = listed.flatMap(({ image, now }) =>
    image === undefined || now === undefined ? [] : [namedImage(seed, now.name, image)]
  )
  const all = [...publishers.flatMap(({ images }) => images), ...byHand]
  return new Map(all.toReversed().map((one) => [`${one.registry}/${one.repository}`, one]))
}

const withPublished = (
  images: ReadonlyMap<string, HubFacts>,
  published: ReadonlyMap<string, Published>,
  seed: string
): ReadonlyMap<string, HubFacts> => {
  const more = [...published.values()].flatMap(({ registry, repository }) =>
    registry !== "docker.io" || images.has(repository) ? [] : [[repository, imageAt(seed, repository)] as const]
  )
  return new Map([...images, ...more])
}

/** The same options give the same world. */
export const makeWorld = (options: WorldOptions = {}): World => {
  const { official = usualOfficial, proportions = measured, repositories = 1_000, seed = "census" } = options
  const names = typeof repositories === "number" ? syntheticNames(repositories, seed) : repositories
  const { assigned, crowded } = assign(names, seed, proportions)
  const bare = listedOf(assigned, seed)
  const publishers = publishersOf(bare, seed)
  const byName = new Map(publishers.map((publisher) => [key(publisher.repository), publisher]))
  const listed = bare.map((one) => withWorkflows(one, byName, seed))
  const github = new Map<string, GitHubFacts>()
  for (const { asked, now } of listed) {
    if (now === undefined) continue
    github.set(key(asked), now)
    github.set(key(now.name), now)
  }
  const published = publishedOf(listed, publishers, seed)
  const images = withPublished(imagesOf(listed, assigned, crowded, seed, official), published, seed)
  return { seed, listed, github, images, publishers, published, crowded }
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
