/**
 * The commands of the shell itself, and the text tools that run inside it.
 */
import type { HoleTable, Truth } from "./Holes.js"
import * as Limits from "./Limits.js"
import { jq } from "./ShellJq.js"
import type { ShellState } from "./ShellState.js"
import { tools } from "./ShellText.js"
import { join, replaceAll } from "./Texts.js"

interface Outcome {
  readonly out: string
  readonly status: Truth
}

/** What a command of the shell can change. */
export interface BuiltinScope {
  readonly state: ShellState
  readonly holes: HoleTable
  /** Runs another command. */
  call(words: ReadonlyArray<string>, input: string): Outcome
  /** Appends to a file. */
  write(file: string, text: string): void
}

type Builtin = (given: ReadonlyArray<string>, input: string, scope: BuiltinScope) => Outcome

const silent = (status: Truth = true): Outcome => ({ out: "", status })

const stop: Builtin = (_, __, { state }) => {
  state.stopped = true
  return silent()
}

const skip: Builtin = (_, __, { state }) => {
  state.skipped = true
  return silent()
}

// `IFS=',' read -ra NAMES <<< "$LIST"`, `read -r NAME`, `read A B`.
const read: Builtin = (given, input, { state }) => {
  const names = given.filter((one) => !one.startsWith("-"))
  const separators = state.variables.get("IFS")
  const line = input.split("\n")[0] ?? ""
  const by = typeof separators === "string" && separators !== ""
    ? (text: string): ReadonlyArray<string> => split(text, separators)
    : (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)
  if (given.some((one) => /^-[a-z]*a/.test(one))) {
    if (names[0] !== undefined) state.variables.set(names[0], by(input.replace(/\n$/, "")))
    return silent("unknown")
  }
  const fields = names.length > 1 ? by(line) : [line]
  names.forEach((name, index) => {
    state.variables.set(name, index === names.length - 1 ? fields.slice(index).join(" ") : fields[index] ?? "")
  })
  return silent("unknown")
}

const split = (text: string, separators: string): ReadonlyArray<string> => {
  const parts = [""]
  for (const character of text) {
    if (separators.includes(character)) parts.push("")
    else parts[parts.length - 1] += character
  }
  return parts.slice(0, 4 * Limits.maxLoop)
}

const mapfile: Builtin = (given, input, { holes, state }) => {
  const name = given.filter((one) => !one.startsWith("-")).at(-1) ?? "MAPFILE"
  const lines = holes.expand(input, true, 16).flatMap((one) => one.split("\n")).filter((line) => line !== "")
  state.variables.set(name, lines.slice(0, 4 * Limits.maxLoop))
  return silent()
}

const tee: Builtin = (given, input, scope) => {
  for (const file of given) if (!file.startsWith("-")) scope.write(file, input)
  return { out: input, status: true }
}

// `xargs [-n1] [-I{}] command`: with -I or -n a round for each word, otherwise one for all.
const xargs: Builtin = (given, input, scope) => {
  let at = 0
  let holder: string | undefined
  let single = false
  while (at < given.length && (given[at] ?? "").startsWith("-")) {
    const option = given[at++] ?? ""
    if (option.startsWith("-I")) holder = option.length > 2 ? option.slice(2) : given[at++]
    else if (/^-[nLP]/.test(option)) {
      if (!option.startsWith("-P")) single = true
      if (option.length === 2) at++
    } else if (/^-[dE]$/.test(option)) at++
  }
  const command = given.slice(at)
  const words = input.split(/\s+/).filter((word) => word !== "").slice(0, Limits.maxLoop)
  const rounds = holder !== undefined || single ? words.map((word) => [word]) : [words]
  const outs = rounds.map((round) =>
    scope.call(
      holder === undefined
        ? [...command, ...round]
        : command.map((one) => replaceAll(one, holder ?? "{}", round[0] ?? "", scope.holes.tank)),
      ""
    ).out
  )
  return { out: join(outs, "", scope.holes.tank), status: true }
}

const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ["exit", stop],
  ["return", stop],
  ["break", skip],
  ["continue", skip],
  ["read", read],
  ["mapfile", mapfile],
  ["readarray", mapfile],
  ["tee", tee],
  ["xargs", xargs],
  ["true", () => silent()],
  [":", () => silent()],
  ["false", () => silent(false)],
  ["set", () => silent()],
  ["shopt", () => silent()],
  ["cd", () => silent()],
  ["pushd", () => silent()],
  ["popd", () => silent()],
  ["mkdir", () => silent()],
  ["sleep", () => silent()],
  ["shift", () => silent()],
  ["wait", () => silent()],
  ["trap", () => silent()]
])

// Reading a text costs more than looking at it.
const reading = 4

/** Runs a command of the shell, or a text tool; nothing where it is none. */
export const builtin = (
  name: string,
  given: ReadonlyArray<string>,
  input: string,
  scope: BuiltinScope
): Outcome | undefined => {
  const { tank } = scope.holes
  tank.scan(reading * given.reduce((length, one) => length + one.length, input.length))
  const own = builtins.get(name)
  if (own !== undefined) return own(given, input, scope)
  if (name === "cat" && (given.length === 0 || given[0] === "-")) return { out: input, status: true }
  const tool = tools.get(name)
  const text = name === "jq" ? jq(given, input, tank) : tool?.(given, input, tank)
  if (text !== undefined) return { out: Limits.cap(text), status: true }
  return tool === undefined && name !== "jq"
    ? undefined
    : {
      out: `${scope.holes.unknown("runtime", `$(${[name, ...given.slice(0, 60)].join(" ").slice(0, 60)})`)}\n`,
      status: "unknown"
    }
}
