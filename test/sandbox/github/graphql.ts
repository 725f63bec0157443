/**
 * `POST /graphql`: reads, checks and executes a document against GitHub's own schema.
 */
import { Either, Schema } from "effect"
import { type DocumentNode, execute, GraphQLError, parse, validate } from "graphql"
import { type Answer, json } from "../service/Exchange.js"
import { errorBody, message } from "./answers.js"
import { type Cost, costOf } from "./cost.js"
import { type QueryContext, resolveField, root } from "./resolvers.js"
import { githubSchema } from "./schema.js"

const Body = Schema.parseJson(Schema.Struct({
  query: Schema.optional(Schema.Unknown),
  variables: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
}))

/** A document that may be executed, and what it costs. */
export interface Prepared {
  readonly document: DocumentNode
  readonly variables: Readonly<Record<string, unknown>>
  readonly cost: Cost
}

const errors = (all: ReadonlyArray<GraphQLError>): Answer => json(200, { errors: all.map(errorBody) })

const parsed = (query: string): Either.Either<DocumentNode, GraphQLError> =>
  Either.try({
    try: () => parse(query),
    catch: (error) => error instanceof GraphQLError ? error : new GraphQLError(String(error))
  })

// The same few documents come again and again, and checking one of a hundred aliases takes 30 ms.
const maxKnown = 50

/** Reads and checks documents; Left is the refusal, which costs nothing. */
export const makePrepare = () => {
  const known = new Map<string, Either.Either<DocumentNode, Answer>>()
  const check = (query: string): Either.Either<DocumentNode, Answer> => {
    const before = known.get(query)
    if (before !== undefined) return before
    const checked = Either.flatMap(Either.mapLeft(parsed(query), (error) => errors([error])), (document) => {
      const wrong = validate(githubSchema(), document)
      return wrong.length === 0 ? Either.right(document) : Either.left(errors(wrong))
    })
    if (known.size >= maxKnown) known.clear()
    known.set(query, checked)
    return checked
  }
  return (body: string): Either.Either<Prepared, Answer> => {
    const read = Schema.decodeEither(Body)(body)
    if (Either.isLeft(read)) return Either.left(message(400, "Problems parsing JSON", {}, "/graphql"))
    const { query, variables } = read.right
    if (typeof query !== "string" || query === "") {
      return Either.left(
        json(200, { errors: [{ message: "A query attribute must be specified and must be a string." }] })
      )
    }
    return Either.flatMap(check(query), (document) => {
      const cost = costOf(githubSchema(), document, variables ?? {})
      return cost.nodes > 500_000
        ? Either.left(json(200, {
          errors: [{
            type: "MAX_NODE_LIMIT_EXCEEDED",
            message:
              `This query requests up to ${cost.nodes} possible nodes which exceeds the maximum limit of 500,000.`
          }]
        }))
        : Either.right({ document, variables: variables ?? {}, cost })
    })
  }
}

/** Executes a prepared document. `context.seen` says afterwards what was looked at. */
export const run = ({ document, variables }: Prepared, context: QueryContext): Answer => {
  const result = execute({
    schema: githubSchema(),
    document,
    rootValue: root,
    contextValue: context,
    variableValues: variables,
    fieldResolver: resolveField
  })
  if (result instanceof Promise || !("data" in result || "errors" in result)) {
    return message(500, "The sandbox resolves nothing asynchronously")
  }
  return json(200, {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.errors === undefined ? {} : { errors: result.errors.map(errorBody) })
  })
}
