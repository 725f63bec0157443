/**
 * Runs a shell script as far as names of images need it: variables, functions, loops over known words, conditions (both
 * ways where they are undecided), text tools, and what is written to `$GITHUB_ENV` and `$GITHUB_OUTPUT`. Commands that
 * are not the shell's own are handed to the host.
 */
import { withoutEnd } from "../textEnds.js"
import { either, type HoleTable, not } from "./Holes.js"
import type * as Limits from "./Limits.js"
import { assign, declare, inputOf } from "./ShellAssignments.js"
import { builtin } from "./ShellBuiltins.js"
import type { Outcome } from "./ShellFlow.js"
import * as Flow from "./ShellFlow.js"
import { parse } from "./ShellParser.js"
import * as State from "./ShellState.js"
import type { Node, Redirect } from "./ShellSyntax.js"
import { matchesCase, test } from "./ShellTest.js"
import { expandFields, expandText, type WordScope } from "./ShellWords.js"

export type { Outcome } from "./ShellFlow.js"

/** A command that is not the shell's own. */
export interface Command {
  readonly words: ReadonlyArray<string>
  readonly input: string
  /** The shell that runs it. */
  readonly shell: {
    readonly variable: (name: string) => string
    readonly script: (text: string, positional: ReadonlyArray<string>) => Outcome
  }
}

/** The world of a script. */
export interface ShellHost {
  readonly holes: HoleTable
  /** What a variable holds that the script did not set. */
  readonly ambient: (name: string) => string
  readonly command: (command: Command) => Outcome
  /** Scripts that were parsed before. */
  readonly parsed: Map<string, Node>
}

/** What stands for the files behind `$GITHUB_ENV` and `$GITHUB_OUTPUT`. */
export const envFile = "/github/env"
export const outputFile = "/github/output"

const nothing: Outcome = { out: "", status: true }
const maxDepth = 24
const declarations: ReadonlySet<string> = new Set(["export", "local", "declare", "typeset", "readonly"])

/** One running script. */
export class Shell implements WordScope {
  readonly #functions = new Map<string, Node>()
  #positional: ReadonlyArray<string> = []
  #depth = 0
  constructor(private readonly host: ShellHost, readonly state: State.ShellState) {}

  /** Runs a script and gives what it wrote to its standard output. */
  run(script: string): Outcome {
    const known = this.host.parsed.get(script)
    const tree = known ?? parse(script, this.tank)
    if (known === undefined) this.host.parsed.set(script, tree)
    return this.execute(tree, "")
  }

  get holes(): HoleTable {
    return this.host.holes
  }

  get tank(): Limits.Fuel {
    return this.host.holes.tank
  }

  get positional(): ReadonlyArray<string> {
    return this.#positional
  }

  /** What a variable holds that the script did not set. */
  ambient(name: string): string {
    return this.host.ambient(name)
  }

  /** The text that a variable holds, set by the script or not. */
  variable(name: string): string {
    const value = this.state.variables.get(name)
    return typeof value === "string" ? value : this.host.ambient(name)
  }

  /** `$(…)`: a shell of its own, whose changes are lost. */
  capture(script: string): string {
    if (this.#depth > maxDepth) return ""
    const kept = { ...this.state }
    Object.assign(this.state, State.copy(this.state, this.tank))
    const { out } = this.run(script)
    Object.assign(this.state, kept)
    this.tank.scan(out.length)
    return withoutEnd(out, "\n")
  }

  /** Runs a command or a compound of commands. */
  execute(node: Node, input: string): Outcome {
    if (this.state.stopped || this.state.skipped || this.#depth > maxDepth) return nothing
    this.tank.spend(2)
    this.#depth++
    const outcome = this.#node(node, input)
    this.#depth--
    return outcome
  }

  #node(node: Node, input: string): Outcome {
    switch (node.kind) {
      case "simple":
        return this.#simple(node, input)
      case "list":
        return Flow.list(this, node.nodes, input)
      case "pipe": {
        let outcome: Outcome = { out: input, status: true }
        for (const command of node.commands) outcome = this.execute(command, outcome.out)
        return node.negated ? { ...outcome, status: not(outcome.status) } : outcome
      }
      case "chain":
        return Flow.chain(this, node, input)
      case "if":
        return Flow.branches(
          this,
          node.clauses.map(({ body, condition }) => ({ holds: () => this.execute(condition, input).status, body })),
          node.otherwise,
          input
        )
      case "case": {
        const word = expandText(node.word, this)
        return Flow.branches(
          this,
          node.items.map(({ body, patterns }) => ({
            holds: () =>
              patterns.map((one) => matchesCase(word, expandText(one, this), this.host.holes)).reduce(either, false),
            body
          })),
          undefined,
          input
        )
      }
      case "for":
        return Flow.loop(this, node.words.flatMap((word) => expandFields(word, this)), (word) => {
          this.state.variables.set(node.name, word)
          return this.execute(node.body, input)
        })
      case "while":
        return Flow.whileLoop(this, node, input)
      case "redirected":
        return this.#redirect(this.execute(node.body, inputOf(node.redirects, input, this)), node.redirects)
      case "function":
        this.#functions.set(node.name, node.body)
        return nothing
    }
  }

  #redirect(outcome: Outcome, redirects: ReadonlyArray<Redirect>): Outcome {
    let result = outcome
    for (const { operator, target } of redirects) {
      if (operator !== ">" && operator !== ">>") continue
      this.write(expandText(target, this), outcome.out)
      result = { ...outcome, out: "" }
    }
    return result
  }

  /** Appends to a file: only those of GitHub are remembered. */
  write(file: string, text: string): void {
    this.tank.scan(text.length)
    if (file === envFile) {
      State.assign(this.state.env, text)
    } else if (file === outputFile) State.assign(this.state.outputs, text)
  }

  #simple(node: Extract<Node, { kind: "simple" }>, input: string): Outcome {
    const { assignments, redirects, words: raw } = node
    const before = raw.length === 0 || assignments.length === 0
      ? []
      : assignments.map(({ name }) => [name, this.state.variables.get(name)] as const)
    for (const { append, name, value } of assignments) assign(this, name, append, value)
    const [first = ""] = raw
    if (raw.length === 0) return this.#redirect(nothing, redirects)
    if (first === "[[" || first === "[" || first === "test") return this.#test(raw)
    if (declarations.has(first)) {
      declare(this, raw)
      return nothing
    }
    const words: Array<string> = []
    for (const word of raw) words.push(...expandFields(word, this))
    const outcome = this.call(words, inputOf(redirects, input, this))
    // `A=b command`: for that command alone.
    for (const [name, value] of before) {
      if (value === undefined) this.state.variables.delete(name)
      else this.state.variables.set(name, value)
    }
    return this.#redirect(outcome, redirects)
  }

  #test(words: ReadonlyArray<string>): Outcome {
    const last = words.at(-1)
    const inner = words.slice(1, last === "]]" || last === "]" ? -1 : undefined)
    return { out: "", status: test(inner.map((word) => expandText(word, this)), this.host.holes) }
  }

  /** Runs a command whose words are expanded. */
  call(words: ReadonlyArray<string>, input: string): Outcome {
    const [name, ...given] = words
    if (name === undefined) return nothing
    this.tank.spend(1 + words.length / 16)
    const body = this.#functions.get(name)
    if (body !== undefined) return this.#with(given, () => this.execute(body, input))
    return builtin(name, given, input, this) ?? this.host.command({ words, input, shell: this })
  }

  /** Runs another script in this shell: `bash -c`, or the text of a file. */
  script(text: string, positional: ReadonlyArray<string>): Outcome {
    if (this.#depth > maxDepth) return nothing
    this.#depth += 4
    const outcome = this.#with(positional, () => this.run(text))
    this.#depth -= 4
    this.state.stopped = false
    return outcome
  }

  #with(positional: ReadonlyArray<string>, body: () => Outcome): Outcome {
    const before = this.#positional
    this.#positional = positional
    const outcome = body()
    this.#positional = before
    return outcome
  }
}
