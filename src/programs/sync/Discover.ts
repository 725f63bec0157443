/**
 * `discover`: now, for these repositories, whatever is due, with the evidence.
 */
import { Duration, Effect, Option } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"
import type { ClaimedRepository, DiscoveryFinding } from "../../domain/Finding.js"
import type { RepositoryName } from "../../domain/GitHubRepository.js"
import { dockerHub } from "../../domain/ImageReference.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import * as HubLane from "./HubLane.js"
import { lookAtRepository } from "./looks.js"
import * as Recorder from "./Recorder.js"
import * as RegistryLanes from "./RegistryLanes.js"
import type { SyncOptions } from "./SyncOptions.js"
import type { SyncProgress } from "./SyncProgress.js"

const ahead = 200

// What `--dry-run` looks at: nothing is claimed, so there is no row.
const unclaimed = (repository: RepositoryName): ClaimedRepository => ({ id: "", repository, attempts: 0 })

/**
 * Looks at repositories without the store: nothing is read from it or written to it. Findings in the order asked for.
 * `registries`: where images are looked for; Docker Hub alone by default.
 */
export const discoverDry = Effect.fn("discoverDry")(function*(
  repositories: ReadonlyArray<RepositoryName>,
  registries: ReadonlyArray<string> = [dockerHub]
): Effect.fn.Return<ReadonlyArray<DiscoveryFinding>, Auth, GitHubProbe | DockerHubRegistry | SyncProgress> {
  const lane = yield* HubLane.make()
  const look = lookAtRepository(lane.ask, { registries })
  return yield* Effect.raceFirst(
    Effect.forEach(repositories, (repository) => look(unclaimed(repository)), { concurrency: ahead }),
    lane.serve
  )
})

/** Where images are looked for, and what may be read of them; as in `SyncOptions`. */
export type DiscoverOptions = Pick<SyncOptions, "registries" | "verifyPullsPerDay">

// By hand, an image that was not found is looked for again when `sync` would.
const interval = Duration.days(14)

/**
 * Looks at repositories now, adding those that are not stored, and records what was found; then for what they claim at
 * registries, and what those images say. Findings in the order in which the store claimed them; a repository that
 * another process is looking at right now is left to it.
 */
export const discover = Effect.fn("discover")(
  function*(
    repositories: ReadonlyArray<RepositoryName>,
    lease: SyncOptions["lease"],
    { registries = [dockerHub], verifyPullsPerDay }: DiscoverOptions = {}
  ) {
    const store = yield* RepoDockerStore
    const recorder = yield* Recorder.make(lease)
    const lane = yield* HubLane.make()
    const look = lookAtRepository(lane.ask, { registries })
    const claims = yield* store.claimNamed(repositories, lease)
    yield* recorder.holdRepositories(claims)
    const atRegistries = yield* RegistryLanes.make(lane.ask, {
      batchSize: ahead,
      discovery: true,
      discoveryInterval: interval,
      includeDeferred: false,
      lease,
      registries,
      repositories: claims.map(({ id }) => id),
      verifyPullsPerDay
    })
    const pass = Effect.forEach(atRegistries.lanes, (lane) => lane(true), { concurrency: "unbounded" }).pipe(
      Effect.zipRight(atRegistries.drain)
    )
    return yield* Effect.raceFirst(
      Effect.forEach(claims, (claim) => Effect.tap(look(claim), recorder.discovery), { concurrency: ahead }).pipe(
        Effect.zipLeft(recorder.drain),
        // The second pass reads what the first one found.
        Effect.zipLeft(Effect.repeatN(pass, 1))
      ),
      lane.serve
    )
  },
  Effect.scoped
) satisfies (
  repositories: ReadonlyArray<RepositoryName>,
  lease: SyncOptions["lease"],
  options?: DiscoverOptions
) => Effect.Effect<
  ReadonlyArray<DiscoveryFinding>,
  Auth | Transient,
  RepoDockerStore | GitHubProbe | DockerHubRegistry | SyncProgress
>

/** The image that was guessed for a finding's repository, where there was a reason to guess. */
export const candidateOf = (finding: DiscoveryFinding): Option.Option<string> => {
  switch (finding.result._tag) {
    case "Hit":
      return Option.some(finding.result.facts.image)
    case "Miss":
      return finding.result.candidate
    default:
      return Option.none()
  }
}
