/**
 * JSON that others wrote: bounded before anything walks what it holds. V8 reads any depth, but whatever walks a value by
 * calling itself (a schema, a printer, a comparison) runs out of stack some thousands of levels deep, and that is no
 * error that anybody handles.
 */
import { Either, ParseResult, Schema } from "effect"
import { Malformed } from "./Malformed.js"

/** Objects and arrays within each other, at most. What registries and APIs send is below twenty. */
export const maxDepth = 100

const quote = 0x22
const backslash = 0x5c

/**
 * Why a text is too much to be looked into, as the end of a sentence that begins with its name; undefined where it is not:
 * more than `maxDepth` objects and arrays within each other, or more than `mostValues` values in all (an empty object or array
 * counts twice). One pass, outside of strings; of a text that is no JSON the answer means nothing.
 */
export const tooMuch = (text: string, mostValues = Number.POSITIVE_INFINITY): string | undefined => {
  let depth = 0
  let values = 1
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quoted) {
      if (code === backslash) index++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    // `{` and `[`, then `}` and `]`, then `,`.
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return `is nested more than ${maxDepth} levels deep`
      if (++values > mostValues) return `holds more than ${mostValues} values`
    } else if (code === 0x7d || code === 0x5d) depth--
    else if (code === 0x2c && ++values > mostValues) return `holds more than ${mostValues} values`
  }
  return undefined
}

const malformed = (reason: Malformed["reason"], message: string) =>
  Either.left(new Malformed({ what: "JSON", input: "", reason, message }))

/**
 * Reads JSON of a bounded depth, and of a bounded number of values where that is given. Fails with reason `format` for what
 * is no JSON, `unsupported` for what is too much; the message is the end of a sentence that begins with the text's name.
 */
export const parse = (text: string, mostValues?: number): Either.Either<unknown, Malformed> => {
  const problem = tooMuch(text, mostValues)
  if (problem !== undefined) return malformed("unsupported", problem)
  try {
    const value: unknown = JSON.parse(text)
    return Either.right(value)
  } catch {
    return malformed("format", "is no JSON")
  }
}

/**
 * `Schema.parseJson` for what others wrote: it refuses a text that is too deep, or has more values than are given, before
 * anything looks into it.
 */
export const jsonOf = <A, I>(schema: Schema.Schema<A, I>, mostValues?: number): Schema.Schema<A, string> => {
  const bounded = Schema.String.pipe(
    Schema.filter((text) => {
      const problem = tooMuch(text, mostValues)
      return problem === undefined || `the JSON ${problem}`
    })
  )
  return Schema.compose(bounded, Schema.parseJson(schema))
}

const longest = 300

/** What was wrong first, in one line of bounded length: a schema's own words quote the whole value. */
export const problemIn = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const place = issue === undefined || issue.path.length === 0 ? "" : `at ${issue.path.map(String).join(".")}: `
  const text = `${place}${issue?.message ?? "it has another form"}`
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
