/**
 * Reads the workflows of a repository that were never read, and the files that they take names from.
 */
import { Array as Arr, Effect, Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { FileText, RepositoryFiles, RepositoryProbe } from "../../domain/Finding.js"
import type { KnownRepository, RepositoryReading, TreeFile, WorkflowReading } from "../../domain/ImageClaim.js"
import {
  beyondReader,
  claimsOf,
  claimsOfName,
  keptWorkflows,
  mayBeThere,
  namespacesOf,
  readings,
  type ReadWorkflow,
  toRead
} from "../../domain/RepositoryClaims.js"
import type { RepositoryFile } from "../../domain/WorkflowImages.js"
import { GitHubProbe, type WantedFile } from "../../services/GitHubProbe.js"
import { WorkflowReader } from "../../services/WorkflowReader.js"

// Workflows that call workflows that run scripts: deeper than this nobody hides a name.
const mostRounds = 3
// Files besides workflows, of one repository.
const mostOthers = 20
const mostWorkflows = 100

const unread = (file: TreeFile, problem: string): WorkflowReading => ({
  path: file.path,
  oid: file.oid,
  state: "unread",
  uses: [],
  templates: [],
  problem: Option.some(problem)
})

const problemOf = (text: FileText | undefined): string => {
  if (text === undefined || text._tag === "Text") return "not asked for"
  // A text that is not there may have gone since the look that listed it.
  return text._tag === "Unreadable" && text.reason !== "missing" ? beyondReader(text.reason) : text.reason
}

/** The texts that were had so far. */
interface Texts {
  readonly had: ReadonlyMap<string, { readonly oid: string; readonly text: string }>
  /** Asked for, and found not to be there or not to be readable; or never answered. */
  readonly none: ReadonlyMap<string, FileText>
}

const wantedBy = (read: ReadonlyArray<ReadWorkflow>, files: RepositoryFiles, texts: Texts) => {
  const known = new Map([...files.workflows, ...files.build].map((file) => [file.path, file]))
  const paths = new Set(read.flatMap(({ found }) => found.files.missing))
  return [...paths]
    .filter((path) => !texts.had.has(path) && !texts.none.has(path) && mayBeThere(files, path))
    .map((path): WantedFile => known.get(path) ?? { path })
}

/**
 * The reading of a repository that has changed, or was never read as a whole. Fails where GitHub gives no definite
 * answer for the repository; a single text that could not be had leaves its workflow unread.
 */
export const readFiles = Effect.fn("discovery.readFiles")(function*(
  probe: RepositoryProbe,
  files: RepositoryFiles,
  known: KnownRepository | undefined,
  registries: ReadonlyArray<string>
): Effect.fn.Return<RepositoryReading, CensusError, GitHubProbe> {
  const github = yield* GitHubProbe
  const { kept, read } = toRead(files, known)
  const had = new Map<string, { readonly oid: string; readonly text: string }>()
  const none = new Map<string, FileText>()
  const texts: Texts = { had, none }
  const session = (yield* WorkflowReader).open({
    ...probe.repository,
    defaultBranch: files.defaultBranch
  })
  // Workflows that could not be evaluated, and why.
  const failures = new Map<string, string>()
  let unsent = new Array<RepositoryFile>()

  const fetch = Effect.fnUntraced(function*(wanted: ReadonlyArray<WantedFile>) {
    if (wanted.length === 0) return
    const found = yield* github.texts(probe.repository, wanted)
    for (const [index, file] of wanted.entries()) {
      const text = found[index]
      if (text?._tag === "Text") {
        had.set(file.path, text)
        unsent.push({ path: file.path, text: text.text })
      } else if (text !== undefined) none.set(file.path, text)
    }
  })

  const extract = Effect.fnUntraced(function*(namespaces: ReadonlyArray<string>) {
    const given = unsent
    unsent = []
    const readable = read.filter(({ path }) => had.has(path) && !failures.has(path))
    const answers = yield* session.read({ given, paths: readable.map(({ path }) => path), namespaces })
    return Arr.zip(readable, answers).flatMap(([file, answer]): ReadonlyArray<ReadWorkflow> => {
      if (answer._tag === "Found") return [{ file, found: answer.findings }]
      failures.set(file.path, answer.reason)
      return []
    })
  })

  yield* fetch(read.slice(0, mostWorkflows))
  let found = yield* extract([])
  let others = 0
  for (let round = 0; round < mostRounds; round++) {
    const wanted = wantedBy(found, files, texts).slice(0, mostOthers - others)
    if (wanted.length === 0) break
    others += wanted.length
    yield* fetch(wanted)
    found = yield* extract([])
  }
  const namespaces = namespacesOf(found)
  const open = found.some((one) => one.found.patterns.length > 0)
  if (open && namespaces.length > 0) found = yield* extract(namespaces)

  // What rests on a file for which there was no answer is not known yet.
  const lost = (one: ReadWorkflow) => one.found.files.missing.find((path) => none.get(path)?._tag === "Unread")
  const whole = found.filter((one) => lost(one) === undefined)
  const failed = read.filter((file) => !whole.some((one) => one.file.path === file.path))
  return {
    probe,
    workflows: [
      ...kept,
      ...readings(whole, (path) => had.get(path)?.oid),
      ...failed.map((file) => {
        const incomplete = found.find((one) => one.file.path === file.path)
        const path = incomplete === undefined ? file.path : lost(incomplete) ?? file.path
        const problem = failures.get(file.path) ?? problemOf(none.get(path))
        return unread(file, path === file.path ? problem : `${path}: ${problem}`)
      })
    ],
    claims: [...claimsOfName(probe, registries), ...claimsOf(whole)]
  }
})

/** The reading of a repository of which nothing has changed. */
export const keptReading = (
  probe: RepositoryProbe,
  known: KnownRepository,
  registries: ReadonlyArray<string>
): RepositoryReading => ({
  probe,
  workflows: keptWorkflows(known),
  claims: claimsOfName(probe, registries)
})
