/**
 * `pulls IMAGE`, `pulls export`, `pulls import`: an image's pulls by day.
 */
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Clock, Effect, Option, Stream } from "effect"
import * as Csv from "../../domain/Csv.js"
import * as PullHistory from "../../domain/PullHistory.js"
import * as PullImport from "../../domain/PullImport.js"
import { addDays, dayOf } from "../../domain/UtcDay.js"
import { type PullsOnDay, RepoDockerStore } from "../../services/RepoDockerStore.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import { argument, described, withSettings } from "./run.js"
import * as Sources from "./sources.js"
import { Stdio } from "./Stdio.js"
import { counted, cut, grouped, jsonNumber, orDash, signed } from "./text.js"

const columns = [
  { title: "DAY", align: "left" },
  { title: "TOTAL", align: "right" },
  { title: "PULLS", align: "right" },
  { title: "", align: "left" }
] as const

const remark = (row: PullsOnDay): string => {
  if (row.fell) return "the counter fell"
  return row.gapDays > 1 ? `over ${row.gapDays} days` : ""
}

const tableRow = (row: PullsOnDay) => [
  row.day,
  grouped(row.total),
  orDash(Option.map(row.pulls, signed)),
  remark(row)
]

const record = (row: PullsOnDay) => ({
  date: row.day,
  pullsTotal: jsonNumber(row.total),
  pulls: Option.getOrNull(Option.map(row.pulls, jsonNumber)),
  gapDays: row.gapDays,
  fell: row.fell
})

const days = Options.integer("days").pipe(
  Options.filterMap((days) => days >= 1 && days <= 36_500 ? Option.some(days) : Option.none(), "give 1 day or more"),
  Options.withDescription("How many days up to today (default 30)."),
  Options.withDefault(30)
)

const since = (days: number) => Effect.map(Clock.currentTimeMillis, (now) => addDays(dayOf(now), 1 - days))

const weeks = (calendar: ReadonlyArray<PullHistory.DayPulls>): ReadonlyArray<string> =>
  [7, 28].flatMap((length) =>
    Option.match(PullHistory.pullsWithin(calendar, length), {
      onNone: () => [],
      onSome: (pulls) => [`last ${length} days: ${grouped(pulls)}`]
    })
  )

const longestSparkline = 90

const show = Effect.fnUntraced(function*(wanted: string, length: number, json: boolean) {
  const store = yield* RepoDockerStore
  const image = PullImport.familiarImage(wanted)
  const stored = yield* store.image(image)
  const from = yield* since(length)
  const rows = Chunk.toReadonlyArray(
    yield* Stream.runCollect(store.pulls({ image: Option.some(image), since: Option.some(from) }))
  )
  if (Option.isNone(stored) && rows.length === 0) {
    return yield* new Failure({ message: `no image ${JSON.stringify(image)} is known; images list shows all` })
  }
  if (json) {
    return yield* Output.printJson({
      image,
      goneSince: Option.getOrNull(Option.flatMap(stored, ({ goneSince }) => goneSince)),
      repositories: Option.match(stored, { onNone: () => [], onSome: ({ repositories }) => repositories }),
      days: rows.map(record)
    })
  }
  const { stdout } = yield* Stdio
  const width = yield* stdout.columns
  const calendar = PullHistory.calendar(rows)
  const spark = PullHistory.sparkline(calendar, Math.min(width ?? longestSparkline, longestSparkline))
  const gone = Option.flatMap(stored, ({ goneSince }) => goneSince)
  const title = [image, ...Option.match(gone, { onNone: () => [], onSome: (day) => [`gone since ${day}`] })].join(", ")
  const head = [title, ...(spark === "" ? [] : [spark]), ...(calendar.length === 0 ? [] : [weeks(calendar).join(", ")])]
  yield* Output.printLines(
    head.filter((line) => line !== "").map((line) => width === undefined ? line : cut(line, width))
  )
  const count = yield* Output.printTable(columns, Stream.fromIterable(rows.map(tableRow)))
  if (count === 0) yield* Output.tell(`no row since ${from}`)
})

const line = (row: PullsOnDay): string => Csv.record([row.image, row.day, row.total])

const exportPulls = (layers: CommandLayers) =>
  Command.make("export", {
    images: argument("image", "Only these images.").pipe(Args.repeated),
    json: Output.json
  }, ({ images, json }) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const all = images.length === 0
        ? store.pulls({ image: Option.none(), since: Option.none() })
        : Stream.flatMap(
          Stream.fromIterable(images),
          (image) => store.pulls({ image: Option.some(PullImport.familiarImage(image)), since: Option.none() })
        )
      if (json) {
        return yield* Output.printJsonArray(
          Stream.map(all, (row) => ({ image: row.image, date: row.day, pulls_total: jsonNumber(row.total) }))
        )
      }
      yield* Output.print(PullImport.columns.join(","))
      yield* Stream.runForEachChunk(
        Stream.rechunk(all, 1000),
        (rows) => Output.printLines(Chunk.toReadonlyArray(rows).map(line))
      )
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(
        described("Prints the history of all images, or of some, as CSV: image,date,pulls_total.", [
          ["image-census pulls export > pulls.csv", "all of it"],
          ["image-census pulls export nginx ollama/ollama", "two images"]
        ])
      )
    )

const shownInvalid = 20
const rowsPerWrite = 5000

const importPulls = (layers: CommandLayers) =>
  Command.make("import", {
    file: argument("file", "CSV with the columns image, date (YYYY-MM-DD) and pulls_total; - for standard input."),
    overwrite: Options.boolean("overwrite").pipe(
      Options.withDescription("Replace days that are there. Without it they are kept.")
    ),
    json: Output.json
  }, ({ file, json, overwrite }) =>
    Effect.gen(function*() {
      const lines = yield* Stream.runCollect(Sources.lines(file))
      const { days, invalid, repeated } = PullImport.read(lines)
      if (invalid.length > 0) {
        const name = Sources.sourceName(file)
        for (const { line, message } of invalid.slice(0, shownInvalid)) {
          yield* Output.tell(`${name}:${line}: ${message}`)
        }
        if (invalid.length > shownInvalid) {
          yield* Output.tell(`and ${counted(invalid.length - shownInvalid, "more invalid line")}`)
        }
        return yield* new Failure({
          message: `${name}: ${counted(invalid.length, "invalid line")}; nothing was imported`
        })
      }
      const store = yield* RepoDockerStore
      const result = yield* Stream.fromIterable(days).pipe(
        Stream.grouped(rowsPerWrite),
        Stream.mapEffect((batch) => store.importPulls(Chunk.toReadonlyArray(batch), overwrite)),
        Stream.runFold({ written: 0, kept: 0 }, (sum, { kept, written }) => ({
          written: sum.written + written,
          kept: sum.kept + kept
        }))
      )
      yield* json
        ? Output.printJson({ ...result, repeated })
        : Output.printLines([`${counted(result.written, "day")} written, ${grouped(result.kept)} kept as they were`])
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Takes in history from elsewhere. All of the file is checked first; where a line is wrong, nothing is imported.",
        [
          ["image-census pulls import pulls.csv", "days that are there already are kept"],
          ["image-census pulls import pulls.csv --overwrite", "days that are there already are replaced"]
        ]
      ))
    )

const missing = new UsageError({ message: "say which image: image-census pulls IMAGE, or export, or import FILE.csv" })

/** `pulls`. */
export const pulls = (layers: CommandLayers) =>
  Command.make("pulls", {
    image: argument("image", "An image by its name on Docker Hub, such as nginx or ollama/ollama.").pipe(Args.optional),
    days,
    json: Output.json
  }, ({ days, image, json }) =>
    Effect.gen(function*() {
      if (Option.isNone(image)) return yield* missing
      yield* show(image.value, days, json).pipe(Effect.provide(layers.store), withSettings)
    })).pipe(
      Command.withDescription(described(
        "Shows an image's pulls by day, with a sparkline: · is a day without a row, ! one on which the counter fell.",
        [
          ["image-census pulls nginx", "the last 30 days"],
          ["image-census pulls ollama/ollama --days 90 --json", "three months, for a program"]
        ]
      )),
      Command.withSubcommands([exportPulls(layers), importPulls(layers)])
    )
