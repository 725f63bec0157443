import type { Effect } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { RepositoryProbe } from "../domain/Finding.js"
import type { RepositoryName } from "../domain/GitHubRepository.js"

/** Asks GitHub what a repository looks like at HEAD. Many callers share one request. */
export class GitHubProbe extends Context.Tag("image-census/GitHubProbe")<GitHubProbe, {
  /**
   * One alias in a shared GraphQL document. Waits while every credential is parked, and retries within a bound.
   *
   * Fails with NOT_FOUND where GitHub knows no such repository (missing, private or invisible), AUTH where no
   * credential of the pool is left (scope `all`) or the repository is refused to all of them (scope `one`), RATE_LIMIT never for long
   * (a park is waited out inside), TRANSIENT where no definite answer was had: the repository stays due.
   */
  readonly probe: (repository: RepositoryName) => Effect.Effect<RepositoryProbe, CensusError>
}>() {}
