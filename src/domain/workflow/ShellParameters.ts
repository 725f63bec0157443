/**
 * `${…}`: the operators of the shell's parameter expansion, over texts with holes.
 */
import * as Glob from "./Glob.js"
import { hasHole, type HoleTable, isHole } from "./Holes.js"
import type { Variable } from "./ShellState.js"
import type { WordScope } from "./ShellWordScope.js"

/** How variables are read and words expanded, which is the business of those who call. */
export interface Reading {
  readonly lookup: (name: string, scope: WordScope) => Variable
  readonly text: (raw: string, scope: WordScope) => string
}

interface Scope {
  readonly words: WordScope
  readonly reading: Reading
  readonly holes: HoleTable
}

const expand = ({ reading, words }: Scope, raw: string): string => reading.text(raw, words)

const shape = /^(!?)(#?)([A-Za-z_]\w*|[0-9@*])/

// The place of the bracket that closes the key of an element; -1 where what stands there is no key.
const keyEnd = (text: string): number => {
  for (let at = 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === "]") return at
    if (character !== "$") continue
    const next = text.charAt(at + 1)
    if (next === "{") {
      at = text.indexOf("}", at)
      if (at === -1) return -1
    } else if (!/^\w$/.test(next)) return -1
  }
  return -1
}

interface Body {
  readonly bang: boolean
  readonly hash: boolean
  readonly name: string
  /** What stands in brackets behind the name. */
  readonly key: string | undefined
  /** The operator, and what follows it. */
  readonly operation: string
}

const bodyOf = (text: string): Body | undefined => {
  const [whole, bang, hash, name] = shape.exec(text) ?? []
  if (whole === undefined || name === undefined) return undefined
  const rest = text.slice(whole.length)
  const end = rest.startsWith("[") ? keyEnd(rest) : -1
  return {
    bang: bang === "!",
    hash: hash === "#",
    name,
    key: end === -1 ? undefined : rest.slice(1, end),
    operation: rest.slice(end + 1)
  }
}

/** Whether an element of an array's value names its key: `[key]=value`. */
export const isAssociative = (item: string): boolean => /^\[[^\]]+\]=/.test(item)

const values = (value: Variable): ReadonlyArray<string> => typeof value === "string" ? [value] : [...value.values()]

const element = (value: Variable, key: string): string => {
  if (typeof value === "string") return key === "0" ? value : ""
  if (value instanceof Map) return value.get(key) ?? ""
  const list = values(value)
  return list[Number(key) < 0 ? list.length + Number(key) : Number(key)] ?? ""
}

/** The value of `${body}`: a list for `${a[@]}` and `${!a[@]}`. */
export const parameter = (body: string, words: WordScope, reading: Reading): string | ReadonlyArray<string> => {
  const scope: Scope = { words, reading, holes: words.holes }
  words.tank.scan(body.length)
  const parts = bodyOf(body)
  if (parts === undefined) return scope.holes.unknown("runtime", `$\{${body.slice(0, 40)}}`)
  const { bang, hash, key, name, operation } = parts
  const value = reading.lookup(name, words)
  if (key === "@" || key === "*" || ((name === "@" || name === "*") && !hash)) {
    if (hash) return String(values(value).length)
    if (bang) return value instanceof Map ? [...value.keys()] : values(value).map((_, index) => String(index))
    return values(value).map((one) => apply(name, one, operation, scope))
  }
  if (bang) return apply(name, values(reading.lookup(values(value)[0] ?? "", words))[0] ?? "", operation, scope)
  const text = key === undefined ? values(value)[0] ?? "" : element(value, expand(scope, key))
  if (hash) return hasHole(text) ? scope.holes.unknown("runtime", `$\{#${name}}`) : String(text.length)
  return apply(name, text, operation, scope)
}

const changeCase = (text: string, operation: string): string => {
  if (operation.startsWith(",,") || operation === "@L") return text.toLowerCase()
  if (operation.startsWith("^^") || operation === "@U") return text.toUpperCase()
  const head = text.slice(0, 1)
  return (operation.startsWith(",") ? head.toLowerCase() : head.toUpperCase()) + text.slice(1)
}

const orElse = (text: string, other: string, holes: HoleTable): string => {
  const truth = holes.truth(text)
  if (truth === true) return text
  if (truth === false) return other
  const hole = isHole(text) ? holes.within(text)[0] : undefined
  if (hole === undefined || (hole.choices.length > 0 && !hole.open)) {
    return holes.choice((hole?.choices ?? [text]).map((one) => one === "" ? other : one))
  }
  return other === ""
    ? text
    : holes.add({ ...hole, choices: hole.choices.length > 0 ? hole.choices : [other], open: true })
}

const onlyIf = (text: string, other: string, holes: HoleTable): string => {
  const truth = holes.truth(text)
  return truth === true ? other : truth === false ? "" : holes.choice(["", other])
}

const substring = (text: string, operation: string, scope: Scope): string => {
  const [from = "", length] = expand(scope, operation.slice(1)).split(":")
  if (hasHole(text) || !/^\s*-?\d+$/.test(from)) {
    return isHole(text)
      ? text
      : scope.holes.unknown("runtime", "$substring")
  }
  const start = Number(from) < 0 ? Math.max(text.length + Number(from), 0) : Number(from)
  if (length === undefined) return text.slice(start)
  return Number(length) < 0 ? text.slice(start, Number(length)) : text.slice(start, start + Number(length))
}

const replaced = (text: string, operation: string, scope: Scope): string => {
  const every = operation.startsWith("//")
  const body = operation.slice(every ? 2 : 1)
  const cut = body.replace(/\\./g, "__").indexOf("/")
  const pattern = expand(scope, cut === -1 ? body : body.slice(0, cut))
  const by = cut === -1 ? "" : expand(scope, body.slice(cut + 1))
  if (pattern.startsWith("#")) {
    const rest = Glob.withoutPrefix(text, pattern.slice(1), true, scope.holes.tank)
    return rest === text ? text : by + rest
  }
  if (pattern.startsWith("%")) {
    const rest = Glob.withoutSuffix(text, pattern.slice(1), true, scope.holes.tank)
    return rest === text ? text : rest + by
  }
  return Glob.replace(text, pattern, by, every, scope.holes.tank)
}

// An element of an array costs more than its characters.
const elementCost = 16

const apply = (name: string, text: string, operation: string, scope: Scope): string => {
  scope.holes.tank.scan(text.length + operation.length + elementCost)
  if (operation === "") return text
  const [first = "", second = ""] = operation
  const rest = (): string => expand(scope, operation.slice(2))
  if (first === ":" && second === "-") return orElse(text, rest(), scope.holes)
  if (first === ":" && second === "+") return onlyIf(text, rest(), scope.holes)
  if (first === ":" && second === "?") return text
  if (first === ":" && second === "=") {
    const value = orElse(text, rest(), scope.holes)
    scope.words.state.variables.set(name, value)
    return value
  }
  if (first === ":") return substring(text, operation, scope)
  if (first === "-") {
    return scope.words.state.variables.has(name) || text !== ""
      ? text
      : expand(scope, operation.slice(1))
  }
  if (first === "+") {
    return scope.words.state.variables.has(name) || text !== ""
      ? expand(scope, operation.slice(1))
      : ""
  }
  if (first === "," || first === "^" || first === "@") return changeCase(text, operation)
  if (first === "#") {
    const pattern = expand(scope, operation.slice(second === "#" ? 2 : 1))
    return Glob.withoutPrefix(text, pattern, second === "#", scope.holes.tank)
  }
  if (first === "%") {
    const pattern = expand(scope, operation.slice(second === "%" ? 2 : 1))
    return Glob.withoutSuffix(text, pattern, second === "%", scope.holes.tank)
  }
  return first === "/" ? replaced(text, operation, scope) : text
}
