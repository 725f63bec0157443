import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { FileText, RepositoryProbe } from "../domain/Finding.js"
import type { RepositoryName } from "../domain/GitHubRepository.js"
import type { TreeFile } from "../domain/ImageClaim.js"

/** A file that is wanted: one of a tree that was listed, or a path at HEAD that may not be there. */
export type WantedFile = TreeFile | { readonly path: string }

/**
 * Asks GitHub what repositories look like. Many callers share one request, an alias of a GraphQL document each; all wait
 * while every credential is parked, and what failed is repeated within a bound.
 *
 * All fail with NOT_FOUND where GitHub knows no such repository (missing, private or invisible), AUTH where no
 * credential of the pool is left (scope `all`) or the repository is refused to all of them (scope `one`), RATE_LIMIT never for long
 * (a park is waited out inside), TRANSIENT where no definite answer was had: the repository stays due.
 */
export class GitHubProbe extends Context.Tag("image-census/GitHubProbe")<GitHubProbe, {
  /** What a repository looks like at HEAD. */
  readonly probe: (repository: RepositoryName) => Effect.Effect<RepositoryProbe, CensusError>
  /**
   * The same, but none where nothing has changed: the repository has the same name (without case), and `headOid` is
   * still the commit at HEAD. Learning that costs a small part of a look.
   */
  readonly probeIfChanged: (
    repository: RepositoryName,
    headOid: string
  ) => Effect.Effect<Option.Option<RepositoryProbe>, CensusError>
  /**
   * The texts of files, in their order. A file for which no definite answer was had is `Unread`: the others are
   * answered, and nothing is to be concluded from it. Files of more than 256 kB are not asked for.
   */
  readonly texts: (
    repository: RepositoryName,
    files: ReadonlyArray<WantedFile>
  ) => Effect.Effect<ReadonlyArray<FileText>, CensusError>
}>() {}
