/**
 * What GitHub is asked, a kind of question each: what a repository looks like, whether its HEAD has moved, and the text
 * of a file. Each makes one GraphQL document for many, without connections, so that it costs one point whatever its
 * size, and reads what stands at an alias.
 */
import { Option, Schema } from "effect"
import type { FileText, RepositoryProbe } from "../../domain/Finding.js"
import { key, RepositoryName } from "../../domain/GitHubRepository.js"
import type { Question } from "./backlog.js"
import { batchDocument, type BatchRequest } from "./document.js"
import { lookFragment, readFacts } from "./lookDocument.js"

/** A kind of question. */
export interface Kind<Q extends Question, A> {
  readonly name: string
  readonly document: (questions: ReadonlyArray<Q>) => BatchRequest
  /** Reads what stands at an alias; none where it does not have the form that was asked for. */
  readonly read: (value: unknown, question: Q) => Option.Option<A>
  /** Most questions of one request, as a multiple of the setting. */
  readonly share: number
}

/** What a repository looks like at HEAD. */
export const lookOf = (repository: RepositoryName): Question => ({
  key: key(repository),
  repository,
  label: "",
  bytes: 0
})

/** With `files`, the trees that tell of images; without, the usual places of Dockerfiles alone. */
export const look = (files: boolean): Kind<Question, RepositoryProbe> => ({
  name: "Probe",
  document: (questions) => batchDocument("Probe", questions, { fragment: lookFragment(files) }),
  read: (value) => readFacts(value, files),
  share: 1
})

/** A repository as it is called now, and its HEAD. */
export interface Head {
  readonly repository: RepositoryName
  readonly headOid: Option.Option<string>
}

const HeadFacts = Schema.Struct({
  nameWithOwner: Schema.String,
  head: Schema.NullOr(Schema.Struct({ oid: Schema.String }))
})
const decodeHead = Schema.decodeUnknownOption(HeadFacts)
const decodeName = Schema.decodeUnknownOption(RepositoryName)

/** Whether a repository has moved on: a fraction of a look, so that more go into one request. */
export const head: Kind<Question, Head> = {
  name: "Heads",
  document: (questions) =>
    batchDocument("Heads", questions, {
      fragment: `fragment Facts on Repository { nameWithOwner head: object(expression: "HEAD") { oid } }`
    }),
  read: (value) =>
    Option.flatMap(decodeHead(value), (facts) => {
      const [owner, name] = facts.nameWithOwner.split("/", 2)
      return Option.map(decodeName({ owner, name }), (repository) => ({
        repository,
        headOid: Option.map(Option.fromNullable(facts.head), ({ oid }) => oid)
      }))
    }),
  share: 2
}

/** A file: by its object id, or by an expression such as `HEAD:path`. */
export interface TextQuestion extends Question {
  readonly by: "oid" | "expression"
  readonly value: string
}

const GitBlob = Schema.Struct({
  __typename: Schema.Literal("Blob"),
  oid: Schema.String,
  byteSize: Schema.Number,
  isBinary: Schema.NullOr(Schema.Boolean),
  isTruncated: Schema.Boolean,
  text: Schema.NullOr(Schema.String)
})
const NoBlob = Schema.Struct({ __typename: Schema.Literal("Tree", "Commit", "Tag") })
const TextFacts = Schema.Struct({
  object: Schema.NullOr(Schema.Union(GitBlob, NoBlob))
})
const decodeText = Schema.decodeUnknownOption(TextFacts)

const unreadable = (reason: "binary" | "truncated" | "missing"): FileText => ({ _tag: "Unreadable", reason })

/** The text of a file. The answer to an object id is a file of any repository with that content. */
export const text: Kind<TextQuestion, FileText> = {
  name: "Texts",
  document: (questions) =>
    batchDocument("Texts", questions, {
      fragment: "fragment Text on Blob { oid byteSize isBinary isTruncated text }",
      selection: ({ by }, n) => `{ object(${by}: $x${n}) { __typename ...Text } }`,
      variables: ({ by, value }, n) => [{ name: `x${n}`, type: by === "oid" ? "GitObjectID!" : "String!", value }]
    }),
  read: (value) =>
    Option.flatMap(decodeText(value), ({ object }): Option.Option<FileText> => {
      if (object === null || !("text" in object)) return Option.some(unreadable("missing"))
      if (object.isBinary === true) return Option.some(unreadable("binary"))
      if (object.isTruncated) return Option.some(unreadable("truncated"))
      // Neither binary nor cut, and yet no text: nothing was learnt.
      return Option.map(Option.fromNullable(object.text), (text): FileText => ({
        _tag: "Text",
        oid: object.oid,
        text
      }))
    }),
  share: 0.5
}
