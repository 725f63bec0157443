/**
 * `GitHubProbe` over repositories in memory, for tests and for users of the library.
 */
import { Effect, Layer, Option } from "effect"
import { type CensusError, NotFound } from "../../domain/Errors.js"
import type { RepositoryProbe } from "../../domain/Finding.js"
import { fullName, key } from "../../domain/GitHubRepository.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"

/** What a probe of each `owner/name` (compared without case) ends in. Others are NOT_FOUND. */
export type MemoryRepositories = Iterable<readonly [string, RepositoryProbe | CensusError]>

/** Answers at once, out of the given repositories. */
export const layer = (repositories: MemoryRepositories): Layer.Layer<GitHubProbe> =>
  Layer.sync(GitHubProbe, () => {
    const known = new Map([...repositories].map(([name, outcome]) => [name.toLowerCase(), outcome]))
    return {
      probe: Effect.fn("GitHubProbe.probe")(function*(repository) {
        const outcome = Option.fromNullable(known.get(key(repository)))
        if (Option.isNone(outcome)) return yield* new NotFound({ service: "github", what: fullName(repository) })
        return "_tag" in outcome.value ? yield* outcome.value : outcome.value
      })
    }
  })
