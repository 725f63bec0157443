/**
 * The combinations of a job's matrix, with `include` and `exclude` as GitHub applies them.
 */
import type { HoleTable } from "./Holes.js"
import * as Limits from "./Limits.js"
import { isList, isRecord, type Value, type ValueRecord } from "./Value.js"

const same = (left: Value, right: Value): boolean => JSON.stringify(left) === JSON.stringify(right)

const product = (axes: ReadonlyArray<readonly [string, ReadonlyArray<Value>]>): ReadonlyArray<ValueRecord> => {
  let combinations: ReadonlyArray<ValueRecord> = axes.length === 0 ? [] : [{}]
  for (const [name, values] of axes) {
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))).slice(
      0,
      Limits.maxMatrix
    )
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
  const kept = product(axes).filter((one) =>
    !excluded.some((exclude) => Object.keys(exclude).every((key) => same(exclude[key] ?? null, one[key] ?? null)))
  )
  const found: Array<ValueRecord> = [...kept]
  for (const include of records(matrix["include"])) {
    const own = Object.keys(include)
    let added = false
    kept.forEach((one, index) => {
      if (own.every((key) => !names.includes(key) || same(include[key] ?? null, one[key] ?? null))) {
        found[index] = { ...found[index], ...include }
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
export const distinct = (all: ReadonlyArray<Value>, used: (key: string) => boolean): ReadonlyArray<Value> => {
  const seen = new Map<string, Value>()
  for (const one of all) {
    const key = isRecord(one)
      ? JSON.stringify(Object.keys(one).filter(used).map((name) => [name, one[name]]))
      : String(one)
    if (!seen.has(key)) seen.set(key, one)
  }
  return [...seen.values()]
}
