/**
 * From what was read of a repository to the images that it claims. Pure: what is asked next, and what it all means.
 */
import { Array as Arr, Option } from "effect"
import type { RepositoryFiles, RepositoryProbe } from "./Finding.js"
import type { RepositoryName } from "./GitHubRepository.js"
import type { FileAt, ImageClaim, KnownRepository, KnownWorkflow, TreeFile, WorkflowReading } from "./ImageClaim.js"
import { dockerHub, imageName } from "./ImageReference.js"
import { officialImagesOf } from "./OfficialImages.js"
import { isPath } from "./ReferenceGrammar.js"
import { folders } from "./RepositoryTree.js"
import type { WorkflowEvidence, WorkflowFindings } from "./workflow/Findings.js"
import { readerVersion } from "./workflow/Limits.js"

/** What a claim from the list of official images names as the place where it was read. */
export const officialList = "docker-library/official-images"

// Of one repository: some have hundreds of workflows, and none publishes so much.
const mostClaims = 200

/** The name guess: `<registry>/<owner>/<name>` where a Dockerfile is there. Docker Hub's is the look's own result. */
const nameClaims = (
  { dockerfiles, repository }: Pick<RepositoryProbe, "dockerfiles" | "repository">,
  registries: ReadonlyArray<string>
): ReadonlyArray<ImageClaim> => {
  const [path] = dockerfiles
  const name = `${repository.owner}/${repository.name}`.toLowerCase()
  if (path === undefined || !isPath(name)) return []
  return registries.filter((registry) => registry !== dockerHub).map((registry) => ({
    image: imageName({ registry, repository: name }),
    registry,
    evidence: "name",
    path,
    detail: `called as the repository, which has ${path}`,
    pattern: Option.none()
  }))
}

const officialClaims = (repository: RepositoryName): ReadonlyArray<ImageClaim> =>
  officialImagesOf(repository).map(({ name }) => ({
    image: name,
    registry: dockerHub,
    evidence: "official",
    path: officialList,
    detail: `the list of official images names this repository as the source of ${name}`,
    pattern: Option.none()
  }))

/** The claims that need no text of a file. `registries`: those that are looked at. */
export const claimsOfName = (
  probe: Pick<RepositoryProbe, "dockerfiles" | "repository">,
  registries: ReadonlyArray<string>
): ReadonlyArray<ImageClaim> => [...nameClaims(probe, registries), ...officialClaims(probe.repository)]

const detailOf = ([first, ...more]: ReadonlyArray<WorkflowEvidence>): string => {
  if (first === undefined) return ""
  const source = Option.match(first.source, { onNone: () => "", onSome: (path) => `, named in ${path}` })
  return `job ${first.job}, step "${first.step}" (${first.mechanism})${source}${
    more.length === 0 ? "" : `, and ${more.length} more`
  }`
}

interface Named {
  readonly registry: string
  readonly repository: string
}

const named = (image: string): Named => {
  const slash = image.indexOf("/")
  return { registry: image.slice(0, slash), repository: image.slice(slash + 1) }
}

// Only Docker publishes there: a push of `nginx` goes nowhere, or is no push.
const isOfficial = ({ registry, repository }: Named): boolean =>
  registry === dockerHub && repository.startsWith("library/")

const claimOf = (
  path: string,
  image: Named,
  evidence: ReadonlyArray<WorkflowEvidence>,
  pattern: Option.Option<string>
): ReadonlyArray<ImageClaim> =>
  isOfficial(image) || !isPath(image.repository) ? [] : [{
    image: imageName(image),
    registry: image.registry,
    evidence: "workflow",
    path,
    detail: detailOf(evidence),
    pattern
  }]

/**
 * What a workflow file claims. `called`: another workflow of the repository calls it and says there what is left open
 * here, so that guesses at it are worth nothing.
 */
const claimsOfWorkflow = (path: string, found: WorkflowFindings, called: boolean): ReadonlyArray<ImageClaim> => {
  const certain = found.images.flatMap((image) => claimOf(path, image, image.evidence, Option.none()))
  const known = new Set(certain.map(({ image }) => image))
  const guesses = called ?
    [] :
    found.patterns.flatMap(({ candidates, evidence, template }) =>
      candidates.flatMap((image) => claimOf(path, named(image), evidence, Option.some(template)))
    )
  return [...certain, ...guesses.filter(({ image }) => !known.has(image))]
}

const templatesOf = (found: WorkflowFindings): ReadonlyArray<string> => [
  ...found.patterns.filter(({ candidates }) => candidates.length === 0).map(({ template }) => template),
  ...found.external.map(({ source }) => `names in ${source}`)
]

/** A file of the repository that stands in a folder that was listed, and is not there. */
export const absent = ""

const oidIn = (files: RepositoryFiles): (path: string) => string | undefined => {
  const oids = new Map([...files.workflows, ...files.build].map(({ oid, path }) => [path, oid]))
  return (path) => oids.get(path)
}

const ofThisReader = ` (version ${readerVersion} of the reader)`

/**
 * The problem of a workflow that is unread because of what its text is, not of how it was had or what went on beside: the
 * same text is not read a second time by the same version of the reader.
 */
export const beyondReader = (problem: string): string => `${problem}${ofThisReader}`

const isBeyond = ({ problem, state }: WorkflowReading): boolean =>
  state === "unread" && Option.exists(problem, (text) => text.endsWith(ofThisReader))

/** What the next look need not ask for, by what is stored of the last one. */
export const knownRepository = (
  { dockerfiles, headOid, workflows }: {
    readonly headOid: Option.Option<string>
    readonly dockerfiles: ReadonlyArray<string>
    readonly workflows: ReadonlyArray<WorkflowReading>
  }
): KnownRepository => {
  const whole = workflows.every((workflow) => workflow.state !== "unread" || isBeyond(workflow))
  return {
    headOid: whole ? Option.getOrUndefined(headOid) : undefined,
    dockerfiles,
    workflows: workflows.flatMap(({ oid, path, state, uses }) => state === "unread" ? [] : [{ oid, path, uses }]),
    beyond: workflows.filter(isBeyond)
  }
}

const kept = ({ oid, path, uses }: KnownWorkflow): WorkflowReading => ({
  path,
  oid,
  state: "kept",
  uses,
  templates: [],
  problem: Option.none()
})

/** The workflows of a repository of which nothing has changed. */
export const keptWorkflows = ({ beyond, workflows }: KnownRepository): ReadonlyArray<WorkflowReading> => [
  ...workflows.map(kept),
  ...beyond
]

/** Which workflows have to be read: those that are new, or have changed, or use a file that has, or may have. */
export const toRead = (
  files: RepositoryFiles,
  known: KnownRepository | undefined
): { readonly read: ReadonlyArray<TreeFile>; readonly kept: ReadonlyArray<WorkflowReading> } => {
  const before = new Map((known === undefined ? [] : keptWorkflows(known)).map((workflow) => [workflow.path, workflow]))
  const now = oidIn(files)
  const read = new Array<TreeFile>()
  const kept = new Array<WorkflowReading>()
  for (const file of files.workflows) {
    const workflow = before.get(file.path)
    const stands = workflow?.oid === file.oid && workflow.uses.every(({ oid, path }) => (now(path) ?? absent) === oid)
    if (stands) kept.push(workflow)
    else read.push(file)
  }
  return { read, kept }
}

// Names that a look would have listed, where the folder is one that it lists.
const listable =
  /^(?:\.?goreleaser[\w.-]*\.ya?ml|\.ko\.ya?ml|docker-bake[\w.-]*\.(?:hcl|json)|bake\.(?:hcl|json)|(?:docker-)?compose[\w.-]*\.ya?ml)$/i

/** Whether a path may be a file of the repository, by what a look has listed. */
export const mayBeThere = (files: RepositoryFiles, path: string): boolean => {
  if (oidIn(files)(path) !== undefined) return true
  const slash = path.lastIndexOf("/")
  const folder = slash === -1 ? "" : path.slice(0, slash)
  const isListed = folders.some((one) => one === folder)
  return !isListed || (folder !== ".github/workflows" && !listable.test(path.slice(slash + 1)))
}

/** A workflow whose text was had, and what it tells. */
export interface ReadWorkflow {
  readonly file: FileAt
  readonly found: WorkflowFindings
}

// GitHub runs no file that is not YAML, or has no jobs; of one that is beyond a limit of ours, nothing is known.
const isWhole = ({ problem }: WorkflowFindings): boolean =>
  Option.match(problem, { onNone: () => true, onSome: (one) => one === "not-yaml" || one === "no-workflow" })

/** The workflows that were read, as they are recorded; `oidOf` tells the object id of a file that was had. */
export const readings = (
  read: ReadonlyArray<ReadWorkflow>,
  oidOf: (path: string) => string | undefined
): ReadonlyArray<WorkflowReading> =>
  read.map(({ file, found }): WorkflowReading => ({
    path: file.path,
    oid: file.oid,
    // What it was found to publish is true; what else it does is not known, so nothing that was known of it ages.
    state: isWhole(found) ? "read" : "unread",
    uses: [...found.files.used, ...found.files.missing]
      .filter((path) => path !== file.path)
      .map((path) => ({ path, oid: oidOf(path) ?? absent })),
    templates: templatesOf(found).slice(0, mostClaims),
    problem: isWhole(found) ? found.problem : Option.map(found.problem, beyondReader)
  }))

/** What the workflows that were read claim. */
export const claimsOf = (read: ReadonlyArray<ReadWorkflow>): ReadonlyArray<ImageClaim> => {
  const called = new Set(read.flatMap(({ found }) => found.files.used))
  return Arr.dedupeWith(
    read.flatMap(({ file, found }) => claimsOfWorkflow(file.path, found, called.has(file.path))),
    (a, b) => a.image === b.image && a.path === b.path
  ).slice(0, mostClaims)
}

/** The namespaces that the workflows of a repository name: the usual ones of its owner. */
export const namespacesOf = (read: ReadonlyArray<ReadWorkflow>): ReadonlyArray<string> =>
  Arr.dedupe(
    read.flatMap(({ found }) => found.images)
      .filter((image) => image.registry === dockerHub || image.registry === "quay.io")
      .map(({ repository }) => repository.split("/")[0] ?? "")
  ).slice(0, 8)
