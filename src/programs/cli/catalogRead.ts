/**
 * `catalog list`, `catalog show`, `catalog export`.
 */
import { Command, Options } from "@effect/cli"
import { Chunk, Effect, Option, Stream } from "effect"
import { type CatalogEntry, type CatalogFilter, ImageCatalog } from "../../services/ImageCatalog.js"
import { filterOf, filterOptions, imageArgument, taggedOf } from "./catalogOptions.js"
import * as Text from "./catalogText.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"
import { Stdio } from "./Stdio.js"
import { cut, grouped, instant, orDash } from "./text.js"

const columns = [
  { title: "IMAGE", align: "left" },
  { title: "PULLS", align: "right" },
  { title: "STARS", align: "right" },
  { title: "TAGS", align: "right" },
  { title: "PUSHED (UTC)", align: "left" },
  { title: "PLATFORMS", align: "left" },
  { title: "REMARKS", align: "left" }
] as const

const short = (platforms: ReadonlyArray<string>): string =>
  platforms.map((platform) => platform.replace(/^linux\//, "")).join(" ") || "-"

const row = (entry: CatalogEntry): ReadonlyArray<string> => [
  entry.name.image,
  orDash(Option.map(entry.pulls, grouped)),
  orDash(Option.map(entry.stars, grouped)),
  grouped(entry.tags),
  orDash(Option.map(entry.lastUpdated, instant)),
  short(entry.platforms),
  Text.remarks(entry)
]

const entries = (filter: CatalogFilter) =>
  Stream.unwrap(
    Effect.map(ImageCatalog, (catalog) =>
      Stream.paginateChunkEffect(undefined, (after: string | undefined) =>
        Effect.map(catalog.list(filter, { after, limit: 500 }), ({ items, next }) =>
          [Chunk.fromIterable(items), next] as const)))
  )

/** `catalog list`. */
export const list = (layers: CommandLayers) =>
  Command.make("list", { ...filterOptions, json: Output.json }, ({ json, ...options }) =>
    Effect.gen(function*() {
      const found = entries(yield* filterOf(options))
      if (json) return yield* Output.printJsonArray(Stream.map(found, Text.imageRecord))
      const count = yield* Output.printTable(columns, Stream.map(found, row))
      if (count === 0) yield* Output.tell("no images; image-census catalog sync --once looks for them")
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described("Lists the images of the catalog.", [
        ["image-census catalog list --official --platform linux/arm64", "official images for a Raspberry Pi"],
        ["image-census catalog list --search database --json", "some, for a program"]
      ]))
    )

const count = (name: string, fallback: number, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.withDefault(fallback),
    Options.filterMap(
      (value) => Option.liftPredicate(value, (value) => value >= 1 && value <= 1000),
      `--${name} takes a whole number from 1 to 1000`
    )
  )

const showImage = Effect.fnUntraced(function*(text: string, tagCount: number, gone: boolean, json: boolean) {
  const catalog = yield* ImageCatalog
  const { name, tag } = yield* taggedOf(text)
  const entry = yield* catalog.image(name)
  if (Option.isNone(entry)) {
    return yield* new Failure({
      message: `${name.image} is not in the catalog; image-census catalog add ${name.image} takes it in`
    })
  }
  const { items: all } = yield* catalog.tags(name.image, { limit: Option.isSome(tag) ? 1000 : tagCount, gone })
  const tags = Option.match(tag, { onNone: () => all, onSome: (wanted) => all.filter(({ tag }) => tag === wanted) })
  if (Option.isSome(tag) && tags.length === 0) {
    return yield* new Failure({ message: `the catalog has no tag ${tag.value} of ${name.image}` })
  }
  const { items: digests } = yield* catalog.history(name.image, tag, { limit: 1000 })
  const shown = new Set(tags.map(({ tag }) => tag))
  const history = digests.filter(({ tag }) => shown.has(tag))
  if (json) {
    return yield* Output.printJson({
      ...Text.imageRecord(entry.value),
      fullDescription: entry.value.fullDescription,
      tags: tags.map((tag) => Text.tagRecord(entry.value, tag)),
      history: history.map(Text.digestRecord)
    })
  }
  const { stdout } = yield* Stdio
  const terminal = yield* stdout.columns
  const official = entry.value.official
    ? (yield* catalog.official).find((image) => image.name === name.image)?.repositories ?? []
    : []
  const rest = entry.value.tags - all.length
  const moved = history.filter((row) => history.filter(({ tag }) => tag === row.tag).length > 1)
  yield* Output.printLines(
    [
      ...Text.headLines(entry.value, official),
      ...(tags.length === 0 ? ["", "no tags yet"] : ["", ...Text.gridLines(tags, terminal)]),
      ...(rest > 0 && Option.isNone(tag)
        ? [`and ${grouped(rest)} more in the catalog (--tags ${Math.min(1000, entry.value.tags)})`]
        : []),
      ...(moved.length === 0 ? [] : ["", "What the tags pointed to:", ...Text.historyLines(moved, terminal)])
    ].map((line) => {
      const plain = line.replace(/\p{Cc}+/gu, " ")
      return terminal === undefined ? plain : cut(plain, terminal)
    })
  )
})

/** `catalog show`. */
export const show = (layers: CommandLayers) =>
  Command.make(
    "show",
    {
      image: imageArgument,
      tags: count("tags", 20, "How many of its newest tags to show."),
      gone: Options.boolean("gone").pipe(Options.withDescription("Tags that are gone, too.")),
      json: Output.json
    },
    ({ gone, image, json, tags }) => showImage(image, tags, gone, json).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Shows an image: what it is, its tags with their platforms as a grid of sizes, and what its tags pointed to.",
      [
        ["image-census catalog show nginx", "the newest tags of an official image"],
        ["image-census catalog show ghcr.io/owner/name:1.2 --json", "one tag, for a program"]
      ]
    ))
  )

const csv = Options.boolean("csv").pipe(Options.withDescription("Print CSV."))
const ndjson = Options.boolean("ndjson").pipe(Options.withDescription("Print a JSON object per line."))

/** `catalog export`. */
export const exportTags = (layers: CommandLayers) =>
  Command.make(
    "export",
    { ...filterOptions, json: Output.json, csv, ndjson },
    ({ csv, json, ndjson, ...options }) =>
      Effect.gen(function*() {
        if ([json, csv, ndjson].filter((wanted) => wanted).length > 1) {
          return yield* new UsageError({ message: "give one of --json, --csv and --ndjson" })
        }
        const catalog = yield* ImageCatalog
        const filter = yield* filterOf(options)
        const wanted = catalog.everything(filter).pipe(
          Stream.filter(({ tag }) =>
            filter.platform === undefined || tag.platforms.some(({ platform }) => platform === filter.platform)
          )
        )
        const record = ({ image, tag }: Stream.Stream.Success<typeof wanted>) => ({
          ...Text.tagRecord(image, tag),
          official: image.official,
          licence: Option.getOrNull(Option.orElse(image.words.licence, () => image.licence)),
          title: Option.getOrNull(image.words.title)
        })
        if (!csv && !ndjson) return yield* Output.printJsonArray(Stream.map(wanted, record))
        if (csv) yield* Output.print(Text.csvColumns.join(","))
        yield* wanted.pipe(
          Stream.map((one) => csv ? Text.csvLine(one.image, one.tag) : JSON.stringify(record(one))),
          Stream.grouped(500),
          Stream.runForEach((lines) => Output.printLines(Chunk.toReadonlyArray(lines)))
        )
      }).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Prints every tag of the catalog with the reference by which to pull it, such as docker.io/nginx:1.27.",
      [
        ["image-census catalog export --csv > catalog.csv", "for a spreadsheet"],
        ["image-census catalog export --ndjson --official --platform linux/arm64", "some, a line each"]
      ]
    ))
  )
