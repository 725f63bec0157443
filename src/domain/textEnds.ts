/**
 * The ends of texts without certain characters, in time proportional to what is taken away. A regular expression
 * (`/x+$/`) looks at every run of the characters from each of its places: quadratic in a text that a stranger wrote.
 */

/** The text without the characters at its end that are among `characters`. */
export const withoutEnd = (text: string, characters: string): string => {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The text without the characters at its start that are among `characters`. */
export const withoutStart = (text: string, characters: string): string => {
  let start = 0
  while (start < text.length && characters.includes(text.charAt(start))) start++
  return text.slice(start)
}

/** The text without the characters at its start and its end that are among `characters`. */
export const withoutEnds = (text: string, characters: string): string =>
  withoutEnd(withoutStart(text, characters), characters)
