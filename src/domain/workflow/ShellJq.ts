/**
 * The few programs of jq by which scripts read the JSON that metadata-action gives: fields, elements, joined lists.
 */
import { Either } from "effect"
import { parse } from "../JsonText.js"
import { isHole, sanitize } from "./Holes.js"
import type { Fuel } from "./Limits.js"
import { join, replaceEach } from "./Texts.js"

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

// One stage between pipes; a list of results, as jq has it. `undefined`: not understood.
const stage = (source: string, input: unknown, tank: Fuel): ReadonlyArray<unknown> | undefined => {
  tank.spend(1 / 4)
  tank.scan(source.length)
  const program = source.trim()
  if (program === "." || program === "") return [input]
  const mapped = /^map\((.*)\)$/.exec(program)
  if (mapped !== null) {
    if (!Array.isArray(input)) return undefined
    const results = input.slice(0, 256).map((one: unknown) => concatenation(mapped[1] ?? "", one, tank))
    return results.every((one) => one !== undefined) ? [results] : undefined
  }
  const joined = /^join\("((?:[^"\\]|\\.)*)"\)$/.exec(program)
  if (joined !== null) {
    return Array.isArray(input) ? [join(input.map(String), (joined[1] ?? "").replaceAll("\\n", "\n"), tank)] : undefined
  }
  if (/^(?:ascii_downcase|ltrimstr\(.*\)|unique|sort|tostring|values)$/.test(program)) {
    return [program === "ascii_downcase" && typeof input === "string" ? input.toLowerCase() : input]
  }
  if (/^[.[\]\w"-]+$/.test(program) && program.startsWith(".")) return path(program, input, tank)
  const text = concatenation(program, input, tank)
  return text === undefined ? undefined : [text]
}

const path = (program: string, input: unknown, tank: Fuel): ReadonlyArray<unknown> | undefined => {
  let values: ReadonlyArray<unknown> = [input]
  for (const step of program.match(/\.?[\w-]+|\.?"[^"]*"|\[\d*\]|\["[^"]*"\]/g) ?? []) {
    const key = step.replace(/^[.[]+|\]$/g, "").replaceAll("\"", "")
    values = values.flatMap((value): ReadonlyArray<unknown> => {
      tank.spend(1 / 16)
      if (step === "[]") return Array.isArray(value) ? value.slice(0, 256) : []
      if (/^\[\d+\]$/.test(step)) return Array.isArray(value) ? [value[Number(key)]] : []
      return [field(value, key)]
    })
  }
  return values.some((value) => value === undefined) ? undefined : values
}

// `"-t " + .` and `.a + "/b"`.
const concatenation = (program: string, input: unknown, tank: Fuel): string | undefined => {
  tank.scan(4 * program.length)
  const terms = program.split("+").map((term) => term.trim())
  const texts = terms.map((term) => {
    const literal = /^"((?:[^"\\]|\\.)*)"$/.exec(term)
    if (literal !== null) {
      return replaceEach(literal[1] ?? "", /\\\(\.\)/g, () => typeof input === "string" ? input : "", tank)
        .replaceAll("\\\"", "\"")
    }
    const value = /^\.[\w.]*$/.test(term) ? term === "." ? input : path(term, input, tank)?.[0] : undefined
    if (typeof value === "string") tank.scan(value.length)
    return typeof value === "string" ? value : undefined
  })
  return texts.every((text) => text !== undefined) ? join(texts, "", tank) : undefined
}

/** What `jq` writes for its arguments and input; nothing where the program is not understood. */
export const jq = (given: ReadonlyArray<string>, input: string, tank: Fuel): string | undefined => {
  const raw = given.some((one) => /^-[a-zA-Z]*[rj]/.test(one) || one === "--raw-output")
  const program = given.find((one) => !one.startsWith("-"))
  const value = isHole(input.trim()) ? undefined : Either.getOrUndefined(parse(input))
  if (program === undefined || value === undefined) return undefined
  let values: ReadonlyArray<unknown> | undefined = [value]
  for (const part of program.split("|")) {
    const results: ReadonlyArray<ReadonlyArray<unknown> | undefined> = (values ?? []).map((one) =>
      stage(part, one, tank)
    )
    values = results.every((one) => one !== undefined) ? results.flatMap((one) => one ?? []) : undefined
  }
  return values === undefined
    ? undefined
    : join(values.map((one) => `${raw && typeof one === "string" ? one : sanitizeJson(one)}\n`), "", tank)
}

const sanitizeJson = (value: unknown): string => value === undefined ? sanitize("null") : JSON.stringify(value)
