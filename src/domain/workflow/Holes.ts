/**
 * Texts with holes. What a workflow file does not determine (a secret, a variable, a date) stands in a text as one
 * character of Unicode's private use area, whose meaning is kept in a table. So a hole survives concatenation,
 * splitting and changes of case, and at the end a name without holes is determined, while one with holes is a pattern.
 */
import * as Limits from "./Limits.js"
import { replaceAll, replaceEach } from "./Texts.js"

/** Who fills a hole. */
export type HoleKind = "secret" | "variable" | "input" | "runtime"

/** A part of a text that the file does not determine. */
export interface Hole {
  /** What stands there, as a person would write it: `secrets.DOCKERHUB_USERNAME`. */
  readonly label: string
  readonly kind: HoleKind
  /** What it may be: the values of an `if`, the default of an input. None: anything. */
  readonly choices: ReadonlyArray<string>
  /** Whether it may also be something else than its choices (an input with a default). */
  readonly open: boolean
}

/** The answer to a question about a text with holes. */
export type Truth = boolean | "unknown"

const first = 0xe000
const size = 0x1000
const privateUse = /[\ue000-\uf8ff]/
const everyPrivateUse = /[\ue000-\uf8ff]/g
const holes = /[\ue000-\uefff]/
const everyHole = /[\ue000-\uefff]/g

/** Takes characters out of a foreign text that would be read as holes. */
export const sanitize = (text: string): string => privateUse.test(text) ? text.replace(everyPrivateUse, "\ufffd") : text

/** Whether a text has holes. */
export const hasHole = (text: string): boolean => holes.test(text)

/** Whether a text is one hole and nothing else. */
export const isHole = (text: string): boolean => text.length === 1 && holes.test(text)

/** The text before the first hole. */
export const fixedPrefix = (text: string): string => {
  const at = text.search(holes)
  return at === -1 ? text : text.slice(0, at)
}

const fixedSuffix = (text: string): string => {
  for (let at = text.length - 1; at >= 0; at--) if (holes.test(text.charAt(at))) return text.slice(at + 1)
  return text
}

// A text that is made costs more than its characters alone.
const textCost = 32

/** The holes of one file, and what is left to spend on it. */
export class HoleTable {
  readonly #holes: Array<Hole> = []
  readonly #known = new Map<string, string>()
  readonly #unknown = new Map<string, string>()
  constructor(readonly tank: Limits.Fuel) {}

  /** The character that stands for a hole; equal holes are one character. */
  add(hole: Hole): string {
    const key = `${hole.kind} ${hole.label} ${hole.open} ${hole.choices.join("\u0000")}`
    this.tank.scan(key.length)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const character = String.fromCharCode(first + Math.min(this.#holes.length, size - 1))
    if (this.#holes.length < size) this.#holes.push(hole)
    this.#known.set(key, character)
    return character
  }

  /** A hole that may be anything. */
  unknown(kind: HoleKind, label: string): string {
    const known = this.#unknown.get(label)
    if (known !== undefined) return known
    const character = this.add({ kind, label: label.slice(0, 200), choices: [], open: true })
    this.#unknown.set(label, character)
    return character
  }

  /** One of several texts, and nothing else. */
  choice(values: ReadonlyArray<string>): string {
    for (const value of values) this.tank.scan(value.length + textCost)
    const distinct = [...new Set(values)].slice(0, 16)
    const [only] = distinct
    return distinct.length === 1 && only !== undefined
      ? only
      : this.add({ kind: "runtime", label: distinct.join("|").slice(0, 200), choices: distinct, open: false })
  }

  /** What a character stands for. */
  get(character: string): Hole | undefined {
    return this.#holes[character.charCodeAt(0) - first]
  }

  /** The holes in a text. */
  within(text: string): ReadonlyArray<Hole> {
    this.tank.scan(text.length)
    return (text.match(everyHole) ?? []).flatMap((character) => this.get(character) ?? [])
  }

  /** Every text that results when holes with choices are filled; of open ones only where `open` says so. */
  expand(text: string, open: boolean, limit = Limits.maxAlternatives): ReadonlyArray<string> {
    this.tank.scan(text.length)
    if (!hasHole(text)) return [text]
    const done = new Set<string>()
    const waiting = [text]
    for (let rounds = 0; rounds < 4 * limit && done.size < limit; rounds++) {
      const next = waiting.shift()
      if (next === undefined) break
      this.tank.scan(2 * next.length + textCost)
      const character = (next.match(everyHole) ?? []).find((one) => {
        const hole = this.get(one)
        return hole !== undefined && hole.choices.length > 0 && (open || !hole.open)
      })
      if (character === undefined) done.add(next)
      else {
        for (const value of this.get(character)?.choices ?? []) {
          if (!value.includes(character)) waiting.push(replaceAll(next, character, value, this.tank))
        }
      }
    }
    return [...done]
  }

  /** The text as a person would write it. */
  render(text: string): string {
    return replaceEach(text, everyHole, ([character]) => {
      const label = this.get(character)?.label ?? "?"
      return label.startsWith("$") ? label : `\${{ ${label} }}`
    }, this.tank)
  }

  /** Whether an expression takes the text for true, which is every text but the empty one. */
  truth(text: string): Truth {
    this.tank.scan(text.length)
    if (!hasHole(text)) return text !== ""
    if (text.replace(everyHole, "") !== "") return true
    const answers = this.expand(text, false).map((one): Truth =>
      hasHole(one) ? (one.replace(everyHole, "") === "" ? "unknown" : true) : one !== ""
    )
    return unite(answers)
  }

  /** Whether two texts are equal, case aside. */
  equal(left: string, right: string): Truth {
    this.tank.scan(left.length + right.length)
    if (!hasHole(left) && !hasHole(right)) return left.toLowerCase() === right.toLowerCase()
    if (left === right) return true
    const answers: Array<Truth> = []
    for (const one of this.expand(left, false, 8)) {
      for (const other of this.expand(right, false, 8)) {
        this.tank.scan(one.length + other.length)
        answers.push(mayEqual(one.toLowerCase(), other.toLowerCase()))
      }
    }
    return unite(answers)
  }

  /** A question that each of the alternatives of a text answers. */
  ask(text: string, question: (text: string) => Truth): Truth {
    return unite(this.expand(text, false, 8).map((one) => question(one)))
  }
}

const unite = (answers: ReadonlyArray<Truth>): Truth => {
  const [only] = answers
  return only !== undefined && answers.every((answer) => answer === only) ? only : "unknown"
}

const mayEqual = (left: string, right: string): Truth => {
  if (left === right) return true
  if (!hasHole(left) && !hasHole(right)) return false
  const [a, b] = [fixedPrefix(left), fixedPrefix(right)]
  const [y, z] = [fixedSuffix(left), fixedSuffix(right)]
  const head = Math.min(a.length, b.length)
  const tail = Math.min(y.length, z.length)
  if (a.slice(0, head) !== b.slice(0, head)) return false
  return y.slice(y.length - tail) === z.slice(z.length - tail) ? "unknown" : false
}

/** Whether a text starts with another, case aside. */
export const startsWith = (text: string, prefix: string): Truth => {
  const fixed = fixedPrefix(text).toLowerCase()
  const wanted = fixedPrefix(prefix).toLowerCase()
  const shared = Math.min(fixed.length, wanted.length)
  if (fixed.slice(0, shared) !== wanted.slice(0, shared)) return false
  if (!hasHole(prefix) && fixed.length >= wanted.length) return true
  return hasHole(text) || hasHole(prefix) ? "unknown" : false
}

/** Whether a text ends with another, case aside. */
export const endsWith = (text: string, suffix: string): Truth => {
  if (!hasHole(text) && !hasHole(suffix)) return text.toLowerCase().endsWith(suffix.toLowerCase())
  const fixed = fixedSuffix(text).toLowerCase()
  const wanted = fixedSuffix(suffix).toLowerCase()
  const shared = Math.min(fixed.length, wanted.length)
  if (fixed.slice(fixed.length - shared) !== wanted.slice(wanted.length - shared)) return false
  return !hasHole(suffix) && fixed.length >= wanted.length ? true : "unknown"
}

/** Whether a text holds another, case aside. */
export const contains = (text: string, part: string): Truth => {
  if (!hasHole(part) && text.toLowerCase().includes(part.toLowerCase())) return true
  return hasHole(text) || hasHole(part) ? "unknown" : false
}

/** The contrary of an answer. */
export const not = (answer: Truth): Truth => answer === "unknown" ? "unknown" : !answer

/** Both. */
export const both = (left: Truth, right: Truth): Truth =>
  left === false || right === false ? false : left === true && right === true ? true : "unknown"

/** At least one. */
export const either = (left: Truth, right: Truth): Truth => not(both(not(left), not(right)))
