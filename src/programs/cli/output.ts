/**
 * How commands print what they have: tables for people, JSON for programs, both as streams of any length.
 */
import { Options } from "@effect/cli"
import { Chunk, Console, Effect, Stream } from "effect"
import { Stdio } from "./Stdio.js"
import { type Column, lines, widths } from "./text.js"

/** `--json`, of every command that prints. */
export const json = Options.boolean("json").pipe(Options.withDescription("Print JSON instead of text."))

/** Prints lines, many at a time. */
export const printLines = (lines: ReadonlyArray<string>): Effect.Effect<void> =>
  lines.length === 0 ? Effect.void : Console.log(lines.join("\n"))

/** Prints one JSON document. */
export const printJson = (value: unknown): Effect.Effect<void> => Console.log(JSON.stringify(value, undefined, 2))

const rowsPerWrite = 500

/** Prints a JSON array as it comes, an element in a line. */
export const printJsonArray = <A, E, R>(values: Stream.Stream<A, E, R>): Effect.Effect<void, E, R> =>
  values.pipe(
    Stream.grouped(rowsPerWrite),
    Stream.runFoldEffect(false, (started, chunk) =>
      Effect.as(
        Console.log(
          (started ? "," : "[") + Chunk.toReadonlyArray(chunk).map((value) => JSON.stringify(value)).join("\n,")
        ),
        true
      )),
    Effect.flatMap((started) => Console.log(started ? "]" : "[]"))
  )

interface Printed {
  readonly count: number
  readonly widths: ReadonlyArray<number>
}

const start: Printed = { count: 0, widths: [] }

/** Prints a table as it comes; nothing at all where there is no row. Returns how many rows there were. */
export const printTable = Effect.fn("printTable")(function*<E, R>(
  columns: ReadonlyArray<Column>,
  rows: Stream.Stream<ReadonlyArray<string>, E, R>
) {
  const { stdout } = yield* Stdio
  const terminal = yield* stdout.columns
  const state = yield* Stream.runFoldEffect(
    Stream.grouped(rows, rowsPerWrite),
    start,
    Effect.fnUntraced(function*(state: Printed, chunk: Chunk.Chunk<ReadonlyArray<string>>) {
      const page = Chunk.toReadonlyArray(chunk)
      const needed = widths(columns, page, state.widths)
      const titles = state.count === 0 ? [columns.map(({ title }) => title)] : []
      yield* printLines(lines(columns, needed, [...titles, ...page], terminal))
      return { count: state.count + page.length, widths: needed }
    })
  )
  return state.count
})
