/**
 * The patterns of a shell (`*`, `?`, `[a-z]`), matched in time proportional to pattern times text.
 */
import { fixedPrefix, hasHole } from "./Holes.js"

/** Whether a whole text matches a pattern. */
export const matches = (pattern: string, text: string): boolean => {
  let [p, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    const step = one(pattern, p, text.charAt(t))
    if (step > 0 && pattern.charAt(p) !== "*") {
      p += step
      t++
    } else if (pattern.charAt(p) === "*") {
      star = p++
      mark = t
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern.charAt(p) === "*") p++
  return p === pattern.length
}

// How long the part of the pattern is that takes one character: 0 where it does not take this one.
const one = (pattern: string, at: number, character: string): number => {
  const wanted = pattern.charAt(at)
  if (wanted === "") return 0
  if (wanted === "?") return 1
  if (wanted === "\\") return pattern.charAt(at + 1) === character ? 2 : 0
  if (wanted === "[") {
    const end = pattern.indexOf("]", at + 2)
    if (end !== -1) return inSet(pattern.slice(at + 1, end), character) ? end - at + 1 : 0
  }
  return wanted === character ? 1 : 0
}

const classes = new Map([["[:upper:", "A-Z"], ["[:lower:", "a-z"], ["[:digit:", "0-9"], ["[:space:", " \t\n"]])

const inSet = (set: string, character: string): boolean => {
  const negated = /^[!^]/.test(set)
  const body = classes.get(set) ?? (negated ? set.slice(1) : set)
  let found = false
  for (let at = 0; at < body.length; at++) {
    if (body.charAt(at + 1) === "-" && at + 2 < body.length) {
      if (character >= body.charAt(at) && character <= body.charAt(at + 2)) found = true
      at += 2
    } else if (body.charAt(at) === character) found = true
  }
  return found !== negated
}

const tooLong = 512

/** Without the shortest or longest part at the start that matches (`${X#p}`, `${X##p}`). */
export const withoutPrefix = (text: string, pattern: string, longest: boolean): string => {
  const last = Math.min(text.length, tooLong)
  for (let step = 0; step <= last; step++) {
    const length = longest ? last - step : step
    if (matches(pattern, text.slice(0, length))) return text.slice(length)
  }
  return hasHole(text) ? withoutFixed(text, pattern) : text
}

// `refs/tags/` and a hole, without `refs/tags/v`: what the pattern still wants may be in the hole.
const withoutFixed = (text: string, pattern: string): string => {
  const fixed = fixedPrefix(text)
  for (let length = Math.min(pattern.length, 64); length > 0; length--) {
    if (fixed !== "" && matches(pattern.slice(0, length), fixed)) return text.slice(fixed.length)
  }
  return text
}

/** Without the shortest or longest part at the end that matches (`${X%p}`, `${X%%p}`). */
export const withoutSuffix = (text: string, pattern: string, longest: boolean): string => {
  const last = Math.min(text.length, tooLong)
  for (let step = 0; step <= last; step++) {
    const length = longest ? last - step : step
    if (matches(pattern, text.slice(text.length - length))) return text.slice(0, text.length - length)
  }
  return text
}

/** With the first or every part that matches replaced (`${X/p/r}`, `${X//p/r}`). */
export const replace = (text: string, pattern: string, by: string, every: boolean): string => {
  const literal = /^[^*?[\]\\]*$/.test(pattern) ? pattern : pattern.replace(/\\(.)/g, "$1")
  const plain = /^(?:[^*?[\]\\]|\\.)*$/.test(pattern)
  if (literal === "") return text
  if (plain) return every ? text.replaceAll(literal, () => by) : text.replace(literal, () => by)
  if (text.length > 256) return text
  let result = ""
  let at = 0
  while (at < text.length) {
    let length = text.length - at
    while (length > 0 && !matches(pattern, text.slice(at, at + length))) length--
    if (length === 0) result += text.charAt(at++)
    else {
      result += by
      at += length
      if (!every) break
    }
  }
  return result + text.slice(at)
}
