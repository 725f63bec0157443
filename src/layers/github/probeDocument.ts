/**
 * The GraphQL document that looks at many repositories at once. It has no connections, so it costs one point whatever
 * its size.
 */
import { Array as Arr, Option, Schema } from "effect"
import { dockerfilePaths } from "../../domain/Candidates.js"
import type { RepositoryProbe } from "../../domain/Finding.js"
import { RepositoryName } from "../../domain/GitHubRepository.js"

const aliasOf = (index: number): string => `r${index}`

const files = dockerfilePaths.map((path, index) => `f${index}: object(expression: "HEAD:${path}") { __typename }`)

const facts = `fragment Facts on Repository {
  nameWithOwner
  head: object(expression: "HEAD") { oid }
  ${files.join("\n  ")}
}`

const rateLimit = "rateLimit { cost limit remaining used resetAt }"

/** A request to GraphQL: the document, and what its variables stand for. */
export interface GraphqlRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, string>>
}

/** A document without a repository: says whether GitHub answers at all, and what remains. */
export const rateLimitDocument: GraphqlRequest = { query: `query Remaining { ${rateLimit} }`, variables: {} }

/** The document for these repositories, with the alias of each. Names travel as variables only. */
export const probeDocument = (
  repositories: ReadonlyArray<RepositoryName>
): GraphqlRequest & { readonly aliases: ReadonlyArray<string> } => {
  const aliases = repositories.map((_, index) => aliasOf(index))
  const declarations = repositories.map((_, index) => `$o${index}: String!, $n${index}: String!`)
  const looks = aliases.map((alias, index) =>
    `  ${alias}: repository(owner: $o${index}, name: $n${index}) { ...Facts }`
  )
  return {
    aliases,
    query: `query Probe(${declarations.join(", ")}) {\n  ${rateLimit}\n${looks.join("\n")}\n}\n${facts}`,
    variables: Object.fromEntries(
      repositories.flatMap(({ name, owner }, index) => [[`o${index}`, owner], [`n${index}`, name]])
    )
  }
}

const GitObject = Schema.NullOr(Schema.Struct({ __typename: Schema.String }))

const Facts = Schema.Struct({
  nameWithOwner: Schema.String,
  head: Schema.NullOr(Schema.Struct({ oid: Schema.String })),
  f0: GitObject,
  f1: GitObject,
  f2: GitObject
})

const decodeFacts = Schema.decodeUnknownOption(Facts)
const decodeName = Schema.decodeUnknownOption(RepositoryName)

/** Reads what stands at an alias; none where it does not have the form that was asked for. */
export const readFacts = (value: unknown): Option.Option<RepositoryProbe> =>
  Option.flatMap(decodeFacts(value), (facts) => {
    const [owner, name] = facts.nameWithOwner.split("/", 2)
    const objects = [facts.f0, facts.f1, facts.f2]
    return Option.map(decodeName({ owner, name }), (repository) => ({
      repository,
      headOid: Option.map(Option.fromNullable(facts.head), ({ oid }) => oid),
      // A directory of that name is a Tree, a submodule a Commit.
      dockerfiles: Arr.filterMap(
        dockerfilePaths,
        (path, index) => objects[index]?.__typename === "Blob" ? Option.some(path) : Option.none()
      )
    }))
  })
