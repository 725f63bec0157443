/**
 * What the pattern languages for names share: a pattern is a sequence of parts, and a text is matched by two pointers, of
 * which one goes back to the last star alone. Time is at most the pattern's length times the text's.
 */

/** A part of a pattern: takes one character that `takes` allows, or any number of them. */
export interface Token {
  readonly many: boolean
  readonly takes: (character: string) => boolean
}

/** Whether a whole text, given by its characters, matches. */
export const matchesTokens = (tokens: ReadonlyArray<Token>, text: ReadonlyArray<string>): boolean => {
  let [token, at] = [0, 0]
  let star: { readonly token: Token; readonly after: number; from: number } | undefined
  while (at < text.length) {
    const next = tokens[token]
    const character = text[at] ?? ""
    if (next?.many === true) {
      star = { token: next, after: ++token, from: at }
    } else if (next?.takes(character) === true) {
      token++
      at++
    } else if (star !== undefined && star.token.takes(text[star.from] ?? "")) {
      // An earlier star could only reach what the last one reaches from here.
      token = star.after
      at = ++star.from
    } else return false
  }
  while (tokens[token]?.many === true) token++
  return token === tokens.length
}
