/**
 * The functions of GitHub's expressions. Unknown ones, and those whose answer lies in the working tree, are holes.
 */
import { Either } from "effect"
import { parse } from "../JsonText.js"
import { contains, either, endsWith, hasHole, type HoleTable, startsWith, type Truth } from "./Holes.js"
import * as Limits from "./Limits.js"
import { join, replaceEach } from "./Texts.js"
import { equal, fromYaml, isList, OpenRecord, toJson, toText, truth, type Value } from "./Value.js"

type Function = (given: ReadonlyArray<Value>, holes: HoleTable) => Value

const answer = (truth: Truth, holes: HoleTable): Value =>
  truth === "unknown" ? holes.unknown("runtime", "condition") : truth

const compare = (question: (text: string, part: string) => Truth): Function => ([text, part], holes) =>
  answer(holes.ask(toText(text ?? null), (one) => question(one, toText(part ?? null))), holes)

// `format` counts from zero and doubles braces to keep them.
const format: Function = ([pattern, ...values], holes) =>
  replaceEach(
    toText(pattern ?? null),
    /\{\{|\}\}|\{(\d+)\}/g,
    ([found, index]) => index === undefined ? found.charAt(0) : toText(values[Number(index)] ?? null),
    holes.tank
  )

const containing: Function = ([where, what], holes) => {
  const wanted = what ?? null
  if (where !== undefined && isList(where)) {
    holes.tank.spend(where.length / 4)
    return answer(where.map((one) => equal(one, wanted, holes)).reduce(either, false), holes)
  }
  return answer(holes.ask(toText(where ?? null), (one) => contains(one, toText(wanted))), holes)
}

// Reading a text costs more than looking at it.
const parsing = 4

const fromJson: Function = ([text], holes) => {
  const source = toText(text ?? null)
  holes.tank.scan(parsing * source.length)
  const read = (one: string): Value =>
    Either.match(parse(one), {
      onLeft: () => holes.unknown("runtime", `fromJSON(${holes.render(one).slice(0, 80)})`),
      onRight: (value) => fromYaml(value, (inner) => inner)
    })
  const alternatives = hasHole(source) ? holes.expand(source, true, 8) : [source]
  const values = alternatives.map(read)
  // Lists of alternatives (matrices chosen by a condition) are taken together.
  if (values.length > 1 && values.every(isList)) return values.flat()
  return values.find((value) => typeof value === "object") ?? values[0] ?? null
}

const choose: Function = (given, holes) => {
  const open: Array<string> = []
  for (let at = 0; at + 1 < given.length; at += 2) {
    const holds = truth(given[at] ?? null, holes)
    const value = given[at + 1] ?? null
    if (holds === true && open.length === 0) return value
    if (holds !== false) open.push(toText(value))
    if (holds === true) return holes.choice(open)
  }
  const last = given.length % 2 === 1 ? given.at(-1) ?? null : null
  return open.length === 0 ? last : holes.choice([...open, toText(last)])
}

const functions: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["format", format],
  ["contains", containing],
  ["startswith", compare(startsWith)],
  ["endswith", compare(endsWith)],
  ["join", ([list, separator], holes) =>
    join(
      (list !== undefined && isList(list) ? list : [list ?? null]).map(toText),
      separator === undefined ? "," : toText(separator),
      holes.tank
    )],
  ["tojson", ([value], holes) => {
    if (value instanceof OpenRecord) return "{}"
    const text = JSON.stringify(toJson(value ?? null), null, 2)
    holes.tank.scan(text.length)
    return Limits.cap(text)
  }],
  ["fromjson", fromJson],
  ["case", choose],
  ["always", () => true],
  ["success", () => true],
  ["failure", () => false],
  ["cancelled", () => false]
])

/** Calls a function by its lower-case name. */
export const call = (name: string, given: ReadonlyArray<Value>, holes: HoleTable): Value =>
  functions.get(name)?.(given, holes) ?? (functions.has(name) ? null : holes.unknown("runtime", `${name}()`))

/** Whether a condition asks how earlier jobs or steps ended, which lifts the rule that they must have succeeded. */
export const asksForStatus = (condition: string): boolean => /\b(?:always|failure|cancelled)\s*\(/.test(condition)
