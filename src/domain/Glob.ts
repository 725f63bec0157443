/**
 * Patterns for names, as Go's `path.Match` (and with it `docker images --filter reference=…`) understands them: `*` is
 * any run and `?` any one character but a slash, `[a-z]` and `[^a-z]` are classes, a backslash takes the next literally.
 */
import { Either } from "effect"
import { matchesTokens, type Token } from "./globTokens.js"
import { Malformed } from "./Malformed.js"

const one = (takes: Token["takes"]): Token => ({ many: false, takes })
const notSlash = (character: string): boolean => character !== "/"
const any: Token = { many: true, takes: notSlash }

interface Read {
  readonly token: Token
  readonly end: number
}

// A character of a class, which a backslash may protect; nothing where the pattern ends.
const member = (
  pattern: ReadonlyArray<string>,
  at: number
): { readonly text: string; readonly end: number } | undefined => {
  const escaped = pattern[at] === "\\" ? 1 : 0
  const text = pattern[at + escaped]
  return text === undefined ? undefined : { text, end: at + escaped + 1 }
}

const classAt = (pattern: ReadonlyArray<string>, start: number): Read | undefined => {
  const negated = pattern[start + 1] === "^"
  const first = start + (negated ? 2 : 1)
  const ranges = new Array<readonly [from: number, to: number]>()
  let at = first
  while (pattern[at] !== "]" || at === first) {
    const from = member(pattern, at)
    if (from === undefined) return undefined
    const isRange = pattern[from.end] === "-" && pattern[from.end + 1] !== "]"
    const to = isRange ? member(pattern, from.end + 1) : from
    if (to === undefined) return undefined
    const range = [from.text.codePointAt(0) ?? 0, to.text.codePointAt(0) ?? 0] as const
    if (range[0] > range[1]) return undefined
    ranges.push(range)
    at = to.end
  }
  const takes = (character: string): boolean => {
    const code = character.codePointAt(0) ?? 0
    return notSlash(character) && ranges.some(([from, to]) => code >= from && code <= to) !== negated
  }
  return { token: one(takes), end: at + 1 }
}

const tokenAt = (pattern: ReadonlyArray<string>, at: number): Read | undefined => {
  const character = pattern[at] ?? ""
  if (character === "[") return classAt(pattern, at)
  if (character === "*") return { token: any, end: at + 1 }
  if (character === "?") return { token: one(notSlash), end: at + 1 }
  const literal = member(pattern, at)
  return literal === undefined
    ? undefined
    : { token: one((other) => other === literal.text), end: literal.end }
}

const tokensOf = (pattern: ReadonlyArray<string>): ReadonlyArray<Token> | undefined => {
  const tokens = new Array<Token>()
  let at = 0
  while (at < pattern.length) {
    const read = tokenAt(pattern, at)
    if (read === undefined) return undefined
    tokens.push(read.token)
    at = read.end
  }
  return tokens
}

/**
 * Compiles a pattern, which matches in time proportional to its length times the text's. Fails for an open class, a range
 * that runs backwards, and a backslash at the end.
 */
export const compile = (pattern: string): Either.Either<(text: string) => boolean, Malformed> => {
  const tokens = tokensOf([...pattern])
  if (tokens !== undefined) return Either.right((text) => matchesTokens(tokens, [...text]))
  return Either.left(
    new Malformed({ what: "pattern", input: pattern, reason: "format", message: `"${pattern}" is no valid pattern` })
  )
}
