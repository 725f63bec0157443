/**
 * Which images does a GitHub Actions workflow publish? Read from its YAML, the repository's name, and those of its other
 * files that were fetched; nothing is asked of any registry, so a name found here is a claim of the repository, not a
 * proof.
 */
import { Either, Option } from "effect"
import { Evaluator } from "./workflow/Expression.js"
import type { WorkflowFindings } from "./workflow/Findings.js"
import { HoleTable } from "./workflow/Holes.js"
import { runWorkflow } from "./workflow/Jobs.js"
import * as Limits from "./workflow/Limits.js"
import { Publications } from "./workflow/Publications.js"
import type { Run } from "./workflow/Scope.js"
import { ofTriggers } from "./workflow/Triggers.js"
import { isMap, mapOf, read, readPaid, type YamlMap } from "./workflow/Yaml.js"

export type { WorkflowFindings } from "./workflow/Findings.js"

/** A file of a repository. */
export interface RepositoryFile {
  /** The path from the repository's root: `.github/workflows/release.yml`. */
  readonly path: string
  readonly text: string
}

/** What is known of the repository. */
export interface RepositoryFacts {
  readonly owner: string
  readonly name: string
  readonly defaultBranch: Option.Option<string>
  /**
   * Other files that were fetched: workflows that this one may call, composite actions, `.goreleaser.yml`, bake and
   * Compose files, scripts. A name that stands in one that is missing is reported as external.
   */
  readonly files: ReadonlyArray<RepositoryFile>
  /** Namespaces that the owner is known to use at registries, for the candidates of patterns. */
  readonly namespaces: ReadonlyArray<string>
}

const nothing = (problem: WorkflowFindings["problem"]): WorkflowFindings => ({
  images: [],
  patterns: [],
  external: [],
  described: [],
  files: { used: [], missing: [] },
  problem
})

// A file without any of these words publishes nothing, whatever else it does.
const relevant =
  /push|publish|docker|image|container|buildah|podman|skopeo|crane|regctl|goreleaser|kaniko|jib|\bko\b|uses:\s*["']?\.\/|workflows\/|depot|release/i

// Whether a file sets a name, or hands it on: as a word that is neither read (`$NAME`, `env.NAME`) nor a key.
const sets = (text: string, name: string): boolean => {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const after = text.slice(at + name.length, at + name.length + 2)
    if (!/^[.\w${]$/.test(text.charAt(at - 1)) && !/^(?:\w|:(?!:))/.test(after)) return true
  }
  return false
}

// Few names are looked for one by one, which is quicker; more of them all at once, for the file is not read that often.
const fewNames = 8

const assigned = (text: string): (name: string) => boolean => {
  const known = new Map<string, boolean>()
  let all: ReadonlySet<string> | undefined
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    if (!/^\w{1,100}$/.test(name)) return false
    if (known.size >= fewNames) return (all ??= new Set(text.match(/(?<![.\w${])\w+(?!\w|:(?!:))/g))).has(name)
    const answer = sets(text, name)
    known.set(name, answer)
    return answer
  }
}

// Which keys of a matrix the file speaks of; all, where it takes the matrix as a whole.
const matrixKeys = (text: string): (key: string) => boolean => {
  if (!text.includes("matrix")) return () => true
  const named = new Set(
    [...text.matchAll(/matrix(?:\.([\w-]+)|\[\s*'([\w-]+)'\s*\])/g)].map(([, dot, key]) => dot ?? key)
  )
  return /matrix\s*(?:[)}|,]|\.\*)|matrix\[(?!\s*')/.test(text) ? () => true : (key) => named.has(key)
}

// What may be a file of the repository: no expression, no option, nothing outside.
const plainPath = /^(?!\/|-)(?!.*(?:^|\/)\.\.?(?:\/|$))[\w./@+-]{1,200}$/

/** The repository's other files, and which of them were asked for. */
const makeFiles = (facts: RepositoryFacts) => {
  const texts = new Map(facts.files.map(({ path, text }) => [path, text]))
  const asked = new Set<string>()
  return {
    paths: () => texts.keys(),
    text: (path: string): string | undefined => {
      if (asked.size < Limits.maxFiles && plainPath.test(path)) asked.add(path)
      return texts.get(path)
    },
    asked: () => {
      const used = new Array<string>()
      const missing = new Array<string>()
      for (const path of asked) (texts.has(path) ? used : missing).push(path)
      return { used, missing }
    }
  }
}

const yamlReader = (
  file: (path: string) => string | undefined,
  tank: Limits.Fuel
): (path: string) => YamlMap | undefined => {
  const known = new Map<string, YamlMap | undefined>()
  return (path) => {
    if (known.has(path)) return known.get(path)
    const text = file(path)
    const value = text === undefined ? undefined : Either.getOrUndefined(readPaid(text, tank))
    const map = isMap(value) ? value : undefined
    known.set(path, map)
    return map
  }
}

/** Runs what may cost more than it may; whether there was enough. */
const affordable = (evaluation: () => void): boolean => {
  try {
    evaluation()
    return true
  } catch (error) {
    if (error instanceof Limits.OutOfFuel) return false
    throw error
  }
}

/**
 * The images that a workflow publishes when any of its triggers starts it. `images` are determined by the file and the
 * repository; `patterns` depend on a secret, a variable, an input of a caller or something that only a run knows;
 * `external` names stand in files that were not given. Never fails: what cannot be read is told in `problem`. Takes time
 * proportional to the length of the files at most, and whatever they say no more than `tank` pays for: a file that wants
 * more has the problem `too-much`, and what was found until then.
 */
export const publishedImages = (
  file: RepositoryFile,
  facts: RepositoryFacts,
  tank: Limits.Fuel = new Limits.Fuel()
): WorkflowFindings => {
  if (file.text.length <= Limits.maxFileLength && !relevant.test(file.text)) return nothing(Option.none())
  const document = read(file.text)
  if (Either.isLeft(document)) return nothing(Option.some(document.left))
  if (!isMap(document.right) || !isMap(document.right["jobs"])) return nothing(Option.some("no-workflow"))
  const workflow = document.right
  const holes = new HoleTable(tank)
  const publications = new Publications(holes)
  const files = makeFiles(facts)
  const run: Run = {
    evaluator: new Evaluator(holes),
    publications,
    facts: { owner: facts.owner, name: facts.name, file: files.text, paths: files.paths },
    yaml: yamlReader(files.text, tank),
    sets: assigned(file.text),
    parsed: new Map(),
    effects: new Map(),
    idle: new Map(),
    trigger: { asked: false },
    settled: new Map()
  }
  const repository = {
    owner: facts.owner,
    name: facts.name,
    defaultBranch: Option.getOrElse(facts.defaultBranch, () => "main")
  }
  const used = matrixKeys(file.text)
  const whole = affordable(() => {
    for (const scenario of ofTriggers(workflow["on"], file.text)) {
      runWorkflow(run, mapOf(workflow), repository, scenario, used)
    }
  })
  tank.allow(Limits.reserve)
  let patterns: WorkflowFindings["patterns"] = []
  const told = affordable(() => {
    patterns = publications.patterns(facts.owner, facts.name, facts.namespaces)
  })
  return {
    images: publications.images(),
    patterns,
    external: publications.externals(),
    described: publications.described(),
    files: files.asked(),
    problem: whole && told ? Option.none() : Option.some("too-much")
  }
}
