/**
 * The control flow of a shell script: lists, chains, branches and loops. Where a condition is undecided, both ways are
 * gone, and what they leave is joined.
 */
import { both, either, type HoleTable, not, type Truth } from "./Holes.js"
import * as Limits from "./Limits.js"
import * as State from "./ShellState.js"
import type { Node } from "./ShellSyntax.js"

/** How a command ended. */
export interface Outcome {
  readonly out: string
  readonly status: Truth
}

/** A running script, as control flow sees it. */
export interface Flow {
  readonly holes: HoleTable
  readonly tank: Limits.Fuel
  readonly state: State.ShellState
  readonly execute: (node: Node, input: string) => Outcome
}

/** One command after the other. */
export const list = (flow: Flow, nodes: ReadonlyArray<Node>, input: string): Outcome => {
  let out = ""
  let status: Truth = true
  for (const node of nodes) {
    const outcome = flow.execute(node, input)
    out = Limits.cap(out + outcome.out)
    status = outcome.status
  }
  return { out, status }
}

// Runs what may or may not run: the state is joined with the one in which it did not.
const perhaps = (flow: Flow, node: Node, input: string): Outcome => {
  const before = State.copy(flow.state, flow.tank)
  const outcome = flow.execute(node, input)
  State.join(flow.state, [before, State.copy(flow.state, flow.tank)], flow.holes)
  return outcome
}

/** `a && b || c`. */
export const chain = (flow: Flow, node: Extract<Node, { kind: "chain" }>, input: string): Outcome => {
  let { out, status } = flow.execute(node.first, input)
  for (const { node: next, operator } of node.rest) {
    const goes = operator === "&&" ? status : not(status)
    if (goes === false) continue
    const outcome = goes === true ? flow.execute(next, input) : perhaps(flow, next, input)
    out = Limits.cap(out + outcome.out)
    status = operator === "&&" ? both(status, outcome.status) : either(status, outcome.status)
  }
  return { out, status }
}

/** A way that is gone where its condition holds. */
export interface Branch {
  readonly holds: () => Truth
  readonly body: Node
}

/** `if` and `case`: the first way whose condition holds, and every one before it that is undecided. */
export const branches = (
  flow: Flow,
  all: ReadonlyArray<Branch>,
  otherwise: Node | undefined,
  input: string
): Outcome => {
  const ends: Array<State.ShellState> = []
  const outs: Array<string> = []
  let decided = false
  for (const { body, holds } of all) {
    const status = holds()
    if (status === false) continue
    if (status === true) {
      outs.push(flow.execute(body, input).out)
      decided = true
      break
    }
    flow.tank.spend(8)
    const before = State.copy(flow.state, flow.tank)
    outs.push(flow.execute(body, input).out)
    ends.push(State.copy(flow.state, flow.tank))
    Object.assign(flow.state, before)
  }
  if (!decided && otherwise !== undefined) outs.push(flow.execute(otherwise, input).out)
  if (ends.length > 0) State.join(flow.state, [...ends, State.copy(flow.state, flow.tank)], flow.holes)
  return { out: Limits.cap(outs.join("")), status: "unknown" }
}

/** A round for each word. */
export const loop = (flow: Flow, words: ReadonlyArray<string>, body: (word: string) => Outcome): Outcome => {
  let out = ""
  for (const word of words.slice(0, Limits.maxLoop)) {
    out = Limits.cap(out + body(word).out)
    flow.state.skipped = false
    if (flow.state.stopped) break
  }
  return { out, status: true }
}

/** `while read x`: a round for each line. Any other condition: one round stands for all. */
export const whileLoop = (flow: Flow, node: Extract<Node, { kind: "while" }>, input: string): Outcome => {
  const nodes = node.condition.kind === "list" ? node.condition.nodes : [node.condition]
  const reads = nodes.at(-1)
  const last = reads?.kind === "chain" ? reads.first : reads
  if (last?.kind === "simple" && last.words[0] === "read") {
    const lines = flow.holes.expand(input, true, 16).flatMap((one) => one.split("\n"))
    return loop(flow, lines.filter((line) => line.trim() !== ""), (line) => {
      flow.execute(last, line)
      return flow.execute(node.body, "")
    })
  }
  const { status } = flow.execute(node.condition, input)
  const outcome = status === false ? { out: "", status: true } : flow.execute(node.body, input)
  flow.state.skipped = false
  return outcome
}
