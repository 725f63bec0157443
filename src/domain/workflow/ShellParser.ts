/**
 * Parses a shell script into its tree. Tolerant: a token that fits nowhere is passed over, so that one unusual line
 * does not hide the rest of a script.
 */
import * as Limits from "./Limits.js"
import { tokenize } from "./ShellLexer.js"
import type { Assignment, Node, Redirect, Token } from "./ShellSyntax.js"

const assignment = /^([A-Za-z_]\w*(?:\[[^\]]*\])?)(\+?)=([^]*)$/
const empty: Node = { kind: "list", nodes: [] }

class Parser {
  #at = 0
  #depth = 0
  constructor(private readonly tokens: ReadonlyArray<Token>) {}

  script(): Node {
    const nodes: Array<Node> = []
    while (this.#at < this.tokens.length) {
      const before = this.#at
      nodes.push(this.#list([]))
      if (this.#at === before) this.#at++
    }
    return { kind: "list", nodes }
  }

  #word(): string | undefined {
    const next = this.tokens[this.#at]
    return next?.kind === "word" ? next.text : undefined
  }

  #isOperator(...texts: ReadonlyArray<string>): boolean {
    const next = this.tokens[this.#at]
    return next?.kind === "operator" && texts.includes(next.text)
  }

  #take(word: string): boolean {
    if (this.#word() !== word) return false
    this.#at++
    return true
  }

  // Nested deeper than any script is: the rest is left out.
  #giveUp(): Node {
    this.#at = this.tokens.length
    return empty
  }

  #newlines(): void {
    while (this.#isOperator("\n", ";")) this.#at++
  }

  // Commands up to one of the words that end the enclosing compound, or to what cannot start a command.
  #list(ends: ReadonlyArray<string>): Node {
    const nodes: Array<Node> = []
    if (this.#depth > Limits.maxDepth) return this.#giveUp()
    this.#depth++
    while (this.#at < this.tokens.length) {
      if (this.#isOperator("\n", ";", "&")) {
        this.#at++
        continue
      }
      const word = this.#word()
      if (this.#isOperator(")", ";;") || (word !== undefined && ends.includes(word))) break
      const before = this.#at
      nodes.push(this.#chain())
      if (this.#at === before) this.#at++
    }
    this.#depth--
    return { kind: "list", nodes }
  }

  #chain(): Node {
    const first = this.#pipe()
    const rest: Array<{ operator: "&&" | "||"; node: Node }> = []
    while (this.#isOperator("&&", "||")) {
      const operator = this.#isOperator("&&") ? "&&" : "||"
      this.#at++
      this.#newlines()
      rest.push({ operator, node: this.#pipe() })
    }
    return rest.length === 0 ? first : { kind: "chain", first, rest }
  }

  #pipe(): Node {
    const negated = this.#take("!")
    const commands = [this.#redirected()]
    while (this.#isOperator("|", "|&")) {
      this.#at++
      this.#newlines()
      commands.push(this.#redirected())
    }
    const [only] = commands
    return !negated && commands.length === 1 && only !== undefined ? only : { kind: "pipe", commands, negated }
  }

  #redirected(): Node {
    if (this.#depth > Limits.maxDepth) return this.#giveUp()
    this.#depth++
    const body = this.#command()
    this.#depth--
    if (body.kind === "simple") return body
    const redirects: Array<Redirect> = []
    let next = this.tokens[this.#at]
    while (next?.kind === "redirect") {
      redirects.push(next.redirect)
      next = this.tokens[++this.#at]
    }
    return redirects.length === 0 ? body : { kind: "redirected", body, redirects }
  }

  #command(): Node {
    if (this.#isOperator("(")) return this.#subshell()
    if (this.#take("if")) return this.#if()
    if (this.#take("for")) return this.#for()
    if (this.#take("while") || this.#take("until")) return this.#while()
    if (this.#take("case")) return this.#case()
    if (this.#take("{")) {
      const body = this.#list(["}"])
      this.#take("}")
      return body
    }
    if (this.#take("function")) {
      const name = this.#word() ?? ""
      this.#at++
      return this.#function(name)
    }
    return this.#simple()
  }

  // `( … )`, and `(( … ))` as a command whose outcome is not known.
  #subshell(): Node {
    this.#at++
    const body = this.#list([])
    if (this.#isOperator(")")) this.#at++
    return body
  }

  #function(name: string): Node {
    if (this.#isOperator("(")) this.#at++
    if (this.#isOperator(")")) this.#at++
    this.#newlines()
    return { kind: "function", name, body: this.#redirected() }
  }

  #if(): Node {
    const clauses: Array<{ condition: Node; body: Node }> = []
    do {
      const condition = this.#list(["then", "fi"])
      this.#take("then")
      clauses.push({ condition, body: this.#list(["elif", "else", "fi"]) })
    } while (this.#take("elif"))
    const otherwise = this.#take("else") ? this.#list(["fi"]) : undefined
    this.#take("fi")
    return { kind: "if", clauses, otherwise }
  }

  #body(): Node {
    this.#newlines()
    if (!this.#take("do") && !this.#take("{")) return empty
    const body = this.#list(["done", "}"])
    if (!this.#take("done")) this.#take("}")
    return body
  }

  #for(): Node {
    if (this.#isOperator("(")) {
      // `for ((…; …; …))`: one round stands for all.
      while (this.#at < this.tokens.length && this.#word() !== "do" && this.#word() !== "{") this.#at++
      return { kind: "for", name: "_", words: ["1"], body: this.#body() }
    }
    const name = this.#word() ?? "_"
    this.#at++
    this.#newlines()
    const words: Array<string> = []
    if (this.#take("in")) {
      let word = this.#word()
      while (word !== undefined) {
        words.push(word)
        this.#at++
        word = this.#word()
      }
    } else words.push("\"$@\"")
    return { kind: "for", name, words, body: this.#body() }
  }

  #while(): Node {
    const condition = this.#list(["do"])
    return { kind: "while", condition, body: this.#body() }
  }

  #case(): Node {
    const word = this.#word() ?? ""
    this.#at++
    this.#newlines()
    this.#take("in")
    const items: Array<{ patterns: ReadonlyArray<string>; body: Node }> = []
    while (this.#at < this.tokens.length) {
      this.#newlines()
      if (this.#take("esac")) break
      const before = this.#at
      if (this.#isOperator("(")) this.#at++
      const patterns: Array<string> = []
      while (this.#word() !== undefined || this.#isOperator("|")) {
        const pattern = this.#word()
        if (pattern !== undefined) patterns.push(pattern)
        this.#at++
      }
      if (this.#isOperator(")")) this.#at++
      items.push({ patterns, body: this.#list(["esac"]) })
      if (this.#isOperator(";;")) this.#at++
      if (this.#at === before) this.#at++
    }
    return { kind: "case", word, items }
  }

  // `[[ … ]]`: operators in it belong to the test.
  #test(): Node {
    const words: Array<string> = []
    while (this.#at < this.tokens.length) {
      const next = this.tokens[this.#at++]
      if (next?.kind === "redirect") words.push(next.redirect.operator, next.redirect.target)
      else if (next !== undefined && next.text !== "\n") words.push(next.text)
      if (next?.kind === "word" && next.text === "]]") break
    }
    return { kind: "simple", assignments: [], words, redirects: [] }
  }

  #simple(): Node {
    if (this.#word() === "[[") return this.#test()
    const assignments: Array<Assignment> = []
    const words: Array<string> = []
    const redirects: Array<Redirect> = []
    let next = this.tokens[this.#at]
    while (next !== undefined && next.kind !== "operator") {
      this.#at++
      if (next.kind === "redirect") redirects.push(next.redirect)
      else {
        const [, name, plus, value] = words.length === 0 ? assignment.exec(next.text) ?? [] : []
        if (name !== undefined) assignments.push({ name, append: plus === "+", value: value ?? "" })
        else words.push(next.text)
      }
      next = this.tokens[this.#at]
    }
    const [name] = words
    if (name !== undefined && words.length === 1 && this.#isOperator("(")) return this.#function(name)
    return { kind: "simple", assignments, words, redirects }
  }
}

// Reading a text costs more than looking at it.
const reading = 8

/** Parses a script; a text longer than the limit is cut. */
export const parse = (script: string, tank: Limits.Fuel): Node => {
  const text = script.slice(0, Limits.maxScriptLength)
  tank.scan(reading * text.length)
  return new Parser(tokenize(text)).script()
}
