/**
 * `GitHubProbe` over repositories in memory, for tests and for users of the library.
 */
import { Effect, Layer, Option } from "effect"
import { type CensusError, NotFound } from "../../domain/Errors.js"
import type { FileText, RepositoryProbe } from "../../domain/Finding.js"
import { fullName, key, type RepositoryName } from "../../domain/GitHubRepository.js"
import { GitHubProbe, type WantedFile } from "../../services/GitHubProbe.js"

/** What a probe of each `owner/name` (compared without case) ends in. Others are NOT_FOUND. */
export type MemoryRepositories = Iterable<readonly [string, RepositoryProbe | CensusError]>

/** The texts of files by `owner/name:path`, or what reading them ends in. Others are missing. */
export type MemoryTexts = Iterable<readonly [string, string | FileText]>

/** Answers at once, out of the given repositories and files. */
export const layer = (repositories: MemoryRepositories, texts: MemoryTexts = []): Layer.Layer<GitHubProbe> =>
  Layer.sync(GitHubProbe, () => {
    const known = new Map([...repositories].map(([name, outcome]) => [name.toLowerCase(), outcome]))
    const files = new Map([...texts].map(([name, text]) => [name.toLowerCase(), text]))

    const probe = Effect.fn("GitHubProbe.probe")(function*(repository: RepositoryName) {
      const outcome = Option.fromNullable(known.get(key(repository)))
      if (Option.isNone(outcome)) return yield* new NotFound({ service: "github", what: fullName(repository) })
      return "_tag" in outcome.value ? yield* outcome.value : outcome.value
    })

    const textAt = (repository: RepositoryName, path: string, oid: string): FileText => {
      const text = files.get(`${key(repository)}:${path.toLowerCase()}`)
      if (text === undefined) return { _tag: "Unreadable", reason: "missing" }
      return typeof text === "string" ? { _tag: "Text", oid, text } : text
    }

    return {
      probe,
      probeIfChanged: Effect.fn("GitHubProbe.probeIfChanged")(function*(repository, headOid) {
        const found = yield* probe(repository)
        const same = key(found.repository) === key(repository) && Option.contains(found.headOid, headOid)
        return same ? Option.none() : Option.some(found)
      }),
      texts: Effect.fn("GitHubProbe.texts")((repository: RepositoryName, wanted: ReadonlyArray<WantedFile>) =>
        Effect.succeed(wanted.map((file) => textAt(repository, file.path, "oid" in file ? file.oid : file.path)))
      )
    }
  })
