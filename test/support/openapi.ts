/**
 * An OpenAPI document as a client reads it: which requests there are, and whether an answer is one of those it names.
 */
import { Predicate, Schema } from "effect"

const Operation = Schema.Struct({
  parameters: Schema.Array(Schema.Struct({
    name: Schema.String,
    in: Schema.Literal("path", "query", "header"),
    required: Schema.Boolean,
    schema: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  })),
  requestBody: Schema.optional(Schema.Unknown),
  responses: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      content: Schema.optional(Schema.Record({
        key: Schema.String,
        value: Schema.Struct({ schema: Schema.Unknown })
      }))
    })
  })
})

export const Document = Schema.parseJson(Schema.Struct({
  openapi: Schema.Literal("3.1.0"),
  paths: Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Operation }) }),
  components: Schema.Struct({ schemas: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
}))
export type Document = typeof Document.Type
export type Operation = typeof Operation.Type

const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

const isOfType = (type: unknown, value: unknown): boolean => {
  switch (type) {
    case "null":
      return value === null
    case "integer":
      return Number.isInteger(value)
    case "array":
      return Array.isArray(value)
    case "object":
      return Predicate.isRecord(value)
    default:
      return typeof value === type
  }
}

const within = (schema: Record<PropertyKey, unknown>, value: unknown): boolean => {
  const { maximum, minimum, pattern } = schema
  if (typeof value === "number") {
    return !(typeof minimum === "number" && value < minimum) && !(typeof maximum === "number" && value > maximum)
  }
  return !(typeof value === "string" && typeof pattern === "string" && !new RegExp(pattern, "u").test(value))
}

/** What is wrong with a value by a JSON schema of the kinds that the document has; none where nothing is. */
export const problems = (document: Document, schema: unknown, value: unknown, at = "$"): ReadonlyArray<string> => {
  if (!Predicate.isRecord(schema)) return []
  const { $ref: reference, anyOf, enum: allowed, items, type } = schema
  if (typeof reference === "string") {
    const name = reference.replace("#/components/schemas/", "")
    const found = document.components.schemas[name]
    return found === undefined ? [`${at}: ${reference} is not there`] : problems(document, found, value, at)
  }
  if (Array.isArray(anyOf)) {
    return anyOf.some((one) => problems(document, one, value, at).length === 0) ? [] : [`${at}: none of the forms fits`]
  }
  if (Array.isArray(allowed)) return allowed.includes(value) ? [] : [`${at}: ${String(value)} is not in the list`]
  if (type === undefined) return []
  if (!isOfType(type, value)) return [`${at}: no ${String(type)}`]
  if (Array.isArray(value)) return value.flatMap((one, n) => problems(document, items, one, `${at}[${n}]`))
  if (!Predicate.isRecord(value)) return within(schema, value) ? [] : [`${at}: ${String(value)} is out of bounds`]
  const known = Predicate.isRecord(schema["properties"]) ? schema["properties"] : {}
  return [
    ...list(schema["required"]).flatMap((name) =>
      typeof name === "string" && !(name in value) ? [`${at}: no ${name}`] : []
    ),
    ...Object.entries(value).flatMap(([name, one]) =>
      name in known
        ? problems(document, known[name], one, `${at}.${name}`)
        : schema["additionalProperties"] === false
        ? [`${at}: ${name} is not described`]
        : []
    )
  ]
}

/** What is wrong with an answer to an operation. */
export const wrongAnswer = (
  document: Document,
  operation: Operation,
  answer: { readonly status: number; readonly type: string; readonly body: string }
): ReadonlyArray<string> => {
  const described = operation.responses[String(answer.status)]
  if (described === undefined) return [`status ${answer.status} is not described`]
  if (described.content === undefined) return answer.body === "" ? [] : ["a body where none is described"]
  const type = answer.type.split(";")[0] ?? ""
  const content = described.content[type]
  if (content === undefined) return [`${type} is not described for ${answer.status}`]
  if (!type.endsWith("json")) return []
  return problems(document, content.schema, JSON.parse(answer.body))
}
