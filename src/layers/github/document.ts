/**
 * GraphQL documents that ask the same of many repositories: an alias for each question, names only in variables.
 */
import type { Question } from "./backlog.js"

/** A request to GraphQL: the document, and what its variables stand for. */
export interface GraphqlRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, string>>
}

/** A document with the alias of each of its questions. */
export interface BatchRequest extends GraphqlRequest {
  readonly aliases: ReadonlyArray<string>
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly value: string
}

/** How a kind of question is put. */
export interface Phrasing<Q extends Question> {
  /** `fragment Facts on Repository { … }`. */
  readonly fragment: string
  /** What is selected of a repository. Default: the fragment `Facts`. */
  readonly selection?: (question: Q, index: number) => string
  /** Variables besides owner and name. */
  readonly variables?: (question: Q, index: number) => ReadonlyArray<Variable>
}

const rateLimit = "rateLimit { cost limit remaining used resetAt }"

/** A document without a repository: says whether GitHub answers at all, and what remains. */
export const rateLimitDocument: GraphqlRequest = { query: `query Remaining { ${rateLimit} }`, variables: {} }

/** The document for these questions. */
export const batchDocument = <Q extends Question>(
  name: string,
  questions: ReadonlyArray<Q>,
  { fragment, selection = () => "{ ...Facts }", variables = () => [] }: Phrasing<Q>
): BatchRequest => {
  const aliases = questions.map((_, index) => `r${index}`)
  const declared = questions.map((question, index): ReadonlyArray<Variable> => [
    { name: `o${index}`, type: "String!", value: question.repository.owner },
    { name: `n${index}`, type: "String!", value: question.repository.name },
    ...variables(question, index)
  ])
  const declarations = declared.flat().map((variable) => `$${variable.name}: ${variable.type}`)
  const looks = questions.map((question, index) =>
    `  r${index}: repository(owner: $o${index}, name: $n${index}) ${selection(question, index)}`
  )
  return {
    aliases,
    query: `query ${name}(${declarations.join(", ")}) {\n  ${rateLimit}\n${looks.join("\n")}\n}\n${fragment}`,
    variables: Object.fromEntries(declared.flat().map((variable) => [variable.name, variable.value]))
  }
}
