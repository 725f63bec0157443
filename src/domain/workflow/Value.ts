/**
 * The values of GitHub's expressions, and their conversions. A text may have holes; an `OpenRecord` stands for a
 * context whose entries are not all known (`secrets`, `github.event`).
 */
import { hasHole, type HoleTable, isHole, type Truth } from "./Holes.js"
import { cap, maxNodes } from "./Limits.js"
import { isMap, type YamlMap } from "./Yaml.js"

/** A context that answers for any key; what it does not know is a hole. */
export class OpenRecord {
  constructor(readonly entry: (key: string) => Value) {}
}

/** A mapping. */
export interface ValueRecord {
  readonly [key: string]: Value
}

/** What an expression can be. */
export type Value = null | boolean | number | string | ReadonlyArray<Value> | ValueRecord | OpenRecord

/** Whether a value is a sequence. */
export const isList = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)

/** Whether a value is a mapping whose keys are known. */
export const isRecord = (value: Value): value is ValueRecord =>
  typeof value === "object" && value !== null && !isList(value) && !(value instanceof OpenRecord)

/** The value as it stands in a text. */
export const toText = (value: Value): string =>
  value === null ? "" : typeof value === "object" ? (isList(value) ? "Array" : "Object") : String(value)

/** Whether a condition takes the value for true. */
export const truth = (value: Value, holes: HoleTable): Truth => {
  if (typeof value === "string") return holes.truth(value)
  if (typeof value === "number") return value !== 0 && !Number.isNaN(value)
  return value !== null && value !== false
}

const toNumber = (value: Value): number => {
  if (value === null) return 0
  if (typeof value === "boolean") return value ? 1 : 0
  if (typeof value === "number") return value
  if (typeof value === "string") return value.trim() === "" ? 0 : Number(value)
  return Number.NaN
}

const unknownText = (value: Value): boolean => typeof value === "string" && hasHole(value)

/** `==`, loose as GitHub's: different types become numbers, texts are compared without regard to case. */
export const equal = (left: Value, right: Value, holes: HoleTable): Truth => {
  if (typeof left === "string" && typeof right === "string") return holes.equal(left, right)
  if (unknownText(left) || unknownText(right)) return "unknown"
  if (typeof left === "object" && left !== null) return left === right
  if (typeof right === "object" && right !== null) return false
  if (left === null && right === null) return true
  return toNumber(left) === toNumber(right)
}

/** `<` and its kin; unknown where a text has holes. */
export const ordered = (left: Value, right: Value, holds: (order: number) => boolean): Truth => {
  if (unknownText(left) || unknownText(right)) return "unknown"
  if (typeof left === "string" && typeof right === "string") {
    const [a, b] = [left.toLowerCase(), right.toLowerCase()]
    return holds(a < b ? -1 : a > b ? 1 : 0)
  }
  const [a, b] = [toNumber(left), toNumber(right)]
  return !Number.isNaN(a) && !Number.isNaN(b) && holds(a - b)
}

/** What stands at a key; keys are found without regard to case, and what is in a hole is a hole. */
export const entry = (of: Value, key: Value, holes: HoleTable): Value => {
  if (of instanceof OpenRecord) return typeof key === "string" ? of.entry(key) : null
  if (isList(of)) return of[toNumber(key)] ?? null
  if (isRecord(of)) {
    const name = toText(key)
    if (isHole(name)) {
      return holes.choice(Object.values(of).slice(0, 16).flatMap((one) => typeof one === "string" ? [one] : []))
    }
    if (Object.hasOwn(of, name)) return of[name] ?? null
    const lower = name.toLowerCase()
    const keys = Object.keys(of)
    holes.tank.spend(keys.length / 32)
    const found = keys.find((candidate) => candidate.length === name.length && candidate.toLowerCase() === lower)
    return found === undefined ? null : of[found] ?? null
  }
  if (typeof of === "string" && isHole(of)) {
    const hole = holes.within(of)[0]
    if (hole !== undefined && hole.choices.length === 0) {
      return holes.unknown(hole.kind, `${hole.label}.${toText(key).slice(0, 64)}`)
    }
  }
  return null
}

/** A value of a YAML file; deeper and larger ones than real files have become null. */
export const fromYaml = (
  value: unknown,
  map: (text: string) => Value,
  budget = { left: maxNodes },
  depth = 0
): Value => {
  if (--budget.left < 0 || depth > 8) return null
  if (typeof value === "string") return map(cap(value))
  if (typeof value === "number" || typeof value === "boolean") return value
  if (Array.isArray(value)) {
    return value.slice(0, 512).map((one: unknown) => fromYaml(one, map, budget, depth + 1))
  }
  return isMap(value) ? recordFromYaml(value, map, budget, depth) : null
}

const recordFromYaml = (
  value: YamlMap,
  map: (text: string) => Value,
  budget: { left: number },
  depth: number
): ValueRecord => {
  const entries: Array<[string, Value]> = []
  for (const key of Object.keys(value)) {
    if (entries.length >= 512 || budget.left < 0) break
    entries.push([key, fromYaml(value[key], map, budget, depth + 1)])
  }
  return Object.fromEntries(entries)
}

/** The value as JSON; what is not known in it becomes null. */
export const toJson = (value: Value): unknown => value instanceof OpenRecord ? null : value
