/**
 * What a look asks of a repository, and how its answer is read.
 */
import { Array as Arr, Option, Schema } from "effect"
import { dockerfilePaths } from "../../domain/Candidates.js"
import type { RepositoryProbe } from "../../domain/Finding.js"
import { RepositoryName } from "../../domain/GitHubRepository.js"
import { filesIn, folders, type TreeEntry } from "../../domain/RepositoryTree.js"

const known = dockerfilePaths.map((path, index) => `f${index}: object(expression: "HEAD:${path}") { __typename }`)

const trees = [
  "defaultBranchRef { name }",
  ...folders.map((folder, index) =>
    `t${index}: object(expression: "HEAD:${folder}") { __typename ... on Tree { entries { name type oid size } } }`
  )
]

/** The fragment; with `files`, the folders that tell of images too. */
export const lookFragment = (files: boolean): string =>
  `fragment Facts on Repository {
  nameWithOwner
  head: object(expression: "HEAD") { oid }
  ${[...known, ...(files ? trees : [])].join("\n  ")}
}`

const GitObject = Schema.NullOr(Schema.Struct({ __typename: Schema.String }))

const Facts = Schema.Struct({
  nameWithOwner: Schema.String,
  head: Schema.NullOr(Schema.Struct({ oid: Schema.String })),
  f0: GitObject,
  f1: GitObject,
  f2: GitObject
})

const Entry = Schema.Struct({ name: Schema.String, type: Schema.String, oid: Schema.String, size: Schema.Number })
const Folder = Schema.NullOr(Schema.Struct({ entries: Schema.optional(Schema.NullOr(Schema.Array(Entry))) }))
const Branch = Schema.optional(Schema.NullOr(Schema.Struct({ name: Schema.String })))
const Folders = Schema.Struct({
  defaultBranchRef: Branch,
  t0: Folder,
  t1: Folder,
  t2: Folder,
  t3: Folder,
  t4: Folder,
  t5: Folder
})

const decodeFacts = Schema.decodeUnknownOption(Facts)
const decodeFolders = Schema.decodeUnknownOption(Folders)
const decodeName = Schema.decodeUnknownOption(RepositoryName)

const listed = (value: unknown) =>
  Option.map(decodeFolders(value), ({ defaultBranchRef, t0, t1, t2, t3, t4, t5 }) => {
    const all = [t0, t1, t2, t3, t4, t5]
    const entries = new Map<string, ReadonlyArray<TreeEntry>>(
      folders.map((folder, index) => [folder, all[index]?.entries ?? []])
    )
    return { defaultBranch: Option.fromNullable(defaultBranchRef?.name), ...filesIn(entries) }
  })

/** Reads what stands at an alias; none where it does not have the form that was asked for. */
export const readFacts = (value: unknown, files: boolean): Option.Option<RepositoryProbe> =>
  Option.flatMap(decodeFacts(value), (facts) => {
    const [owner, name] = facts.nameWithOwner.split("/", 2)
    const objects = [facts.f0, facts.f1, facts.f2]
    // A directory of that name is a Tree, a submodule a Commit.
    const found = Arr.filterMap(
      dockerfilePaths,
      (path, index) => objects[index]?.__typename === "Blob" ? Option.some(path) : Option.none()
    )
    const probe = Option.map(decodeName({ owner, name }), (repository): RepositoryProbe => ({
      repository,
      headOid: Option.map(Option.fromNullable(facts.head), ({ oid }) => oid),
      dockerfiles: found
    }))
    return files
      ? Option.zipWith(probe, listed(value), (probe, { dockerfiles, ...rest }) => ({
        ...probe,
        dockerfiles: Arr.dedupe([...found, ...dockerfiles]),
        files: rest
      }))
      : probe
  })
