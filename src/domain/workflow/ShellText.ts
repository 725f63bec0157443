/**
 * The commands that scripts use to shape texts: echo, printf, tr, sed, cut, awk, jq and their kin, as far as names of
 * images need them. What is not understood is left to the caller.
 */
import * as Glob from "./Glob.js"
import { cap, type Fuel, maxTextLength } from "./Limits.js"
import { compile, type Match } from "./Pattern.js"
import { join, replaceEach } from "./Texts.js"

/**
 * Reads `input` and gives what the command writes; nothing where its arguments are beyond this. Looking once at its input
 * and its arguments is paid for by the caller.
 */
export type TextTool = (given: ReadonlyArray<string>, input: string, tank: Fuel) => string | undefined

const lines = (text: string): ReadonlyArray<string> => text.replace(/\n$/, "").split("\n")
const eachLine = (text: string, change: (line: string) => string | undefined): string | undefined => {
  const changed: Array<string> = []
  for (const line of lines(text)) {
    const one = change(line)
    if (one === undefined) return undefined
    changed.push(`${one}\n`)
  }
  return cap(changed.join(""))
}

const escapes = (text: string): string =>
  text.replace(
    /\\(n|t|r|\\)/g,
    (_, which: string) => which === "n" ? "\n" : which === "t" ? "\t" : which === "r" ? "\r" : "\\"
  )

const echo: TextTool = (given) => {
  let at = 0
  while (/^-[neE]+$/.test(given[at] ?? "")) at++
  const flags = given.slice(0, at).join("")
  const text = given.slice(at).join(" ")
  return (flags.includes("e") ? escapes(text) : text) + (flags.includes("n") ? "" : "\n")
}

const printf: TextTool = (given) => {
  const [format = "", ...values] = given[0] === "--" ? given.slice(1) : given
  const holders = format.match(/%[-\d.]*[sdqb]/g)?.length ?? 0
  const rounds = holders === 0 ? 1 : Math.min(Math.max(1, Math.ceil(values.length / holders)), 100)
  let next = 0
  let written = ""
  for (let round = 0; round < rounds && written.length < maxTextLength; round++) {
    written += escapes(format).replace(/%%|%[-\d.]*[sdqb]/g, (found) => found === "%%" ? "%" : values[next++] ?? "")
  }
  return cap(written)
}

const characters = (set: string): ReadonlyArray<string> => {
  const body = set.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z").replace("[:space:]", " \\t\\n\\r")
    .replace("[:digit:]", "0-9").replace("[:alnum:]", "A-Za-z0-9").replace(/^\[(.*)\]$/, "$1")
  const found: Array<string> = []
  const text = escapes(body)
  for (let at = 0; at < text.length && found.length < 256; at++) {
    const [from, to] = [text.charCodeAt(at), text.charCodeAt(at + 2)]
    if (text.charAt(at + 1) === "-" && to >= from && to - from < 128) {
      for (let code = from; code <= to; code++) found.push(String.fromCharCode(code))
      at += 2
    } else found.push(text.charAt(at))
  }
  return found
}

const tr: TextTool = (given, input) => {
  const flags = given.filter((one) => /^-[a-zA-Z]+$/.test(one)).join("")
  const [first, second] = given.filter((one) => !/^-[a-zA-Z]+$/.test(one))
  if (first === undefined) return undefined
  const from = characters(first)
  if (/[cC]/.test(flags)) return flags.includes("d") ? keep(input, new Set(from)) : undefined
  const set = new Set(from)
  if (flags.includes("d")) return [...input].filter((one) => !set.has(one)).join("")
  if (second === undefined) return flags.includes("s") ? input : undefined
  const to = characters(second)
  const map = new Map(from.map((one, index) => [one, to[Math.min(index, to.length - 1)] ?? ""]))
  return [...input].map((one) => map.get(one) ?? one).join("")
}

// Holes stay: what fills them is the caller's matter.
const keep = (input: string, set: ReadonlySet<string>): string =>
  [...input].filter((one) => set.has(one) || /[\ue000-\uefff]/.test(one)).join("")

// Basic syntax has its operators behind a backslash, and extended syntax without one.
const toExtended = (source: string): string =>
  source.replace(/\\([(){}|+?])|([(){}|+?])/g, (_, escaped?: string, bare?: string) => escaped ?? `\\${bare ?? ""}`)

type Edit = (line: string) => string

const sedCommand = (command: string, extended: boolean, tank: Fuel): Edit | undefined => {
  const trimmed = command.trim()
  const separator = trimmed.charAt(1)
  if (trimmed.startsWith("y")) {
    const [, from = "", to = ""] = trimmed.split(separator)
    return (line) => tr([from, to], line, tank) ?? line
  }
  const parts = trimmed.slice(2).split(separator)
  const [source, by, flags = ""] = parts
  if (!trimmed.startsWith("s") || source === undefined || by === undefined || parts.length > 3) return undefined
  const pattern = compile(extended ? source : toExtended(source))
  if (pattern === undefined) return undefined
  const lower = /^\\L(?:&|\\1)/.test(by)
  const result = (line: string, match: Match): string => {
    const group = (number: number): string => {
      const [from = -1, to = -1] = match.slice(2 * number, 2 * number + 2)
      return from === -1 ? "" : line.slice(from, to)
    }
    return lower
      ? group(0).toLowerCase()
      : replaceEach(
        by,
        /\\([0-9n/&])|&/g,
        ([found, which = ""]) =>
          found === "&" ? group(0) : which === "n" ? "\n" : /\d/.test(which) ? group(Number(which)) : which,
        tank
      )
  }
  return (line) => {
    let made = ""
    let last = 0
    let match = pattern(line, 0, tank)
    while (match !== undefined) {
      const [start = 0, end = 0] = match
      made = cap(made + line.slice(last, start) + result(line, match))
      last = end
      // An empty match takes the next character along, so that the search goes on.
      if (end === start) made += line.charAt(last++)
      match = flags.includes("g") && last <= line.length ? pattern(line, last, tank) : undefined
    }
    return cap(made + line.slice(last))
  }
}

const sed: TextTool = (given, input, tank) => {
  const extended = given.some((one) => /^-[a-z]*[rE]/.test(one))
  if (given.some((one) => /^-[a-z]*[in]/.test(one))) return undefined
  const scripts = given.filter((one) => !one.startsWith("-")).flatMap((one) =>
    /^[sy]/.test(one) ? one.split(/;\s*(?=[sy]\W)/) : [one]
  )
  const commands = scripts.map((one) => sedCommand(one, extended, tank))
  return eachLine(input, (line) => {
    let changed: string | undefined = line
    for (const command of commands) {
      tank.scan(16 + (changed?.length ?? 0))
      changed = command === undefined || changed === undefined
        ? undefined
        : command(changed)
    }
    return changed
  })
}

const option = (given: ReadonlyArray<string>, name: string): string | undefined => {
  const index = given.findIndex((one) => one.startsWith(`-${name}`))
  const found = given[index]
  return found === undefined ? undefined : found.length > 2 ? found.slice(2).replace(/^=/, "") : given[index + 1]
}

const mostRanges = 64

// Whether the field of a number, from 1, is among `2,4-6,8-`.
const chosenBy = (which: string): (number: number) => boolean => {
  const ranges = which.split(",").slice(0, mostRanges).map((one) => {
    const [from = "", to] = one.split("-")
    const first = Number(from === "" ? "1" : from)
    return [first, to === undefined ? first : to === "" ? Number.POSITIVE_INFINITY : Number(to)] as const
  })
  return (number) => ranges.some(([first, last]) => number >= first && number <= last)
}

const cut: TextTool = (given, input, tank) => {
  const which = option(given, "f")
  const chosen = option(given, "c")
  const separator = option(given, "d") ?? "\t"
  const isChosen = chosenBy(which ?? chosen ?? "")
  const pick = (fields: ReadonlyArray<string>): ReadonlyArray<string> => {
    tank.spend(fields.length / 16)
    return fields.filter((_, index) => isChosen(index + 1))
  }
  if (which === undefined) {
    return chosen === undefined || /[\ue000-\uefff]/.test(input)
      ? undefined
      : eachLine(input, (line) => pick([...line]).join(""))
  }
  return eachLine(input, (line) => line.includes(separator) ? pick(line.split(separator)).join(separator) : line)
}

const awk: TextTool = (given, input) => {
  const separator = option(given, "F")
  const program = given.filter((one) => one.startsWith("{") || one.includes("print")).at(-1)?.replace(/\s+/g, " ") ?? ""
  if (/^\{ ?print tolower\(\$0\);? ?\}$/.test(program)) return input.toLowerCase()
  const field = /^\{ ?print (tolower\()?\$(\d|NF)\)?;? ?\}$/.exec(program)
  if (field === null) return undefined
  return eachLine(input, (line) => {
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator)
    const value = field[2] === "0" ? line : field[2] === "NF" ? fields.at(-1) ?? "" : fields[Number(field[2]) - 1] ?? ""
    return field[1] === undefined ? value : value.toLowerCase()
  })
}

const operands = (given: ReadonlyArray<string>): ReadonlyArray<string> => given.filter((one) => !one.startsWith("-"))

const head: TextTool = (given, input) => {
  const count = Number(option(given, "n") ?? (/^-\d+$/.test(given[0] ?? "") ? given[0]?.slice(1) : "10"))
  return eachLine(lines(input).slice(0, count).join("\n"), (line) => line)
}

const base64: TextTool = () => undefined
const same: TextTool = (_, input) => input

/** The text tools by name. */
export const tools: ReadonlyMap<string, TextTool> = new Map<string, TextTool>([
  ["echo", echo],
  ["printf", printf],
  ["tr", tr],
  ["sed", sed],
  ["gsed", sed],
  ["cut", cut],
  ["awk", awk],
  ["gawk", awk],
  ["head", head],
  ["base64", base64],
  ["sort", same],
  ["uniq", same],
  ["paste", (given, input, tank) =>
    given.some((one) => one.startsWith("-s") || one.startsWith("-d"))
      ? `${join(lines(input), option(given, "d") ?? (given.join("").includes("d,") ? "," : "\t"), tank)}\n`
      : undefined],
  ["rev", (_, input) => eachLine(input, (line) => [...line].reverse().join(""))],
  ["tac", (_, input) => eachLine(lines(input).toReversed().join("\n"), (line) => line)],
  ["basename", (given, _, tank) => {
    const [path = "", suffix = ""] = operands(given)
    return `${Glob.withoutSuffix(Glob.withoutPrefix(path.replace(/\/$/, ""), "*/", true, tank), suffix, false, tank)}\n`
  }],
  ["dirname", (given) => {
    const [path = ""] = operands(given)
    return `${path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "."}\n`
  }]
])
