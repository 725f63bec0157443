/**
 * Which images the stages of a Dockerfile are built on (Dockerfile reference, "FROM", "ARG", "Parser directives").
 */
import { Option } from "effect"
import { type Filled, interpolate, type Lookup } from "./Interpolation.js"

/** The base of a stage that is an image: not an earlier stage, and not `scratch`. */
export interface DockerfileBase {
  /** Its name, or its number from 0. */
  readonly stage: string
  /** The line of its FROM, from 1. */
  readonly line: number
  /** The reference with the arguments filled in. */
  readonly image: string
  /** What `--platform` says; undefined without it, and where it is the builder's or the target's own. */
  readonly platform: string | undefined
  /** Arguments without a value: the reference is not known then. */
  readonly missing: Filled["missing"]
}

interface Instruction {
  readonly line: number
  readonly text: string
}

const heredoc = /<<-?\s*(["']?)([A-Za-z_][\w.]*)\1/g

// Instructions with their continuations; comments and the bodies of heredocs are no instructions.
const instructionsOf = (lines: ReadonlyArray<string>, escape: string): ReadonlyArray<Instruction> => {
  const instructions = new Array<Instruction>()
  let text = ""
  let start = 0
  let open: ReadonlyArray<string> = []
  for (const [index, line] of lines.entries()) {
    const [wanted] = open
    if (wanted !== undefined) {
      if (line.replace(/^\t+/, "") === wanted) open = open.slice(1)
      continue
    }
    if (/^\s*#/.test(line) || (text !== "" && line.trim() === "")) continue
    if (text === "") start = index + 1
    const trimmed = line.trimEnd()
    const goesOn = trimmed.endsWith(escape)
    text += goesOn ? trimmed.slice(0, -1) : trimmed
    if (goesOn) continue
    if (text.trim() !== "") instructions.push({ line: start, text: text.trim() })
    if (/^\s*(?:RUN|COPY|ADD)\s/i.test(text)) open = Array.from(text.matchAll(heredoc), (found) => found[2] ?? "")
    text = ""
  }
  return text.trim() === "" ? instructions : [...instructions, { line: start, text: text.trim() }]
}

const escapeOf = (lines: ReadonlyArray<string>): "\\" | "`" => {
  for (const line of lines) {
    const directive = /^#\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line)
    if (directive === null) return "\\"
    if (directive[1]?.toLowerCase() === "escape") return directive[2] === "`" ? "`" : "\\"
  }
  return "\\"
}

const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

const words = (text: string): ReadonlyArray<string> => text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []

const ownPlatforms = /^\$\{?(?:BUILD|TARGET)PLATFORM\}?$/

/**
 * Reads the bases in the order of the stages. Arguments are those before the first FROM with their defaults; `given`
 * comes before them.
 */
export const basesOf = (text: string, given: Lookup = () => Option.none()): ReadonlyArray<DockerfileBase> => {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/)
  const escape = escapeOf(lines)
  const values = new Map<string, string>()
  const lookup: Lookup = (name) =>
    values.has(name) ? Option.orElse(given(name), () => Option.fromNullable(values.get(name))) : Option.none()
  const stages = new Set<string>()
  const bases = new Array<DockerfileBase>()
  let count = 0
  for (const instruction of instructionsOf(lines, escape)) {
    const [keyword = "", ...rest] = words(instruction.text)
    if (keyword.toUpperCase() === "ARG" && count === 0) {
      for (const word of rest) {
        const [, name = "", value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word) ?? []
        const filled = value === undefined ? Option.getOrUndefined(given(name)) : interpolate(
          unquoted(value),
          lookup,
          escape
        ).text
        if (name !== "" && filled !== undefined) values.set(name, filled)
      }
    }
    if (keyword.toUpperCase() !== "FROM") continue
    const flags = rest.filter((word) => word.startsWith("--"))
    const [raw = "", as = "", name = ""] = rest.filter((word) => !word.startsWith("--"))
    const alias = as.toUpperCase() === "AS" ? name.toLowerCase() : ""
    const image = interpolate(unquoted(raw), lookup, escape)
    const isImage = image.text !== "scratch" && !stages.has(image.text.toLowerCase())
    const platform = unquoted(flags.find((flag) => flag.startsWith("--platform="))?.slice("--platform=".length) ?? "")
    const filled = interpolate(platform, lookup, escape)
    if (raw !== "" && isImage) {
      bases.push({
        stage: alias === "" ? String(count) : alias,
        line: instruction.line,
        image: image.text,
        platform: platform === "" || ownPlatforms.test(platform) ? undefined : filled.text,
        missing: [...image.missing, ...(ownPlatforms.test(platform) ? [] : filled.missing)]
      })
    }
    if (alias !== "") stages.add(alias)
    count += 1
  }
  return bases
}
