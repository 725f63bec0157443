/**
 * The combinations of a job's matrix, with `include` and `exclude` as GitHub applies them.
 */
import type { HoleTable } from "./Holes.js"
import * as Limits from "./Limits.js"
import { isList, isRecord, type Value, type ValueRecord } from "./Value.js"

/** Compares values by their JSON, which is written once for each. */
const comparison = (tank: Limits.Fuel): (left: Value, right: Value) => boolean => {
  const known = new Map<Value, string>()
  const text = (value: Value): string => {
    const before = known.get(value)
    if (before !== undefined) return before
    const json = JSON.stringify(value)
    tank.scan(json.length)
    known.set(value, json)
    return json
  }
  return (left, right) => {
    tank.spend(1 / 16)
    return left === right || (typeof left === typeof right && text(left) === text(right))
  }
}

const product = (
  axes: ReadonlyArray<readonly [string, ReadonlyArray<Value>]>,
  tank: Limits.Fuel
): ReadonlyArray<ValueRecord> => {
  let combinations: ReadonlyArray<ValueRecord> = axes.length === 0 ? [] : [{}]
  for (const [name, values] of axes) {
    const wider: Array<ValueRecord> = []
    for (const one of combinations) {
      for (const value of values.slice(0, Limits.maxMatrix - wider.length)) wider.push({ ...one, [name]: value })
    }
    tank.spend(wider.length * axes.length / 16)
    combinations = wider
  }
  return combinations
}

const records = (value: Value | undefined): ReadonlyArray<ValueRecord> =>
  value !== undefined && isList(value) ? value.filter(isRecord).slice(0, Limits.maxMatrix) : []

/** The combinations of an evaluated `matrix`; one without any values where there is no matrix. */
export const combinations = (matrix: Value, holes: HoleTable): ReadonlyArray<Value> => {
  if (!isRecord(matrix)) return [typeof matrix === "string" ? holes.unknown("runtime", "matrix") : {}]
  const names = Object.keys(matrix).filter((name) => name !== "include" && name !== "exclude").slice(0, 32)
  const axes = names.map((name) => {
    const values = matrix[name] ?? null
    return [name, isList(values) ? values : typeof values === "string" && values !== "" ? [values] : []] as const
  })
  const excluded = records(matrix["exclude"])
  const { tank } = holes
  const same = comparison(tank)
  const kept = product(axes, tank).filter((one) =>
    !excluded.some((exclude) => Object.keys(exclude).every((key) => same(exclude[key] ?? null, one[key] ?? null)))
  )
  const found: Array<ValueRecord> = [...kept]
  for (const include of records(matrix["include"])) {
    const own = Object.keys(include)
    let added = false
    kept.forEach((one, index) => {
      if (own.every((key) => !names.includes(key) || same(include[key] ?? null, one[key] ?? null))) {
        const merged = { ...found[index], ...include }
        tank.spend(Object.keys(merged).length / 16)
        found[index] = merged
        added = true
      }
    })
    if (!added && found.length < Limits.maxMatrix) found.push(include)
  }
  const open = matrix["include"]
  if (typeof open === "string" && found.length === 0) return [holes.unknown("runtime", "matrix")]
  return found.length > 0 ? found : [{}]
}

/** The combinations that differ in what the file uses of them. */
export const distinct = (
  all: ReadonlyArray<Value>,
  used: (key: string) => boolean,
  tank: Limits.Fuel
): ReadonlyArray<Value> => {
  const seen = new Map<string, Value>()
  for (const one of all) {
    const key = isRecord(one)
      ? JSON.stringify(Object.keys(one).filter(used).map((name) => [name, one[name]]))
      : String(one)
    tank.scan(key.length)
    if (!seen.has(key)) seen.set(key, one)
  }
  return [...seen.values()]
}
