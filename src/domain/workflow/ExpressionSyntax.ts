/**
 * The grammar of GitHub's expressions (`${{ … }}`): literals, contexts, operators and calls. Tolerant: a text that is
 * no expression gives `undefined` rather than an error.
 */
import * as Limits from "./Limits.js"

/** An operator with two operands. */
export type Operator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">="

/** A parsed expression. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "index"; readonly of: Expression; readonly key: Expression }
  | { readonly kind: "every"; readonly of: Expression }
  | { readonly kind: "call"; readonly name: string; readonly arguments: ReadonlyArray<Expression> }
  | { readonly kind: "not"; readonly of: Expression }
  | {
    readonly kind: "binary"
    readonly operator: Operator
    readonly left: Expression
    readonly right: Expression
  }

interface Token {
  readonly kind: "string" | "number" | "word" | "symbol"
  readonly text: string
}

const token =
  /\s+|'((?:[^']|'')*)'|([-+]?(?:0x[0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?))|([A-Za-z_][\w-]*)|(\|\||&&|[=!<>]=|[<>!()[\],.*])/y

const tokens = (text: string): ReadonlyArray<Token> | undefined => {
  const found: Array<Token> = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    if (match === null) return undefined
    const [, string, number, word, symbol] = match
    if (string !== undefined) found.push({ kind: "string", text: string.replaceAll("''", "'") })
    else if (number !== undefined) found.push({ kind: "number", text: number })
    else if (word !== undefined) found.push({ kind: "word", text: word })
    else if (symbol !== undefined) found.push({ kind: "symbol", text: symbol })
  }
  return found
}

const constants = new Map<string, boolean | null | number>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY]
])

// From the loosest to the tightest.
const levels: ReadonlyArray<ReadonlyArray<Operator>> = [["||"], ["&&"], ["==", "!="], ["<", "<=", ">", ">="]]

class Parser {
  #at = 0
  #depth = 0
  constructor(private readonly all: ReadonlyArray<Token>) {}

  whole(): Expression | undefined {
    const parsed = this.#binary(0)
    return this.#at === this.all.length ? parsed : undefined
  }

  #symbol(text: string): boolean {
    const next = this.all[this.#at]
    if (next?.kind !== "symbol" || next.text !== text) return false
    this.#at++
    return true
  }

  #binary(level: number): Expression | undefined {
    const operators = levels[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    while (left !== undefined) {
      const operator: Operator | undefined = operators.find((one) => this.#symbol(one))
      if (operator === undefined) break
      const right: Expression | undefined = this.#binary(level + 1)
      left = right === undefined ? undefined : { kind: "binary", operator, left, right }
    }
    return left
  }

  #unary(): Expression | undefined {
    if (++this.#depth > Limits.maxDepth) return undefined
    const parsed = this.#symbol("!") ? this.#negated() : this.#postfix()
    this.#depth--
    return parsed
  }

  #negated(): Expression | undefined {
    const of = this.#unary()
    return of === undefined ? undefined : { kind: "not", of }
  }

  #postfix(): Expression | undefined {
    let of = this.#primary()
    for (let depth = 0; of !== undefined; depth++) {
      if (depth > Limits.maxDepth) return undefined
      if (this.#symbol(".")) {
        const next = this.all[this.#at]
        if (this.#symbol("*")) of = { kind: "every", of }
        else if (next?.kind === "word") {
          this.#at++
          of = { kind: "index", of, key: { kind: "literal", value: next.text } }
        } else return undefined
      } else if (this.#symbol("[")) {
        if (this.#symbol("*")) of = { kind: "every", of }
        else {
          const key = this.#binary(0)
          if (key === undefined) return undefined
          of = { kind: "index", of, key }
        }
        if (!this.#symbol("]")) return undefined
      } else break
    }
    return of
  }

  #primary(): Expression | undefined {
    if (this.#symbol("(")) {
      const inner = this.#binary(0)
      return this.#symbol(")") ? inner : undefined
    }
    const next = this.all[this.#at]
    if (next === undefined || next.kind === "symbol") return undefined
    this.#at++
    if (next.kind === "string") return { kind: "literal", value: next.text }
    if (next.kind === "number") return { kind: "literal", value: Number(next.text) }
    const constant = constants.get(next.text)
    if (constant !== undefined) return { kind: "literal", value: constant }
    return this.#symbol("(") ? this.#call(next.text) : { kind: "context", name: next.text.toLowerCase() }
  }

  #call(name: string): Expression | undefined {
    const given: Array<Expression> = []
    if (this.#symbol(")")) return { kind: "call", name: name.toLowerCase(), arguments: given }
    while (true) {
      const one = this.#binary(0)
      if (one === undefined) return undefined
      given.push(one)
      if (this.#symbol(")")) return { kind: "call", name: name.toLowerCase(), arguments: given }
      if (!this.#symbol(",")) return undefined
    }
  }
}

/** Parses the text between `${{` and `}}`; nothing where it is no expression or too long or deep. */
export const parse = (text: string): Expression | undefined => {
  if (text.length > Limits.maxExpressionLength) return undefined
  const found = tokens(text)
  return found === undefined || found.length === 0 ? undefined : new Parser(found).whole()
}

/** A text cut into what is literal and what is an expression. */
export type Template = ReadonlyArray<string | { readonly source: string; readonly expression: Expression | undefined }>

/** Cuts a text at its `${{ … }}`; a `}}` inside a quoted literal does not end an expression. */
export const template = (text: string): Template => {
  const parts: Array<Template[number]> = []
  let at = 0
  while (true) {
    const open = text.indexOf("${{", at)
    const close = open === -1 ? -1 : closing(text, open + 3)
    if (close === -1) {
      if (at < text.length) parts.push(text.slice(at))
      return parts
    }
    if (open > at) parts.push(text.slice(at, open))
    const source = text.slice(open + 3, close).trim()
    parts.push({ source, expression: parse(source) })
    at = close + 2
  }
}

const closing = (text: string, from: number): number => {
  let quoted = false
  const end = Math.min(text.length, from + Limits.maxExpressionLength)
  for (let at = from; at < end; at++) {
    const character = text.charAt(at)
    if (character === "'") quoted = !quoted
    else if (!quoted && character === "}" && text.charAt(at + 1) === "}") return at
  }
  return -1
}
