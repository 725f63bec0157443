/**
 * Where a command's input comes from: files, standard input, or the arguments themselves.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { Array as Arr, Effect, Either, Option, Stream } from "effect"
import * as GitHubRepository from "../../domain/GitHubRepository.js"
import * as RepositoryList from "../../domain/RepositoryList.js"
import { Failure, UsageError } from "./errors.js"
import { Stdio } from "./Stdio.js"

/** What one line of one source held. */
export interface SourceEntry {
  /** The file's name, or `standard input`. */
  readonly source: string
  readonly entry: RepositoryList.Entry
}

const standardInput = "standard input"

const linesOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<string, E, R> =>
  bytes.pipe(Stream.decodeText(), Stream.splitLines)

const stdinLines = Effect.gen(function*() {
  const { stdin } = yield* Stdio
  return linesOf(stdin.bytes).pipe(
    Stream.mapError((error) => new Failure({ message: `${standardInput}: ${error.message}` }))
  )
})

const fileLines = Effect.fnUntraced(function*(path: string) {
  const files = yield* FileSystem.FileSystem
  return linesOf(files.stream(path)).pipe(
    Stream.mapError((error) => new Failure({ message: `${path} cannot be read: ${error.message}` }))
  )
})

/** The lines of a file, or of standard input where the name is `-`. */
export const lines = (name: string): Stream.Stream<string, Failure, FileSystem.FileSystem | Stdio> =>
  name === "-" ? Stream.unwrap(stdinLines) : Stream.unwrap(fileLines(name))

/** The name under which a source stands in messages. */
export const sourceName = (name: string): string => name === "-" ? standardInput : name

const entriesOf = <E, R>(source: string, lines: Stream.Stream<string, E, R>): Stream.Stream<SourceEntry, E, R> =>
  // The end is marked by a value of its own, for a record may still be open then.
  Stream.concat(Stream.map(lines, Option.some), Stream.make(Option.none<string>())).pipe(
    Stream.mapAccum(RepositoryList.initial, (state, line): RepositoryList.Step =>
      Option.match(line, {
        onNone: () => [state, RepositoryList.end(state)],
        onSome: (line) => RepositoryList.step(state, line)
      })),
    Stream.mapConcat((entries) => entries.map((entry) => ({ source, entry })))
  )

type Source =
  | { readonly _tag: "Lines"; readonly name: string }
  | { readonly _tag: "Repository"; readonly repository: GitHubRepository.RepositoryName }

const looksLikeFile = /\.(?:txt|csv|tsv|json|jsonl|ndjson)$/i

const sourceOf = Effect.fnUntraced(function*(text: string) {
  if (text === "-") return { _tag: "Lines", name: text } satisfies Source
  const files = yield* FileSystem.FileSystem
  const isThere = yield* files.exists(text).pipe(Effect.orElseSucceed(() => false))
  const isFolder = isThere &&
    (yield* files.stat(text).pipe(
      Effect.map((info) => info.type === "Directory"),
      Effect.orElseSucceed(() => false)
    ))
  if (isThere && !isFolder) return { _tag: "Lines", name: text } satisfies Source
  const repository = GitHubRepository.parse(text)
  if (Either.isRight(repository) && (text.includes("github.com") || !looksLikeFile.test(text))) {
    return { _tag: "Repository", repository: repository.right } satisfies Source
  }
  return yield* new UsageError({
    message: `${JSON.stringify(text)} is neither a file nor a repository; write a file's name, - or OWNER/NAME`
  })
})

/**
 * Repositories out of a command's arguments: an existing file is read (see `domain/RepositoryList`), `-` is standard
 * input, anything else has to be a repository. Without arguments, standard input is read unless it is a terminal.
 */
export const repositories = Effect.fn("sources.repositories")(function*(texts: ReadonlyArray<string>) {
  const { stdin } = yield* Stdio
  if (texts.length === 0 && stdin.isTerminal) {
    return yield* new UsageError({ message: "say which repositories: a file, - for standard input, or OWNER/NAME" })
  }
  const sources = yield* Effect.forEach(texts.length === 0 ? ["-"] : Arr.dedupe(texts), sourceOf)
  return Stream.fromIterable(sources).pipe(
    Stream.flatMap((source) =>
      source._tag === "Lines"
        ? entriesOf(sourceName(source.name), lines(source.name))
        : Stream.succeed<SourceEntry>({ source: "", entry: Either.right(source.repository) })
    )
  )
})
