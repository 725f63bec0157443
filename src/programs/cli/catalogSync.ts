/**
 * `catalog sync`, `catalog official`.
 */
import { Command, Options } from "@effect/cli"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Array as Arr, Effect, Either, Option } from "effect"
import { fullName } from "../../domain/GitHubRepository.js"
import { type OfficialImage, parseLibraryFile } from "../../domain/OfficialImages.js"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import type { CatalogSummary } from "../catalog/CatalogOptions.js"
import { catalogOptions, tellSkipped } from "../catalog/fromSettings.js"
import { keep, syncOnce } from "../catalog/SyncCatalog.js"
import { Settings } from "../settings/Settings.js"
import { imageArguments, namesOf } from "./catalogOptions.js"
import type { CommandLayers } from "./CommandLayers.js"
import { failingForDefects } from "./defects.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"
import { counted, grouped, span, table } from "./text.js"

const summaryLines = (summary: CatalogSummary): ReadonlyArray<string> => [
  `catalog: ${counted(summary.looked, "image")} looked at, ${grouped(summary.changed)} changed, ` +
  `${grouped(summary.gone)} unknown to their registry, ${grouped(summary.failed.length)} put off`,
  `tags: ${grouped(summary.tagsAdded)} added, ${grouped(summary.tagsMoved)} moved, ${grouped(summary.tagsGone)} gone`,
  `requests: ${grouped(summary.requests.dockerhub)} to Docker Hub, ${
    grouped(summary.requests.registries)
  } to registries`,
  `time: ${summary.seconds < 10 ? `${summary.seconds.toFixed(1)} s` : span(summary.seconds * 1000)}`
]

const tell = Effect.fnUntraced(function*(summary: CatalogSummary, json: boolean) {
  yield* json ? Output.printJson(summary) : Output.printLines(summaryLines(summary))
  if (summary.looked === 0 && summary.failed.length > 0) {
    const [first] = summary.failed
    return yield* new Failure({ message: `no image could be looked at; ${first?.image}: ${first?.reason}` })
  }
})

/** `catalog sync`. */
export const sync = (layers: CommandLayers) =>
  Command.make("sync", {
    images: imageArguments,
    once: Options.boolean("once").pipe(
      Options.withDescription("Look at all images now, and end. Images that were put off to later are not waited for.")
    ),
    includeDeferred: Options.boolean("include-deferred").pipe(
      Options.withDescription("Take what was put off to later, now.")
    ),
    json: Output.json
  }, ({ images, includeDeferred, json, once }) =>
    Effect.gen(function*() {
      const settings = yield* Settings
      const names = yield* namesOf(images)
      const options = catalogOptions(settings)
      yield* Effect.gen(function*() {
        yield* tellSkipped(settings)
        const catalog = yield* ImageCatalog
        const unknown = yield* Effect.filter(names, (name) => Effect.map(catalog.image(name), Option.isNone))
        const [first] = unknown
        if (first !== undefined) {
          return yield* new Failure({
            message: `${first.image} is not in the catalog; image-census catalog add ${first.image} takes it in`
          })
        }
        if (includeDeferred) yield* catalog.undefer
        const named = names.length === 0 ? Option.none() : Option.some(names.map(({ image }) => image))
        if (once || Option.isSome(named)) return yield* tell(yield* syncOnce(options, named), json)
        return yield* keep(options)
      }).pipe(Effect.provide(layers.all), failingForDefects)
    }).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Keeps the catalog up to date: descriptions, logos, counters, and tags with their digests and platforms. Goes on " +
          "until it is stopped; with --once, or for images that are named, it ends. The daemon does the same by itself.",
        [
          ["image-census catalog sync --once", "the official images, or those of DOCKER_SCRAPER_IMAGES"],
          ["image-census catalog sync nginx ghcr.io/owner/name", "some images, now"]
        ]
      ))
    )

const update = Options.text("update").pipe(
  Options.withDescription("A checkout of docker-library/official-images, whose list is to count from now on."),
  Options.optional
)

/** The images of a checkout. A file that cannot be read leaves its image as it was. */
const readCheckout = Effect.fnUntraced(function*(directory: string, before: ReadonlyArray<OfficialImage>) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const nested = path.join(directory, "library")
  const folder = (yield* Effect.orElseSucceed(files.exists(nested), () => false)) ? nested : directory
  const names = yield* files.readDirectory(folder).pipe(
    Effect.mapError(() => new UsageError({ message: `--update: ${folder} is no folder that can be read` }))
  )
  const known = new Map(before.map((image) => [image.name, image]))
  const read = yield* Effect.forEach(
    names.filter((name) => !name.startsWith(".")).sort(),
    (name) =>
      files.readFileString(path.join(folder, name)).pipe(
        Effect.map((text) => Either.mapLeft(parseLibraryFile(name, text), ({ message }) => ({ name, message }))),
        Effect.catchAll(() => Effect.succeed(Either.left({ name, message: `${name} cannot be read` })))
      )
  )
  const [problems, images] = Arr.separate(read)
  const isList = images.some(({ architectures, repositories }) => architectures.length + repositories.length > 0)
  if (!isList) {
    const message = `--update: ${folder} holds no files of official images; ` +
      "give the folder of a checkout of docker-library/official-images"
    return yield* new UsageError({ message })
  }
  for (const { message } of problems) yield* Output.tell(`${message}; left as it was`)
  return [...images, ...problems.flatMap(({ name }) => known.get(name) ?? [])]
})

const columns = [
  { title: "IMAGE", align: "left" },
  { title: "ARCHITECTURES", align: "left" },
  { title: "REPOSITORIES", align: "left" }
] as const

/** `catalog official`. */
export const official = (layers: CommandLayers) =>
  Command.make("official", { update, json: Output.json }, ({ json, update }) =>
    Effect.gen(function*() {
      const catalog = yield* ImageCatalog
      if (Option.isSome(update)) {
        const images = yield* readCheckout(update.value, yield* catalog.official)
        const { added, changed, removed } = yield* catalog.replaceOfficial(images)
        return yield* json
          ? Output.printJson({ images: images.length, added, changed, removed })
          : Output.printLines([
            `${counted(images.length, "official image")}: ${added} added, ${changed} changed, ${removed} removed`
          ])
      }
      const images = yield* catalog.official
      const records = images.map(({ architectures, name, repositories }) => ({
        image: name,
        architectures,
        repositories: repositories.map(fullName)
      }))
      return yield* json
        ? Output.printJson(records)
        : Output.printLines(table(
          columns,
          records.map(({ architectures, image, repositories }) => [
            image,
            architectures.join(" ") || "-",
            repositories.join(" ") || "-"
          ]),
          undefined
        ))
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Shows the list of Docker's official images with the repositories that build them, or takes in a newer one.",
        [
          ["image-census catalog official", "the list"],
          [
            "image-census catalog official --update ../official-images",
            "from a checkout of docker-library/official-images"
          ]
        ]
      ))
    )
