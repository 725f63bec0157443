/**
 * `discover`: now, for these repositories, whatever is due, with the evidence.
 */
import { Effect, Option } from "effect"
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

/**
 * Looks at repositories now, adding those that are not stored, and records what was found. Findings in the order in
 * which the store claimed them; a repository that another process is looking at right now is left to it.
 */
export const discover = Effect.fn("discover")(
  function*(
    repositories: ReadonlyArray<RepositoryName>,
    lease: SyncOptions["lease"],
    registries: ReadonlyArray<string> = [dockerHub]
  ) {
    const store = yield* RepoDockerStore
    const recorder = yield* Recorder.make(lease)
    const lane = yield* HubLane.make()
    const look = lookAtRepository(lane.ask, { registries })
    const claims = yield* store.claimNamed(repositories, lease)
    yield* recorder.holdRepositories(claims)
    const findings = yield* Effect.raceFirst(
      Effect.forEach(claims, (claim) => Effect.tap(look(claim), recorder.discovery), { concurrency: ahead }),
      lane.serve
    )
    yield* recorder.drain
    return findings
  },
  Effect.scoped
) satisfies (
  repositories: ReadonlyArray<RepositoryName>,
  lease: SyncOptions["lease"],
  registries?: ReadonlyArray<string>
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
