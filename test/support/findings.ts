/** Findings for tests of the store. */
import { Duration, Option } from "effect"
import type {
  ClaimedImage,
  ClaimedRepository,
  DiscoveryFinding,
  ImageFacts,
  RefreshFinding
} from "../../src/domain/Finding.js"
import type { RepositoryName } from "../../src/domain/GitHubRepository.js"

export const repository = (text: string): RepositoryName => {
  const slash = text.indexOf("/")
  return { owner: text.slice(0, slash), name: text.slice(slash + 1) }
}

export const claim = (limit: number) => ({ limit, lease: Duration.minutes(10), interval: Duration.days(14) })
export const claimDaily = (limit: number) => ({ limit, lease: Duration.minutes(10), interval: Duration.hours(24) })

export const facts = (image: string, pulls: bigint): ImageFacts => ({
  image,
  pulls,
  stars: 7,
  lastUpdated: Option.some(1_700_000_000_000)
})

const probe = (repository: RepositoryName) => ({
  repository,
  headOid: Option.some("0123456789abcdef0123456789abcdef01234567"),
  dockerfiles: ["Dockerfile" as const]
})

export const hit = (
  claim: ClaimedRepository,
  at: number,
  image: string,
  pulls: bigint,
  current: RepositoryName = claim.repository
): DiscoveryFinding => ({ claim, at, result: { _tag: "Hit", probe: probe(current), facts: facts(image, pulls) } })

export const miss = (
  claim: ClaimedRepository,
  at: number,
  current: RepositoryName = claim.repository
): DiscoveryFinding => ({ claim, at, result: { _tag: "Miss", probe: probe(current), candidate: Option.none() } })

export const notFound = (claim: ClaimedRepository, at: number): DiscoveryFinding => ({
  claim,
  at,
  result: { _tag: "NotFound" }
})

export const putOff = <Claim>(claim: Claim, at: number, notBefore: number) => ({
  claim,
  at,
  result: { _tag: "Deferred" as const, reason: "Docker Hub: 503", notBefore }
})

export const refreshed = (claim: ClaimedImage, at: number, pulls: bigint): RefreshFinding => ({
  claim,
  at,
  result: { _tag: "Refreshed", facts: facts(claim.image, pulls) }
})

export const gone = (claim: ClaimedImage, at: number): RefreshFinding => ({ claim, at, result: { _tag: "Gone" } })
