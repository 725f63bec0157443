/**
 * What a script has set: shell variables, and what it wrote to `$GITHUB_ENV` and `$GITHUB_OUTPUT`. Where a condition
 * is not decided, both ways are gone and joined again: a variable that differs is then a choice.
 */
import type { HoleTable } from "./Holes.js"
import type { Fuel } from "./Limits.js"

/** A text, an array or an associative array. */
export type Variable = string | ReadonlyArray<string> | ReadonlyMap<string, string>

/** The state of a running script. Changed in place while it runs. */
export interface ShellState {
  variables: Map<string, Variable>
  env: Map<string, string>
  outputs: Map<string, string>
  /** `exit` or `return` was reached. */
  stopped: boolean
  /** `break` or `continue` was reached. */
  skipped: boolean
}

/** A state at the start of a script. */
export const start = (variables: Iterable<readonly [string, string]>): ShellState => ({
  variables: new Map<string, Variable>(variables),
  env: new Map(),
  outputs: new Map(),
  stopped: false,
  skipped: false
})

const sizeOf = ({ env, outputs, variables }: ShellState): number => variables.size + env.size + outputs.size

/** A copy that can go its own way. */
export const copy = (state: ShellState, tank: Fuel): ShellState => {
  tank.spend(sizeOf(state) / 8)
  return {
    ...state,
    variables: new Map(state.variables),
    env: new Map(state.env),
    outputs: new Map(state.outputs)
  }
}

const asText = (value: Variable | undefined): string =>
  value === undefined
    ? ""
    : typeof value === "string"
    ? value
    : value instanceof Map
    ? ""
    : [...value.values()].join(" ")

const joinTexts = (maps: ReadonlyArray<ReadonlyMap<string, string>>, holes: HoleTable): Map<string, string> => {
  const joined = new Map<string, string>()
  for (const key of new Set(maps.flatMap((map) => [...map.keys()]))) {
    joined.set(key, holes.choice(maps.map((map) => map.get(key) ?? "")))
  }
  return joined
}

const joinVariables = (
  maps: ReadonlyArray<ReadonlyMap<string, Variable>>,
  holes: HoleTable
): Map<string, Variable> => {
  const joined = new Map<string, Variable>()
  for (const key of new Set(maps.flatMap((map) => [...map.keys()]))) {
    const values = maps.map((map) => map.get(key))
    const [first] = values
    if (first !== undefined && values.every((value) => value === first)) joined.set(key, first)
    else if (values.every((value) => value === undefined || typeof value === "string")) {
      joined.set(key, holes.choice(values.map(asText)))
    } else {
      // Arrays that differ are taken together: each of their elements may be used.
      joined.set(key, [
        ...new Set(values.flatMap((value) => {
          if (value === undefined) return []
          return typeof value === "string" ? [value] : [...value.values()]
        }))
      ])
    }
  }
  return joined
}

/** Joins the states at the ends of several ways into `into`; a way that stopped the script does not count. */
export const join = (into: ShellState, ends: ReadonlyArray<ShellState>, holes: HoleTable): void => {
  for (const end of ends) holes.tank.spend(sizeOf(end) / 4)
  const going = ends.filter((end) => !end.stopped && !end.skipped)
  const counted = going.length > 0 ? going : ends
  into.variables = joinVariables(counted.map((end) => end.variables), holes)
  into.env = joinTexts(ends.map((end) => end.env), holes)
  into.outputs = joinTexts(ends.map((end) => end.outputs), holes)
  into.stopped = ends.every((end) => end.stopped)
  into.skipped = ends.every((end) => end.skipped || end.stopped) && !into.stopped
}

/** What a text written to `$GITHUB_ENV` or `$GITHUB_OUTPUT` sets: `name=value`, or `name<<END` with lines. */
export const assign = (into: Map<string, string>, text: string): void => {
  const lines = text.split("\n")
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? "").replace(/\r$/, "")
    const document = /^([\w-]+)<<(.+)$/.exec(line)
    if (document !== null) {
      const end = lines.indexOf(document[2] ?? "", at + 1)
      const last = end === -1 ? lines.length : end
      into.set(document[1] ?? "", lines.slice(at + 1, last).join("\n"))
      at = last
    } else {
      const pair = /^\s*([\w-]+)=([^]*)$/.exec(line)
      if (pair !== null) into.set(pair[1] ?? "", pair[2] ?? "")
    }
  }
}
