/**
 * Texts of files: each content is asked for once, whichever repositories have it.
 */
import { Effect, Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { FileText } from "../../domain/Finding.js"
import { key, type RepositoryName } from "../../domain/GitHubRepository.js"
import type { TreeFile } from "../../domain/ImageClaim.js"
import { maxFileLength } from "../../domain/workflow/Limits.js"
import type { WantedFile } from "../../services/GitHubProbe.js"
import type { TextQuestion } from "./questions.js"

// Templates and forks share whole workflows: the last megabyte of texts is kept.
const mostKept = 1024 * 1024

const makeRecent = () => {
  const texts = new Map<string, FileText & { readonly _tag: "Text" }>()
  let kept = 0
  return {
    find: (oid: string): Option.Option<FileText> => Option.fromNullable(texts.get(oid)),
    keep: (oid: string, text: FileText) => {
      if (text._tag !== "Text" || texts.has(oid)) return
      texts.set(oid, text)
      kept += text.text.length
      for (const [first, old] of texts) {
        if (kept <= mostKept) break
        texts.delete(first)
        kept -= old.text.length
      }
    }
  }
}

// Where the size is not known: what most files stay below.
const usualSize = 8 * 1024

const atHead = (repository: RepositoryName, path: string): TextQuestion => ({
  key: `${key(repository)}:${path}`,
  repository,
  label: path,
  bytes: usualSize,
  by: "expression",
  value: `HEAD:${path}`
})

const byOid = (repository: RepositoryName, { oid, path, size }: TreeFile): TextQuestion => ({
  key: oid,
  repository,
  label: path,
  bytes: size,
  by: "oid",
  value: oid
})

/** `texts` of the service, over the questions' backlog. */
export const makeTexts = (ask: (question: TextQuestion) => Effect.Effect<FileText, CensusError>) =>
  Effect.sync(() => {
    const recent = makeRecent()

    const fetch = (repository: RepositoryName, file: TreeFile): Effect.Effect<FileText, CensusError> => {
      const shared = byOid(repository, file)
      const own = ask({ ...shared, key: `${key(repository)}@${file.oid}` })
      return ask(shared).pipe(
        // The answer may have been about another repository that has the same file, and that has gone since.
        Effect.catchTags({
          NOT_FOUND: () => own,
          AUTH: (error) => error.scope === "all" ? Effect.fail(error) : own
        }),
        // A push that rewrote history since the look has taken the object away.
        Effect.flatMap((text) =>
          text._tag === "Unreadable" && text.reason === "missing"
            ? ask(atHead(repository, file.path))
            : Effect.succeed(text)
        ),
        Effect.tap((text) => Effect.sync(() => recent.keep(file.oid, text)))
      )
    }

    const one = (repository: RepositoryName, file: WantedFile): Effect.Effect<FileText, CensusError> => {
      if (!("oid" in file)) return ask(atHead(repository, file.path))
      if (file.size > maxFileLength) return Effect.succeed({ _tag: "Unreadable", reason: "too-large" })
      return Option.match(recent.find(file.oid), {
        onNone: () => fetch(repository, file),
        onSome: (text) => Effect.succeed(text)
      })
    }

    return Effect.fn("GitHubProbe.texts")((repository: RepositoryName, files: ReadonlyArray<WantedFile>) =>
      Effect.forEach(
        files,
        (file) =>
          Effect.catchTag(
            one(repository, file),
            "TRANSIENT",
            (error) => Effect.succeed<FileText>({ _tag: "Unread", reason: `${error.reason}: ${error.message}` })
          ),
        { concurrency: "unbounded" }
      )
    )
  })
