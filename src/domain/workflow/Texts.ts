/**
 * Texts made from texts, paid for by their length and never longer than the limit: what is made stops growing there, so
 * that nothing larger stands in memory even for a moment.
 */
import { cap, type Fuel, maxTextLength } from "./Limits.js"

/** Every part of a text that a global pattern matches, replaced by what `by` makes of it. */
export const replaceEach = (
  text: string,
  pattern: RegExp,
  by: (match: RegExpExecArray) => string,
  tank: Fuel
): string => {
  tank.scan(text.length)
  let made = ""
  let last = 0
  for (const match of text.matchAll(pattern)) {
    const part = by(match)
    tank.scan(part.length)
    made += text.slice(last, match.index) + part
    last = match.index + match[0].length
    if (made.length > maxTextLength) return cap(made)
  }
  return cap(made + text.slice(last))
}

/** Every place of `part` in a text replaced. */
export const replaceAll = (text: string, part: string, by: string, tank: Fuel): string => {
  tank.scan(text.length)
  let made = ""
  let last = 0
  if (part === "") return cap(text)
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, last)) {
    tank.scan(by.length)
    made += text.slice(last, at) + by
    last = at + part.length
    if (made.length > maxTextLength) return cap(made)
  }
  return cap(made + text.slice(last))
}

/** Texts one after the other, a separator between them. */
export const join = (texts: Iterable<string>, separator: string, tank: Fuel): string => {
  let made = ""
  let first = true
  for (const text of texts) {
    if (!first) made += separator
    made += text
    first = false
    tank.scan(text.length + separator.length)
    if (made.length > maxTextLength) return cap(made)
  }
  return made
}
