/**
 * `WWW-Authenticate`: how a registry says what it wants to see (RFC 9110, section 11.6.1; distribution's "Token
 * Authentication Specification").
 */
import { Either, Option } from "effect"
import { matchAt, quotedAt, skipSeparators, skipSpaces, tokenAt } from "./headerText.js"
import { Malformed } from "./Malformed.js"

/** One way in that a server offers. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** By their names in lower case: `realm`, `service`, `scope`. Of a name that stands twice the first counts. */
  readonly parameters: Readonly<Record<string, string>>
  /** The bare text of schemes such as `Negotiate`, in place of parameters. */
  readonly token68: Option.Option<string>
}

interface Draft {
  readonly scheme: string
  readonly parameters: Map<string, string>
  token68: string | undefined
}

const bareToken = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
// More than a token: servers forget the quotes around addresses.
const unquoted = /[^\s,"]*/y

const parameterAt = (text: string, start: number) => {
  const name = tokenAt(text, start)
  const sign = skipSpaces(text, name.end)
  if (name.value === "" || text.charAt(sign) !== "=") return undefined
  return { name: name.value.toLowerCase(), valueStart: skipSpaces(text, sign + 1) }
}

// The end of the scheme's own text, or undefined where the header is broken from there on.
const readScheme = (text: string, start: number, drafts: Array<Draft>): number | undefined => {
  const scheme = tokenAt(text, start)
  const end = skipSpaces(text, scheme.end)
  if (scheme.value === "" || (end === scheme.end && end < text.length && text.charAt(end) !== ",")) return undefined
  const bare = matchAt(bareToken, text, end)
  const draft = { scheme: scheme.value.toLowerCase(), parameters: new Map<string, string>(), token68: undefined }
  drafts.push(draft)
  if (bare.value === "") return end
  drafts[drafts.length - 1] = { ...draft, token68: bare.value }
  return bare.end
}

const scan = (text: string): { readonly drafts: ReadonlyArray<Draft>; readonly brokenAt: number | undefined } => {
  const drafts = new Array<Draft>()
  let index = skipSeparators(text, 0)
  while (index < text.length) {
    const parameter = parameterAt(text, index)
    const draft = drafts.at(-1)
    if (parameter === undefined) {
      const end = readScheme(text, index, drafts)
      if (end === undefined) return { drafts, brokenAt: index }
      index = skipSeparators(text, end)
      continue
    }
    const { name, valueStart } = parameter
    const value = text.charAt(valueStart) === "\"" ? quotedAt(text, valueStart) : matchAt(unquoted, text, valueStart)
    if (draft === undefined || value === undefined) return { drafts, brokenAt: index }
    if (!draft.parameters.has(name)) draft.parameters.set(name, value.value)
    const next = skipSpaces(text, value.end)
    if (next < text.length && text.charAt(next) !== ",") return { drafts, brokenAt: next }
    index = skipSeparators(text, next)
  }
  return { drafts, brokenAt: undefined }
}

const finish = ({ parameters, scheme, token68 }: Draft): Challenge => ({
  scheme,
  parameters: Object.fromEntries(parameters),
  token68: Option.fromNullable(token68)
})

/**
 * Reads every challenge of a header (several header lines joined by commas). Fails where the header breaks the grammar,
 * but for missing quotes around a value without blanks and commas.
 */
export const parse = (text: string): Either.Either<ReadonlyArray<Challenge>, Malformed> => {
  const { brokenAt, drafts } = scan(text)
  if (brokenAt === undefined) return Either.right(drafts.map(finish))
  return Either.left(
    new Malformed({
      what: "WWW-Authenticate",
      input: text,
      reason: "format",
      at: brokenAt,
      message: `cannot read WWW-Authenticate from character ${brokenAt + 1} on: ${text}`
    })
  )
}

/** As `parse`, but of a broken header what stands before the break. */
export const read = (text: string): ReadonlyArray<Challenge> => scan(text).drafts.map(finish)
