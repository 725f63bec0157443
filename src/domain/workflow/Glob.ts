/**
 * The patterns of a shell (`*`, `?`, `[a-z]`). What matching costs is paid for: a step for every part of a pattern that
 * looks at a character.
 */
import { matchesTokens, type Token } from "../globTokens.js"
import { fixedPrefix, hasHole } from "./Holes.js"
import { cap, type Fuel, maxTextLength } from "./Limits.js"
import { replaceAll } from "./Texts.js"

const one = (takes: Token["takes"]): Token => ({ many: false, takes })
const all = (): boolean => true

const classes = new Map([["[:upper:", "A-Z"], ["[:lower:", "a-z"], ["[:digit:", "0-9"], ["[:space:", " \t\n"]])

const inSet = (set: string): (character: string) => boolean => {
  const negated = set.startsWith("!") || set.startsWith("^")
  const body = classes.get(set) ?? (negated ? set.slice(1) : set)
  const singles = new Set<string>()
  const ranges = new Array<readonly [string, string]>()
  for (let at = 0; at < body.length; at++) {
    if (body.charAt(at + 1) === "-" && at + 2 < body.length) {
      ranges.push([body.charAt(at), body.charAt(at + 2)])
      at += 2
    } else singles.add(body.charAt(at))
  }
  return (character) =>
    (singles.has(character) || ranges.some(([from, to]) => character >= from && character <= to)) !== negated
}

const tokensOf = (pattern: string): ReadonlyArray<Token> => {
  const tokens = new Array<Token>()
  // Behind the last bracket that closes, none opens a set.
  const lastClose = pattern.lastIndexOf("]")
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    const end = character === "[" && at + 2 <= lastClose ? pattern.indexOf("]", at + 2) : -1
    if (character === "*") {
      // Runs of stars are one.
      if (tokens.at(-1)?.many !== true) tokens.push({ many: true, takes: all })
    } else if (character === "?") tokens.push(one(all))
    else if (character === "\\") {
      const literal = pattern.charAt(++at)
      tokens.push(one((other) => other === literal))
    } else if (end !== -1) {
      tokens.push(one(inSet(pattern.slice(at + 1, end))))
      at = end
    } else tokens.push(one((other) => other === character))
  }
  return tokens
}

/** Whether a whole text matches a pattern. */
export const matches = (pattern: string, text: string, tank: Fuel): boolean => {
  tank.scan((pattern.length + 1) * (text.length + 1))
  return matchesTokens(tokensOf(pattern), text.split(""))
}

// A place in a pattern costs about as much as so many characters that are only looked at.
const placeCost = 16

/**
 * Where the shortest or longest part of a text that begins at `from` and matches ends; -1 where none does. `step` says
 * where the next character is: 1 forwards, -1 backwards (with the parts of the pattern turned round).
 */
const reach = (
  tokens: ReadonlyArray<Token>,
  text: string,
  from: number,
  step: 1 | -1,
  longest: boolean,
  tank: Fuel
): number => {
  // The places in the pattern at which a match may stand, in its order, behind the characters so far.
  let places: ReadonlyArray<number> = [0]
  let found = -1
  for (let at = from;; at += step) {
    const open = new Set<number>()
    for (const place of places) {
      open.add(place)
      if (tokens[place]?.many === true) open.add(place + 1)
    }
    tank.scan(placeCost * (open.size + 1))
    if (open.has(tokens.length)) {
      found = at
      if (!longest) return found
    }
    const character = text.charAt(step === 1 ? at : at - 1)
    if (open.size === 0 || character === "") return found
    const after = new Set<number>()
    for (const place of open) {
      const token = tokens[place]
      if (token?.takes(character) === true) after.add(token.many ? place : place + 1)
    }
    places = [...after]
  }
}

/** Without the shortest or longest part at the start that matches (`${X#p}`, `${X##p}`). */
export const withoutPrefix = (text: string, pattern: string, longest: boolean, tank: Fuel): string => {
  tank.scan(pattern.length + text.length)
  const end = reach(tokensOf(pattern), text, 0, 1, longest, tank)
  if (end !== -1) return text.slice(end)
  return hasHole(text) ? withoutFixed(text, pattern, tank) : text
}

// `refs/tags/` and a hole, without `refs/tags/v`: what the pattern still wants may be in the hole.
const withoutFixed = (text: string, pattern: string, tank: Fuel): string => {
  const fixed = fixedPrefix(text)
  for (let length = Math.min(pattern.length, 64); length > 0; length--) {
    if (fixed !== "" && matches(pattern.slice(0, length), fixed, tank)) return text.slice(fixed.length)
  }
  return text
}

/** Without the shortest or longest part at the end that matches (`${X%p}`, `${X%%p}`). */
export const withoutSuffix = (text: string, pattern: string, longest: boolean, tank: Fuel): string => {
  tank.scan(pattern.length + text.length)
  const start = reach(tokensOf(pattern).toReversed(), text, text.length, -1, longest, tank)
  return start === -1 ? text : text.slice(0, start)
}

/** With the first or every part that matches replaced (`${X/p/r}`, `${X//p/r}`). */
export const replace = (text: string, pattern: string, by: string, every: boolean, tank: Fuel): string => {
  tank.scan(pattern.length + text.length)
  const literal = /^[^*?[\]\\]*$/.test(pattern) ? pattern : pattern.replace(/\\(.)/g, "$1")
  const plain = /^(?:[^*?[\]\\]|\\.)*$/.test(pattern)
  if (literal === "") return text
  if (plain) return every ? replaceAll(text, literal, by, tank) : cap(text.replace(literal, () => by))
  const tokens = tokensOf(pattern)
  let result = ""
  let at = 0
  while (at < text.length && result.length < maxTextLength) {
    const end = reach(tokens, text, at, 1, true, tank)
    if (end <= at) result += text.charAt(at++)
    else {
      result = cap(result + by)
      at = end
      if (!every) break
    }
  }
  return cap(result + text.slice(at))
}
