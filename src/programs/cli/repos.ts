/**
 * `repos add`, `repos list`, `repos remove`: which repositories are looked at.
 */
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Effect, Either, Option, Stream } from "effect"
import { fullName, key, type RepositoryName } from "../../domain/GitHubRepository.js"
import { RepoDockerStore, type StoredRepository } from "../../services/RepoDockerStore.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure } from "./errors.js"
import * as Output from "./output.js"
import { argument, described, withSettings } from "./run.js"
import * as Sources from "./sources.js"
import { counted, grouped, instant, iso, orDash } from "./text.js"

const batchSize = 5000
const shownInvalid = 20

interface InvalidLine {
  readonly source: string
  readonly line: number
  readonly message: string
}

interface Read {
  readonly valid: number
  readonly invalid: number
  /** The first of them. */
  readonly invalidLines: ReadonlyArray<InvalidLine>
}

const sources = argument("file|-|owner/name", "A file with repositories, - for standard input, or a repository.").pipe(
  Args.repeated
)

const distinct = (repositories: ReadonlyArray<RepositoryName>): ReadonlyArray<RepositoryName> =>
  Array.from(new Map(repositories.map((repository) => [key(repository), repository])).values())

/** Hands the repositories of a command's arguments over in batches, and tells what could not be read. */
const inBatches = Effect.fnUntraced(function*<E, R>(
  texts: ReadonlyArray<string>,
  batch: (repositories: ReadonlyArray<RepositoryName>) => Effect.Effect<void, E, R>
) {
  const entries = yield* Sources.repositories(texts)
  return yield* entries.pipe(
    Stream.grouped(batchSize),
    Stream.runFoldEffect(
      { valid: 0, invalid: 0, invalidLines: [] },
      Effect.fnUntraced(function*(read: Read, chunk: Chunk.Chunk<Sources.SourceEntry>) {
        const valid: Array<RepositoryName> = []
        const invalidLines = [...read.invalidLines]
        let invalid = read.invalid
        for (const { entry, source } of chunk) {
          if (Either.isRight(entry)) valid.push(entry.right)
          else {
            invalid += 1
            if (invalidLines.length < shownInvalid) invalidLines.push({ source, ...entry.left })
          }
        }
        if (valid.length > 0) yield* batch(valid)
        return { valid: read.valid + valid.length, invalid, invalidLines }
      })
    )
  )
})

const tellInvalid = Effect.fnUntraced(function*(read: Read) {
  for (const { line, message, source } of read.invalidLines) yield* Output.tell(`${source}:${line}: ${message}`)
  const rest = read.invalid - read.invalidLines.length
  if (rest > 0) yield* Output.tell(`and ${counted(rest, "more invalid line")}`)
  if (read.invalid > 0 && read.valid === 0) return yield* new Failure({ message: "no line named a GitHub repository" })
})

const add = (layers: CommandLayers) =>
  Command.make("add", { sources, json: Output.json }, ({ json, sources }) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      let added = 0
      let known = 0
      const read = yield* inBatches(
        sources,
        Effect.fnUntraced(function*(repositories) {
          const once = distinct(repositories)
          const result = yield* store.addRepositories(once)
          added += result.added
          known += result.known + (repositories.length - once.length)
        })
      )
      yield* json
        ? Output.printJson({ added, known, invalid: read.invalid, invalidLines: read.invalidLines })
        : Output.printLines([
          `${grouped(added)} added, ${grouped(known)} known already, ${grouped(read.invalid)} invalid`
        ])
      yield* tellInvalid(read)
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Adds repositories. A file (or standard input, as -) holds a line each with an address or owner/name, or CSV " +
          "with a column url, or a JSON object with a url in each line. An argument that names an existing file is " +
          "read; any other has to be a repository.",
        [
          ["image-census repos add ollama/ollama https://github.com/traefik/traefik", "two repositories"],
          ["image-census repos add repositories.txt stars.csv", "all that two files name"],
          ["gh repo list cncf --json url --jq '.[]' | image-census repos add -", "from another program"]
        ]
      ))
    )

const columns = [
  { title: "REPOSITORY", align: "left" },
  { title: "CHECKED (UTC)", align: "left" },
  { title: "OUTCOME", align: "left" },
  { title: "IMAGES", align: "left" }
] as const

/** Names with a mark at those that are verified; a dash for none. */
export const marked = (names: ReadonlyArray<string>, verified: ReadonlyArray<string>): string =>
  names.map((name) => verified.includes(name) ? `${name} ✓` : name).join(" ") || "-"

const row = (stored: StoredRepository) => [
  fullName(stored.repository),
  orDash(Option.map(stored.checkedAt, instant)),
  orDash(stored.outcome),
  marked(stored.images, stored.verified)
]

const record = (stored: StoredRepository) => ({
  url: stored.url,
  owner: stored.repository.owner,
  name: stored.repository.name,
  checkedAt: Option.getOrNull(Option.map(stored.checkedAt, iso)),
  outcome: Option.getOrNull(stored.outcome),
  images: stored.images,
  verified: stored.verified
})

/** `--search TEXT`, of every command that lists. */
export const search = (what: string) =>
  Options.text("search").pipe(Options.withDescription(`Only ${what} that hold this text.`), Options.optional)

const list = (layers: CommandLayers) =>
  Command.make(
    "list",
    { search: search("repositories"), json: Output.json },
    ({ json, search }) =>
      Effect.gen(function*() {
        const store = yield* RepoDockerStore
        const stored = store.repositories({ search })
        if (json) return yield* Output.printJsonArray(Stream.map(stored, record))
        const count = yield* Output.printTable(columns, Stream.map(stored, row))
        if (count === 0) yield* Output.tell("no repositories; image-census repos add adds some")
      }).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(
      described("Lists repositories, and what is known of them; ✓ marks images whose label names the repository.", [
        ["image-census repos list", "all of them"],
        ["image-census repos list --search cncf/ --json", "one owner's, for a program"]
      ])
    )
  )

const remove = (layers: CommandLayers) =>
  Command.make("remove", { sources, json: Output.json }, ({ json, sources }) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      let removed = 0
      const unknown: Array<string> = []
      const read = yield* inBatches(
        sources,
        Effect.fnUntraced(function*(repositories) {
          const result = yield* store.removeRepositories(distinct(repositories))
          removed += result.removed
          for (const repository of result.unknown) unknown.push(fullName(repository))
        })
      )
      yield* json
        ? Output.printJson({ removed, unknown, invalid: read.invalid, invalidLines: read.invalidLines })
        : Output.printLines([
          `${grouped(removed)} removed, ${grouped(unknown.length)} not known, ${grouped(read.invalid)} invalid`
        ])
      if (!json) {
        for (const name of unknown.slice(0, shownInvalid)) yield* Output.tell(`${name} is not known`)
      }
      yield* tellInvalid(read)
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Takes repositories out, so that they are not looked at again. Their images and the history stay.",
        [["image-census repos remove ollama/ollama", "one repository"]]
      ))
    )

/** `repos`. */
export const repos = (layers: CommandLayers) =>
  Command.make("repos").pipe(
    Command.withDescription("Which repositories are looked at."),
    Command.withSubcommands([add(layers), list(layers), remove(layers)])
  )
