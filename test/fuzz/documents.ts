/**
 * JSON documents that strangers write: good ones with anything at any place, nested beyond reason, cut, or in other bytes.
 */
import { FastCheck as fc } from "effect"
import { anyText } from "./texts.js"

/** `[[[…]]]`, so many levels deep, as text: `JSON.stringify` could not write it. */
export const deep = (levels: number, open = "[", close = "]"): string => open.repeat(levels) + close.repeat(levels)

/** What may stand at any place instead of what belongs there; texts that begin with `raw:` are written as they are. */
const misfit: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(null, true, 0, -1, 1.5, 1e300, 2 ** 60, "", [], {}) },
  { weight: 3, arbitrary: anyText },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `raw:${deep(6_000)}`,
      `raw:${deep(6_000, "{\"a\":", "}").replace("{\"a\":}", "{}")}`,
      "raw:1e999",
      "raw:{\"__proto__\":{\"x\":1},\"constructor\":null}",
      "raw:{\"a\":1,\"a\":2}"
    )
  }
)

interface Change {
  /** Which place, of all that the document has. */
  readonly at: number
  readonly kind: "replace" | "remove" | "rename" | "repeat"
  readonly value: unknown
  readonly name: string
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1_000),
  kind: fc.constantFrom("replace", "replace", "remove", "rename", "repeat"),
  value: misfit,
  name: anyText
})

/** How a good document is spoilt. */
export interface Spoiling {
  readonly changes: ReadonlyArray<Change>
  /** How much of its text is left; 1 for all. */
  readonly cut: number
  readonly wrapped: string
}

/** Spoilings, those that leave a document as it is among them. */
export const spoiling: fc.Arbitrary<Spoiling> = fc.record({
  changes: fc.array(change, { maxLength: 3 }),
  cut: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.double({ min: 0, max: 1 }) }),
  wrapped: fc.oneof(
    { weight: 12, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom("[", "{\"a\":", "\ufeff", "<!DOCTYPE html>", "\u0000") }
  )
})

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const size = (value: unknown): number =>
  Array.isArray(value)
    ? 1 + value.reduce((sum: number, one) => sum + size(one), 0)
    : isObject(value)
    ? 1 + Object.values(value).reduce((sum: number, one) => sum + size(one), 0)
    : 1

// The places of a document in the order of its text; `left` counts down to the one that is meant.
const changed = (value: unknown, change: Change): unknown => {
  const left = { count: change.at % size(value) }
  const entry = (name: string, one: unknown): ReadonlyArray<readonly [string, unknown]> => {
    if (left.count !== 0) return [[name, visit(one)]]
    left.count -= 1
    if (change.kind === "remove") return []
    if (change.kind === "rename") return [[change.name, one]]
    if (change.kind === "repeat") return [[name, Array.from({ length: 400 }, () => one)]]
    return [[name, change.value]]
  }
  const visit = (value: unknown): unknown => {
    left.count -= 1
    if (Array.isArray(value)) return value.flatMap((one: unknown) => entry("", one).map(([, kept]) => kept))
    if (isObject(value)) return Object.fromEntries(Object.entries(value).flatMap(([name, one]) => entry(name, one)))
    return value
  }
  return left.count === 0 ? entry("", value)[0]?.[1] : visit(value)
}

/** The text of a document after it was spoilt. */
export const spoilt = (document: unknown, { changes, cut, wrapped }: Spoiling): string => {
  const text = JSON.stringify(changes.reduce(changed, document)) ?? ""
  const raw = text.replace(/"raw:((?:[^"\\]|\\.)*)"/g, (_, inner: string) => JSON.parse(`"${inner}"`))
  return wrapped + (cut === 1 ? raw : raw.slice(0, Math.floor(cut * raw.length)))
}
