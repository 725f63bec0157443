/**
 * The regular expressions of sed, matched in time proportional to pattern times text: a stranger's pattern is run by a
 * machine that stands at several places of the pattern at once (Pike's), not by one that goes back. Extended syntax (POSIX
 * 9.4) without back-references; the leftmost match, and of several the one that the pattern prefers.
 */
import type { Fuel } from "./Limits.js"

/** Start and end of a match, and of its groups, as pairs; -1 where a group took no part. */
export type Match = ReadonlyArray<number>

/** Looks for a match from a place of a text on; nothing where there is none. */
export type Pattern = (text: string, from: number, tank: Fuel) => Match | undefined

type Takes = (character: string) => boolean

type Part =
  | { readonly kind: "one"; readonly takes: Takes }
  | { readonly kind: "start" | "end" | "boundary" }
  | { readonly kind: "sequence" | "choice"; readonly parts: ReadonlyArray<Part> }
  | { readonly kind: "group"; readonly index: number; readonly inner: Part }
  | { readonly kind: "repeat"; readonly inner: Part; readonly least: number; readonly most: number }

type Instruction =
  | { readonly does: "take"; readonly takes: Takes }
  | { readonly does: "split"; readonly to: readonly [first: number, second: number] }
  | { readonly does: "jump"; readonly to: number }
  | { readonly does: "save"; readonly slot: number }
  | { readonly does: "start" | "end" | "boundary" | "done" }

const maxSource = 512
const maxProgram = 1_000
const maxGroups = 9

const isWord: Takes = (character) => /^\w$/.test(character)
const isSpace: Takes = (character) => /^\s$/.test(character)
const isDigit: Takes = (character) => /^\d$/.test(character)
const not = (takes: Takes): Takes => (character) => !takes(character)

const escapes = new Map<string, Takes>([
  ["w", isWord],
  ["W", not(isWord)],
  ["s", isSpace],
  ["S", not(isSpace)],
  ["d", isDigit],
  ["D", not(isDigit)],
  ["n", (character) => character === "\n"],
  ["t", (character) => character === "\t"]
])

const classes = new Map<string, Takes>([
  ["upper", (character) => /^[A-Z]$/.test(character)],
  ["lower", (character) => /^[a-z]$/.test(character)],
  ["alpha", (character) => /^[A-Za-z]$/.test(character)],
  ["alnum", (character) => /^[A-Za-z0-9]$/.test(character)],
  ["digit", isDigit],
  ["space", isSpace],
  ["blank", (character) => character === " " || character === "\t"],
  ["punct", (character) => /^[!-/:-@[-`{-~]$/.test(character)]
])

// What cannot be understood ends the parse from any depth; it is caught in `compile`.
class NotUnderstood extends Error {}

class Parser {
  #at = 0
  #groups = 0
  constructor(private readonly source: string) {}

  whole(): Part {
    const parsed = this.#choice()
    if (this.#at < this.source.length) throw new NotUnderstood()
    return parsed
  }

  #next(): string {
    return this.source.charAt(this.#at)
  }

  #choice(): Part {
    const parts = [this.#sequence()]
    while (this.#next() === "|") {
      this.#at++
      parts.push(this.#sequence())
    }
    return { kind: "choice", parts }
  }

  #sequence(): Part {
    const parts: Array<Part> = []
    while (this.#at < this.source.length && this.#next() !== "|" && this.#next() !== ")") parts.push(this.#repeated())
    return { kind: "sequence", parts }
  }

  #repeated(): Part {
    let inner = this.#one()
    while (true) {
      const [found, least = "", comma, most = ""] = /^(?:[*+?]|\{(\d{1,3})(,?)(\d{0,3})\})/.exec(
        this.source.slice(this.#at, this.#at + 9)
      ) ?? []
      if (found === undefined) return inner
      this.#at += found.length
      const from = found === "*" || found === "?" ? 0 : found === "+" ? 1 : Number(least)
      const to = found === "?" ? 1 : found === "*" || found === "+" || (comma === "," && most === "")
        ? Number.POSITIVE_INFINITY
        : comma === ","
        ? Number(most)
        : from
      inner = { kind: "repeat", inner, least: from, most: to }
    }
  }

  #one(): Part {
    const character = this.#next()
    this.#at++
    switch (character) {
      case "(":
        return this.#group()
      case "[":
        return { kind: "one", takes: this.#set() }
      case ".":
        return { kind: "one", takes: () => true }
      case "^":
        return { kind: "start" }
      case "$":
        return { kind: "end" }
      case "\\":
        return this.#escaped()
      case "*":
      case "+":
      case "?":
      case "{":
        throw new NotUnderstood()
      default:
        return { kind: "one", takes: (other) => other === character }
    }
  }

  #group(): Part {
    if (this.#groups >= maxGroups) throw new NotUnderstood()
    const index = ++this.#groups
    const inner = this.#choice()
    if (this.#next() !== ")") throw new NotUnderstood()
    this.#at++
    return { kind: "group", index, inner }
  }

  #escaped(): Part {
    const character = this.#next()
    this.#at++
    if (character === "" || /[0-9]/.test(character)) throw new NotUnderstood()
    if (character === "b") return { kind: "boundary" }
    return { kind: "one", takes: escapes.get(character) ?? ((other) => other === character) }
  }

  #set(): Takes {
    const negated = this.#next() === "^"
    if (negated) this.#at++
    const members: Array<Takes> = []
    for (let first = true; first || this.#next() !== "]"; first = false) {
      if (this.#at >= this.source.length) throw new NotUnderstood()
      members.push(this.#member())
    }
    this.#at++
    return (character) => members.some((takes) => takes(character)) !== negated
  }

  #member(): Takes {
    const [named, name = ""] = /^\[:(\w{1,8}):\]/.exec(this.source.slice(this.#at, this.#at + 12)) ?? []
    const known = classes.get(name)
    if (named !== undefined && known !== undefined) {
      this.#at += named.length
      return known
    }
    const escaped = this.#next() === "\\" ? escapes.get(this.source.charAt(this.#at + 1)) : undefined
    if (escaped !== undefined) {
      this.#at += 2
      return escaped
    }
    const from = this.#literal()
    if (this.#next() !== "-" || /^-?(?:\]|$)/.test(this.source.slice(this.#at, this.#at + 2))) {
      return (character) => character === from
    }
    this.#at++
    const to = this.#literal()
    return (character) => character >= from && character <= to
  }

  #literal(): string {
    if (this.#next() === "\\") this.#at++
    const character = this.#next()
    this.#at++
    return character
  }
}

const program = (root: Part): ReadonlyArray<Instruction> => {
  const made: Array<Instruction> = []
  const add = (instruction: Instruction): number => {
    if (made.length >= maxProgram) throw new NotUnderstood()
    return made.push(instruction) - 1
  }
  const put = (part: Part): void => {
    switch (part.kind) {
      case "one":
        add({ does: "take", takes: part.takes })
        return
      case "sequence":
        part.parts.forEach(put)
        return
      case "choice":
        return either(part.parts)
      case "group":
        add({ does: "save", slot: 2 * part.index })
        put(part.inner)
        add({ does: "save", slot: 2 * part.index + 1 })
        return
      case "repeat":
        return repeated(part.inner, part.least, part.most)
      default:
        add({ does: part.kind })
    }
  }
  const either = ([first, ...others]: ReadonlyArray<Part>): void => {
    if (first === undefined) return
    if (others.length === 0) return put(first)
    const split = add({ does: "jump", to: 0 })
    put(first)
    const end = add({ does: "jump", to: 0 })
    made[split] = { does: "split", to: [split + 1, made.length] }
    either(others)
    made[end] = { does: "jump", to: made.length }
  }
  const repeated = (inner: Part, least: number, most: number): void => {
    for (let count = 0; count < least; count++) put(inner)
    if (most === Number.POSITIVE_INFINITY) {
      const split = add({ does: "jump", to: 0 })
      put(inner)
      add({ does: "jump", to: split })
      made[split] = { does: "split", to: [split + 1, made.length] }
      return
    }
    const splits: Array<number> = []
    for (let count = least; count < most; count++) {
      splits.push(add({ does: "jump", to: 0 }))
      put(inner)
    }
    for (const split of splits) made[split] = { does: "split", to: [split + 1, made.length] }
  }
  add({ does: "save", slot: 0 })
  put(root)
  add({ does: "save", slot: 1 })
  add({ does: "done" })
  return made
}

interface Thread {
  readonly at: number
  readonly saved: ReadonlyArray<number>
}

const isBoundary = (text: string, at: number): boolean => isWord(text.charAt(at - 1)) !== isWord(text.charAt(at))

// The places that consume a character, reached from one without doing so; the preferred ones first.
const reached = (
  instructions: ReadonlyArray<Instruction>,
  text: string,
  place: number,
  from: ReadonlyArray<Thread>,
  tank: Fuel
): ReadonlyArray<Thread> => {
  const seen = new Set<number>()
  const found: Array<Thread> = []
  const waiting = from.toReversed()
  for (let thread = waiting.pop(); thread !== undefined; thread = waiting.pop()) {
    const { at, saved } = thread
    if (seen.has(at)) continue
    seen.add(at)
    const instruction = instructions[at]
    if (instruction === undefined) continue
    switch (instruction.does) {
      case "take":
      case "done":
        found.push(thread)
        break
      case "jump":
        waiting.push({ at: instruction.to, saved })
        break
      case "split":
        waiting.push({ at: instruction.to[1], saved }, { at: instruction.to[0], saved })
        break
      case "save":
        waiting.push({ at: at + 1, saved: saved.with(instruction.slot, place) })
        break
      case "start":
        if (place === 0) waiting.push({ at: at + 1, saved })
        break
      case "end":
        if (place === text.length) waiting.push({ at: at + 1, saved })
        break
      case "boundary":
        if (isBoundary(text, place)) waiting.push({ at: at + 1, saved })
        break
    }
  }
  tank.scan(placeCost * (seen.size + 1))
  return found
}

// A place of the machine costs about as much as so many characters that are only looked at.
const placeCost = 16

const search = (instructions: ReadonlyArray<Instruction>): Pattern => (text, from, tank) => {
  const fresh: Thread = { at: 0, saved: Array.from({ length: 2 * maxGroups + 2 }, () => -1) }
  let threads: ReadonlyArray<Thread> = []
  let best: ReadonlyArray<number> | undefined
  for (let place = from; place <= text.length; place++) {
    const here = reached(instructions, text, place, best === undefined ? [...threads, fresh] : threads, tank)
    const next: Array<Thread> = []
    for (const { at, saved } of here) {
      const instruction = instructions[at]
      if (instruction?.does === "done") {
        best = saved
        break
      }
      if (instruction?.does === "take" && place < text.length && instruction.takes(text.charAt(place))) {
        next.push({ at: at + 1, saved })
      }
    }
    threads = next
    if (best !== undefined && threads.length === 0) break
  }
  return best
}

/** Compiles a pattern; nothing where it is too long, or not understood. */
export const compile = (source: string): Pattern | undefined => {
  if (source.length > maxSource) return undefined
  try {
    return search(program(new Parser(source).whole()))
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}
