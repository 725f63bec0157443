/**
 * Cases of vector tables, read by name, and what a check of one comes to.
 */
import { Either, Schema } from "effect"
import { isDeepStrictEqual } from "node:util"

/** One case of a table. */
export const Row = Schema.Record({ key: Schema.String, value: Schema.Unknown })
export type Row = typeof Row.Type

/** One table: cases of one test of one project, with its dialect. */
export const Table = Schema.Struct({
  source: Schema.Struct({ repo: Schema.String, where: Schema.String }),
  dialect: Schema.optional(Schema.String),
  cases: Schema.Array(Row)
})
export type Table = typeof Table.Type

/** What a check of a case came to. */
export type Outcome =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly expected: unknown; readonly actual: unknown }
  | { readonly kind: "left out"; readonly reason: string }

/** Checks one case; `context` is the file around the tables. */
export type Check = (row: Row, context: Row) => Outcome

export const passed: Outcome = { kind: "passed" }
export const leftOut = (reason: string): Outcome => ({ kind: "left out", reason })

/** Every case of a table is left out. */
export const skip = (reason: string): Check => () => leftOut(reason)

/** Equal in every part. */
export const same = (actual: unknown, expected: unknown): Outcome =>
  isDeepStrictEqual(actual, expected) ? passed : { kind: "failed", expected, actual }

/** A text of a case; empty where it is missing or something else. */
export const text = (row: Row, name: string): string => {
  const value = row[name]
  return typeof value === "string" ? value : ""
}

/** Whether a case says anything but "no" or nothing under this name. */
export const says = (row: Row, name: string): boolean => {
  const value = row[name]
  return value !== undefined && value !== null && value !== false && value !== ""
}

const isRow = Schema.is(Row)

/** An object within a case; empty where it is missing or something else. */
export const part = (row: Row, name: string): Row => {
  const value = row[name]
  return isRow(value) ? value : {}
}

/** A list of texts within a case; empty where it is missing. */
export const texts = (row: Row, name: string): ReadonlyArray<string> => {
  const value = row[name]
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []
}

/** A list of objects within a case. */
export const parts = (row: Row, name: string): ReadonlyArray<Row> => {
  const value = row[name]
  return Array.isArray(value) ? value.filter((one): one is Row => isRow(one)) : []
}

/** Compares what was read, or "refused", with what is expected. */
export const sameOr = <A, E>(
  read: Either.Either<A, E>,
  refused: boolean,
  expected: unknown,
  show: (value: A) => unknown
): Outcome => {
  const actual = Either.match(read, { onLeft: () => "refused", onRight: show })
  return same(actual, refused ? "refused" : expected)
}

/** Only whether it was read. */
export const accepted = <A, E>(read: Either.Either<A, E>, expected: boolean): Outcome =>
  same(Either.isRight(read), expected)

/** The checks of a file's tables: by the project and the test that they come from. */
export type Checks = Readonly<Record<string, Check>>
