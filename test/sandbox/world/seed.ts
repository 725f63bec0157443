/**
 * Chance that is the same every time: a value depends on the seed and on what it is for, and on nothing before it.
 */
import { createHash } from "node:crypto"

/** 64 hex digits for a purpose. */
export const hex = (seed: string, ...purpose: ReadonlyArray<string>): string =>
  createHash("sha256").update([seed, ...purpose].join("\n")).digest("hex")

/** A number from 0 (inclusive) to 1 (exclusive). */
export const fraction = (seed: string, ...purpose: ReadonlyArray<string>): number =>
  Number.parseInt(hex(seed, ...purpose).slice(0, 12), 16) / 2 ** 48

/** A whole number from `low` to `high`, both included. */
export const between = (low: number, high: number, seed: string, ...purpose: ReadonlyArray<string>): number =>
  low + Math.floor(fraction(seed, ...purpose) * (high - low + 1))

/** A Git object id: 40 hex digits. */
export const oid = (seed: string, ...purpose: ReadonlyArray<string>): string => hex(seed, ...purpose).slice(0, 40)

/** The same things in an order that the seed decides. */
export const shuffled = <A>(
  things: ReadonlyArray<A>,
  name: (thing: A) => string,
  seed: string,
  purpose: string
): ReadonlyArray<A> =>
  things
    .map((thing) => ({ thing, at: fraction(seed, purpose, name(thing)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ thing }) => thing)
