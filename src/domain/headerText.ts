/**
 * The pieces that HTTP's structured headers are made of (RFC 9110, section 5.6). Internal to the parsers beside it.
 */

/** What was read, and where the text goes on. */
export interface Piece {
  readonly value: string
  readonly end: number
}

const at = (pattern: RegExp, text: string, start: number): string => {
  pattern.lastIndex = start
  return pattern.exec(text)?.[0] ?? ""
}

const spaces = /[ \t]*/y
const separators = /[ \t,]*/y
const tokens = /[!#$%&'*+.^_`|~0-9A-Za-z-]*/y

/** The place of the first character after blanks. */
export const skipSpaces = (text: string, start: number): number => start + at(spaces, text, start).length

/** The place of the first character after blanks and commas: lists may have empty members. */
export const skipSeparators = (text: string, start: number): number => start + at(separators, text, start).length

/** A token; empty where there is none. */
export const tokenAt = (text: string, start: number): Piece => {
  const value = at(tokens, text, start)
  return { value, end: start + value.length }
}

/** A text that a sticky pattern describes; empty where it does not match. */
export const matchAt = (pattern: RegExp, text: string, start: number): Piece => {
  const value = at(pattern, text, start)
  return { value, end: start + value.length }
}

/** A quoted string whose opening quote is at `start`, without its escapes; undefined where it does not end. */
export const quotedAt = (text: string, start: number): Piece | undefined => {
  let value = ""
  for (let index = start + 1; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === "\"") return { value, end: index + 1 }
    if (character === "\\") {
      index++
      if (index >= text.length) return undefined
    }
    value += text.charAt(index)
  }
  return undefined
}
