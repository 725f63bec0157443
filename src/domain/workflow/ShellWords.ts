/**
 * Expands the words of a shell script: quotes, variables, command substitutions, word splitting and braces.
 */
import { hasHole } from "./Holes.js"
import * as Limits from "./Limits.js"
import { skipDollar } from "./ShellLexer.js"
import { isAssociative, parameter, type Reading } from "./ShellParameters.js"
import type { Variable } from "./ShellState.js"
import type { WordScope } from "./ShellWordScope.js"

export type { WordScope } from "./ShellWordScope.js"

const plain = /^[^\\'"$`{~<]*$/
const whitespace = /[ \t\n]+/

class Fields {
  readonly done: Array<string> = []
  #current: string | undefined
  constructor(readonly split: boolean) {}

  add(text: string): void {
    if (this.#current?.length === Limits.maxTextLength) return
    this.#current = Limits.cap((this.#current ?? "") + text)
  }

  end(): void {
    if (this.#current !== undefined) this.done.push(this.#current)
    this.#current = undefined
  }

  /** The result of an unquoted expansion: split at white space. */
  addSplit(text: string): void {
    if (!this.split || !whitespace.test(text)) {
      if (text !== "") this.add(text)
      return
    }
    const parts = text.split(whitespace)
    parts.forEach((part, index) => {
      if (index > 0) this.end()
      if (part !== "") this.add(part)
    })
  }
}

/** The elements of an array, the values of an associative one, or the text alone. */
export const elements = (value: Variable | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : [...value.values()]

const lookup = (name: string, scope: WordScope): Variable => {
  if (/^\d$/.test(name)) return scope.positional[Number(name) - 1] ?? ""
  if (name === "@" || name === "*") return scope.positional
  if (name === "#") return String(scope.positional.length)
  if (name === "?") return "0"
  return scope.state.variables.get(name) ?? scope.ambient(name)
}

// Alternatives of an unquoted expansion that hold several words each stand side by side.
const alternatives = (text: string, scope: WordScope): string => {
  if (!hasHole(text)) return text
  const spread = scope.holes.within(text).some((hole) => hole.choices.some((choice) => whitespace.test(choice)))
  return spread ? scope.holes.expand(text, true, 16).join(" ") : text
}

// An element of an array costs more than its characters.
const elementCost = 16
// So do the words into which a text is split.
const splitting = 4

const put = (value: Variable, quoted: boolean, fields: Fields, scope: WordScope): void => {
  if (typeof value === "string") {
    const splits = !quoted && fields.split
    scope.tank.scan((splits ? splitting : 1) * value.length)
    if (splits) fields.addSplit(alternatives(value, scope))
    else fields.add(value)
    return
  }
  for (const [index, element] of elements(value).entries()) {
    scope.tank.scan(element.length + elementCost)
    if (index > 0 && fields.split) fields.end()
    else if (index > 0) fields.add(" ")
    if (quoted) fields.add(element)
    else fields.addSplit(element)
  }
}

// Looked for from `lastIndex` on.
const variableName = /[A-Za-z_]\w{0,127}|[0-9@*#?$!-]/y
const plainInQuotes = /[^"\\$`]+/y
const plainOutside = /[^'"\\$`]+/y

// The place behind what a pattern matches at `at`.
const behind = (pattern: RegExp, raw: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(raw) ? pattern.lastIndex : at + 1
}

const expandDollar = (raw: string, at: number, quoted: boolean, fields: Fields, scope: WordScope): number => {
  const next = raw.charAt(at + 1)
  if (next === "(") {
    const end = skipDollar(raw, at, 0)
    if (raw.startsWith("$((", at)) put(scope.holes.unknown("runtime", "$((…))"), quoted, fields, scope)
    else put(scope.capture(raw.slice(at + 2, end - 1)), quoted, fields, scope)
    return end
  }
  if (next === "{") {
    const end = skipDollar(raw, at, 0)
    put(parameter(raw.slice(at + 2, end - 1), scope, reading), quoted, fields, scope)
    return end
  }
  variableName.lastIndex = at + 1
  const name = variableName.exec(raw)?.[0]
  if (name === undefined) {
    // `$'…'` and `$"…"` are quotes; another `$` is itself.
    if (quoted || (next !== "'" && next !== "\"")) fields.add("$")
    return at + 1
  }
  const value = lookup(name, scope)
  put(
    name === "@" || name === "*" || typeof value === "string" ? value : elements(value)[0] ?? "",
    quoted,
    fields,
    scope
  )
  return at + 1 + name.length
}

const expandQuoted = (raw: string, at: number, fields: Fields, scope: WordScope): number => {
  fields.add("")
  let next = at + 1
  while (next < raw.length && raw.charAt(next) !== "\"") {
    const character = raw.charAt(next)
    if (character === "\\") {
      const escaped = raw.charAt(next + 1)
      if (escaped !== "\n") fields.add(/["\\$`]/.test(escaped) ? escaped : `\\${escaped}`)
      next += 2
    } else if (character === "$") next = expandDollar(raw, next, true, fields, scope)
    else if (character === "`") next = expandBackticks(raw, next, true, fields, scope)
    else {
      const stop = behind(plainInQuotes, raw, next)
      fields.add(raw.slice(next, stop))
      next = stop
    }
  }
  return next + 1
}

const expandBackticks = (raw: string, at: number, quoted: boolean, fields: Fields, scope: WordScope): number => {
  const end = raw.indexOf("`", at + 1)
  const stop = end === -1 ? raw.length : end
  const text = scope.capture(raw.slice(at + 1, stop))
  if (quoted) fields.add(text)
  else fields.addSplit(alternatives(text, scope))
  return stop + 1
}

const expandInto = (raw: string, fields: Fields, scope: WordScope): void => {
  let at = 0
  scope.tank.scan(raw.length)
  while (at < raw.length) {
    scope.tank.spend(1)
    const character = raw.charAt(at)
    if (character === "'") {
      const end = raw.indexOf("'", at + 1)
      const stop = end === -1 ? raw.length : end
      const text = raw.slice(at + 1, stop)
      fields.add(raw.charAt(at - 1) === "$" ? text.replaceAll("\\n", "\n").replaceAll("\\t", "\t") : text)
      at = stop + 1
    } else if (character === "\"") at = expandQuoted(raw, at, fields, scope)
    else if (character === "\\") {
      const escaped = raw.charAt(at + 1)
      if (escaped === "\r") at += 3
      else {
        if (escaped !== "\n") fields.add(escaped)
        at += 2
      }
    } else if (character === "$") at = expandDollar(raw, at, false, fields, scope)
    else if (character === "`") at = expandBackticks(raw, at, false, fields, scope)
    else {
      const stop = behind(plainOutside, raw, at)
      fields.add(raw.slice(at, stop))
      at = stop
    }
  }
}

// `a{b,c}d` and `{1..3}`, outside quotes and without nesting.
const braces = (raw: string): ReadonlyArray<string> => {
  const match = /^([^'"{}$`\\]*)\{([^'"{}$`\\ ]*)\}([^'"{}]*)$/.exec(raw)
  if (match === null) return [raw]
  const [, before = "", inner = "", after = ""] = match
  const range = /^(\d{1,4})\.\.(\d{1,4})$/.exec(inner)
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])]
    const count = Math.min(Math.max(to - from + 1, 0), Limits.maxLoop)
    return Array.from({ length: count }, (_, index) => `${before}${from + index}${after}`)
  }
  return inner.includes(",") ? inner.split(",").slice(0, Limits.maxLoop).map((one) => before + one + after) : [raw]
}

/** The words that a word becomes. */
export const expandFields = (raw: string, scope: WordScope): ReadonlyArray<string> => {
  scope.tank.scan(raw.length)
  if (plain.test(raw)) return [raw]
  if (raw.startsWith("<(")) return [scope.capture(raw.slice(2, -1))]
  const fields = new Fields(true)
  for (const one of raw.includes("{") ? braces(raw) : [raw]) {
    expandInto(one, fields, scope)
    fields.end()
  }
  return fields.done
}

/** The text that a word becomes where it is not split: in assignments, redirections and here-documents. */
export const expandText = (raw: string, scope: WordScope): string => {
  scope.tank.scan(raw.length)
  if (plain.test(raw)) return raw
  if (raw.startsWith("<(")) return scope.capture(raw.slice(2, -1))
  const fields = new Fields(false)
  expandInto(raw, fields, scope)
  fields.end()
  return fields.done.join(" ")
}

/** A here-document, in which quotes mean nothing. */
export const expandDocument = (text: string, scope: WordScope): string => {
  const fields = new Fields(false)
  scope.tank.scan(text.length)
  expandQuoted(`"${text.replaceAll("\"", "\\\"")}`, 0, fields, scope)
  fields.end()
  return fields.done.join("")
}

/** The value of an assignment: a text, or the elements of `(a b)` and `([k]=v)`. */
export const expandValue = (
  raw: string,
  scope: WordScope,
  words: (text: string) => ReadonlyArray<string>
): Variable => {
  if (!raw.startsWith("(") || !raw.endsWith(")")) return expandText(raw, scope)
  const items = words(raw.slice(1, -1)).slice(0, Limits.maxLoop)
  if (items.length > 0 && items.every((item) => isAssociative(item))) {
    return new Map(items.map((item) => {
      const end = item.indexOf("]=")
      return [expandText(item.slice(1, end), scope), expandText(item.slice(end + 2), scope)] as const
    }))
  }
  return items.flatMap((item) => expandFields(item, scope))
}

const reading: Reading = { lookup, text: expandText }
