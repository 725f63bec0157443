/**
 * Cuts a shell script into words, operators and redirections. Tolerant: whatever is not understood is a word, and a
 * quote that is never closed ends with the script.
 */
import type { Redirect, Token } from "./ShellSyntax.js"

const maxTokens = 8_000
const isSpace = (character: string): boolean => character === " " || character === "\t" || character === "\r"
// Whatever in a word means nothing to the shell; looked for from `lastIndex` on.
const plainRun = /[^\s;&|<>)\\'"`$(]+/y

const maxDepth = 32

// The place behind the quoted string that starts at `at`; too deep a nesting ends with the text.
const skipQuoted = (text: string, at: number, quote: string, depth: number): number => {
  if (depth > maxDepth) return text.length
  for (let next = at + 1; next < text.length; next++) {
    const character = text.charAt(next)
    if (character === quote) return next + 1
    if (quote === "'") continue
    if (character === "\\") next++
    else if (quote === "\"" && character === "$") next = skipDollar(text, next, depth + 1) - 1
    else if (quote === "\"" && character === "`") next = skipQuoted(text, next, "`", depth + 1) - 1
  }
  return text.length
}

/** The place behind a `$…` that starts at `at`, inside of `depth` others. */
export const skipDollar = (text: string, at: number, depth: number): number => {
  const next = text.charAt(at + 1)
  if (next === "{") return skipBalanced(text, at + 1, "{", "}", depth)
  if (next === "(") return skipBalanced(text, at + 1, "(", ")", depth)
  return at + 1
}

// The place behind `${…}`, `$(…)` or `(…)`, nesting included.
const skipBalanced = (text: string, at: number, open: string, close: string, depth: number): number => {
  if (depth > maxDepth) return text.length
  let level = 0
  for (let next = at; next < text.length; next++) {
    const character = text.charAt(next)
    if (character === "\\") next++
    else if (character === "'" && open === "(") next = skipQuoted(text, next, "'", depth + 1) - 1
    else if (character === "\"") next = skipQuoted(text, next, "\"", depth + 1) - 1
    else if (character === "$" && /[{(]/.test(text.charAt(next + 1))) next = skipDollar(text, next, depth + 1) - 1
    else if (character === open) level++
    else if (character === close && --level === 0) return next + 1
  }
  return text.length
}

// The place behind the word that starts at `at`.
const skipWord = (text: string, at: number): number => {
  let next = at
  while (next < text.length) {
    plainRun.lastIndex = next
    if (plainRun.test(text)) {
      next = plainRun.lastIndex
      continue
    }
    const character = text.charAt(next)
    if (character === "\\") next += text.charAt(next + 1) === "\r" ? 3 : 2
    else if (character === "'" || character === "\"" || character === "`") next = skipQuoted(text, next, character, 0)
    else if (character === "$") next = Math.max(next + 1, skipDollar(text, next, 0))
    else if (character === "(" && next > at && text.charAt(next - 1) === "=") {
      next = skipBalanced(text, next, "(", ")", 0)
    } else break
  }
  return Math.min(next, text.length)
}

/** A delimiter without its quotes, and whether it had any. */
const unquote = (word: string): { readonly text: string; readonly quoted: boolean } => ({
  text: word.replace(/["'\\]/g, ""),
  quoted: /["'\\]/.test(word)
})

interface Pending {
  readonly at: number
  readonly delimiter: string
  readonly quoted: boolean
  readonly strip: boolean
}

class Lexer {
  readonly tokens: Array<Token> = []
  #at = 0
  #pending: Array<Pending> = []
  constructor(private readonly text: string) {}

  run(): ReadonlyArray<Token> {
    while (this.#at < this.text.length && this.tokens.length < maxTokens) this.#step()
    return this.tokens
  }

  #operator(text: string): void {
    this.tokens.push({ kind: "operator", text })
    this.#at += text.length
  }

  #step(): void {
    const character = this.text.charAt(this.#at)
    const next = this.text.charAt(this.#at + 1)
    if (isSpace(character)) this.#at++
    else if (character === "\\" && (next === "\n" || (next === "\r" && this.text.charAt(this.#at + 2) === "\n"))) {
      this.#at = this.text.indexOf("\n", this.#at) + 1
    } else if (character === "#") {
      const end = this.text.indexOf("\n", this.#at)
      this.#at = end === -1 ? this.text.length : end
    } else if (character === "\n") {
      this.#operator("\n")
      this.#documents()
    } else if (character === ";") this.#operator(next === ";" ? ";;" : ";")
    else if (character === "&" && next === ">") this.#redirect(this.#at + 1)
    else if (character === "&") this.#operator(next === "&" ? "&&" : "&")
    else if (character === "|") this.#operator(next === "|" ? "||" : next === "&" ? "|&" : "|")
    else if (character === "(" || character === ")") this.#operator(character)
    else if ((character === "<" || character === ">") && next === "(") this.#substitution()
    else if (character === "<" || character === ">") this.#redirect(this.#at)
    else this.#word()
  }

  #substitution(): void {
    const end = skipBalanced(this.text, this.#at + 1, "(", ")", 0)
    this.tokens.push({ kind: "word", text: this.text.slice(this.#at, end) })
    this.#at = end
  }

  #word(): void {
    const end = Math.max(this.#at + 1, skipWord(this.text, this.#at))
    const text = this.text.slice(this.#at, end)
    this.#at = end
    // `2>file`: the number belongs to the redirection.
    if (text.length !== 1 || !/\d/.test(text) || !/[<>]/.test(this.text.charAt(end))) {
      this.tokens.push({ kind: "word", text })
    } else if (text === "2") this.#redirect(end, true)
  }

  #redirect(from: number, ignored = false): void {
    const operator = /^(?:<<<|<<-?|<&|>>|>&|>\||<|>)/.exec(this.text.slice(from, from + 3))?.[0] ?? ">"
    let at = from + operator.length
    while (at < this.text.length && isSpace(this.text.charAt(at))) at++
    const end = this.text.startsWith("<(", at)
      ? skipBalanced(this.text, at + 1, "(", ")", 0)
      : skipWord(this.text, at)
    const word = this.text.slice(at, end)
    this.#at = Math.max(end, from + operator.length)
    if (operator === "<<" || operator === "<<-") {
      const { quoted, text } = unquote(word)
      this.#pending.push({ at: this.tokens.length, delimiter: text, quoted, strip: operator === "<<-" })
      this.tokens.push({ kind: "redirect", redirect: { operator: "<<", target: "", literal: quoted } })
    } else if (!ignored && !operator.endsWith("&")) {
      const known: Redirect["operator"] = operator === "<<<" || operator === ">>" || operator === "<" ? operator : ">"
      this.tokens.push({ kind: "redirect", redirect: { operator: known, target: word, literal: false } })
    }
  }

  // The bodies of the here-documents of the line that just ended.
  #documents(): void {
    for (const { at, delimiter, quoted, strip } of this.#pending) {
      const lines: Array<string> = []
      while (this.#at < this.text.length) {
        const end = this.text.indexOf("\n", this.#at)
        const line = this.text.slice(this.#at, end === -1 ? undefined : end).replace(/\r$/, "")
        this.#at = end === -1 ? this.text.length : end + 1
        const bare = strip ? line.replace(/^\t+/, "") : line
        if (bare === delimiter || bare.trim() === delimiter) break
        lines.push(bare)
      }
      const target = lines.map((line) => `${line}\n`).join("")
      this.tokens[at] = { kind: "redirect", redirect: { operator: "<<", target, literal: quoted } }
    }
    this.#pending = []
  }
}

/** Cuts a script into tokens. */
export const tokenize = (script: string): ReadonlyArray<Token> => new Lexer(script).run()
