/**
 * What the repositories of the world hold: Dockerfiles in their several places, folders that only look like one,
 * former names, nothing at all.
 */
import { Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import { fullName, key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import type { Assigned } from "./assign.js"
import { between, oid } from "./seed.js"
import type { GitHubFacts, Listed } from "./World.js"

const dockerfile = (name: RepositoryName): string =>
  `FROM alpine:3.22\nLABEL org.opencontainers.image.source=https://github.com/${
    fullName(name)
  }\nCOPY . /app\nENTRYPOINT ["/app/run"]\n`

const dockerfilePaths = (index: number): ReadonlyArray<string> => {
  if (index % 9 === 4) return ["docker/Dockerfile"]
  if (index % 11 === 5) return ["build/Dockerfile"]
  return index % 13 === 6 ? ["Dockerfile", "docker/Dockerfile", "build/Dockerfile"] : ["Dockerfile"]
}

const readme = (name: RepositoryName): readonly [string, string] => ["README.md", `# ${name.name}\n`]

const renamed = ({ index, name, outcome }: Assigned): RepositoryName => {
  const wanted = outcome === "hit" ? index % 12 === 7 : outcome === "miss" ? index % 15 === 8 : index % 40 === 9
  if (!wanted) return name
  return index % 2 === 0 ? { owner: name.owner, name: `${name.name}-next` } : { ...name, owner: `${name.owner}-labs` }
}

/** A folder of that name, which is no Dockerfile. */
const isFolder = ({ index, outcome }: Assigned): boolean => outcome === "none" && index % 25 === 3
const isEmpty = ({ index, outcome }: Assigned): boolean => outcome === "none" && index % 20 === 4

/** No Dockerfile, and yet an image of that name: it is somebody else's, and no hit. */
export const isNamesake = (assigned: Assigned): boolean =>
  assigned.outcome === "none" && (assigned.index % 30 === 5 || (isFolder(assigned) && assigned.index % 2 === 1))

const filesOf = (assigned: Assigned, name: RepositoryName): ReadonlyMap<string, string> => {
  if (isEmpty(assigned)) return new Map()
  if (isFolder(assigned)) return new Map([readme(name), ["Dockerfile/alpine.dockerfile", dockerfile(name)]])
  if (assigned.outcome === "none") return new Map([readme(name), ["Containerfile.md", "How to build an image.\n"]])
  return new Map([
    readme(name),
    ...dockerfilePaths(assigned.index).map((path) => [path, dockerfile(name)] as const)
  ])
}

const factsOf = (assigned: Assigned, seed: string): GitHubFacts => {
  const name = renamed(assigned)
  return {
    name,
    headOid: isEmpty(assigned) ? undefined : oid(seed, "head", key(name)),
    files: filesOf(assigned, name)
  }
}

const imageOf = (facts: GitHubFacts): string | undefined => Option.getOrUndefined(hubCandidate(facts.name))

/** The listed repositories with what GitHub has of them. */
export const listedOf = (assigned: ReadonlyArray<Assigned>, seed: string): ReadonlyArray<Listed> => {
  // Two hits of one owner, of which the second was merged into the first: two repositories with one image.
  const hits = assigned.filter(({ index, outcome }) => outcome === "hit" && index > 2)
  const twin = hits.find((hit, i) => hits.slice(0, i).some((other) => other.name.owner === hit.name.owner))
  const target = hits.find((hit) => hit !== twin && hit.name.owner === twin?.name.owner)
  return assigned.map((one): Listed => {
    const asked = one.name
    if (one.outcome === "unknown") return { asked, outcome: "unknown", now: undefined, image: undefined }
    const now = factsOf(one === twin && target !== undefined ? target : one, seed)
    return { asked, outcome: one.outcome, now, image: one.outcome === "hit" ? imageOf(now) : undefined }
  })
}

/** A number of stars, skewed: most have few. */
export const starsOf = (seed: string, ...purpose: ReadonlyArray<string>): number =>
  between(0, 3, seed, "stars", ...purpose) ** between(1, 6, seed, "stars-power", ...purpose)
