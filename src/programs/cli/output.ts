/**
 * How commands print what they have: tables for people, JSON for programs, both as streams of any length. Nothing else
 * of the commands writes to the console, so that no text from outside forges a line.
 */
import { Options } from "@effect/cli"
import { Chunk, Console, Effect, Stream } from "effect"
import { Stdio } from "./Stdio.js"
import { type Column, lines, oneLine, visible, widths } from "./text.js"

const encoder = new TextEncoder()

/** `--json`, of every command that prints. */
export const json = Options.boolean("json").pipe(Options.withDescription("Print JSON instead of text."))

/** Prints lines, many at a time. */
export const printLines = (lines: ReadonlyArray<string>): Effect.Effect<void> =>
  lines.length === 0 ? Effect.void : Console.log(lines.map(oneLine).join("\n"))

/** Prints one line. */
export const print = (line: string): Effect.Effect<void> => Console.log(oneLine(line))

/** Says one line on standard error. */
export const tell = (line: string): Effect.Effect<void> => Console.error(oneLine(line))

/** Prints one JSON document, its levels indented by two blanks, or as `indent` says. */
export const printJson = (value: unknown, indent: string | undefined = "  "): Effect.Effect<void> =>
  Console.log(JSON.stringify(value, undefined, indent))

/** Writes bytes as they are; on a terminal, which would take some of them for commands, as visible text. */
export const printBytes = Effect.fnUntraced(function*<E, R>(bytes: Stream.Stream<Uint8Array, E, R>) {
  const { stdout } = yield* Stdio
  yield* stdout.isTerminal
    ? Stream.runForEach(Stream.decodeText(bytes), (text) => stdout.write(encoder.encode(visible(text))))
    : Stream.runForEach(bytes, stdout.write)
})

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
