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
 * Whether a text opens more than `maxDepth` objects and arrays within each other, outside of its strings. One pass; of a
 * text that is no JSON the answer means nothing.
 */
export const isTooDeep = (text: string): boolean => {
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quoted) {
      if (code === backslash) index++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    // `{` and `[`, then `}` and `]`.
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}

/** What is wrong with a text that is too deep, as the end of a sentence that begins with its name. */
export const tooDeepText = `is nested more than ${maxDepth} levels deep`

const malformed = (reason: Malformed["reason"], message: string) =>
  Either.left(new Malformed({ what: "JSON", input: "", reason, message }))

/**
 * Reads JSON of a bounded depth. Fails with reason `format` for what is no JSON, `unsupported` for what is too deep; the
 * message is the end of a sentence that begins with the text's name.
 */
export const parse = (text: string): Either.Either<unknown, Malformed> => {
  if (isTooDeep(text)) return malformed("unsupported", tooDeepText)
  try {
    const value: unknown = JSON.parse(text)
    return Either.right(value)
  } catch {
    return malformed("format", "is no JSON")
  }
}

const Bounded = Schema.String.pipe(Schema.filter((text) => !isTooDeep(text) || `the JSON ${tooDeepText}`))

/** `Schema.parseJson` for what others wrote: it refuses a text that is too deep before anything looks into it. */
export const jsonOf = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, string> =>
  Schema.compose(Bounded, Schema.parseJson(schema))

const longest = 300

/** What was wrong first, in one line of bounded length: a schema's own words quote the whole value. */
export const problemIn = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const place = issue === undefined || issue.path.length === 0 ? "" : `at ${issue.path.map(String).join(".")}: `
  const text = `${place}${issue?.message ?? "it has another form"}`
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
