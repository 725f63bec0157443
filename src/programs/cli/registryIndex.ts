/**
 * `index` and `inspect`: what is behind a reference, for programs and for people.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Option, Stream } from "effect"
import { linuxAmd64, parse as parsePlatform } from "../../domain/Platform.js"
import { inspect as inspectImage, type Inspected } from "../registry/Inspect.js"
import { lookup } from "../registry/Lookup.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withSettings } from "./run.js"
import { Stdio } from "./Stdio.js"
import { bytes as sized, table } from "./text.js"
import { withTicker } from "./ticker.js"

const atOnce = 64

const type = Options.choice("type", ["manifest", "blob"]).pipe(
  Options.withDescription("The manifest as it is, or a blob as base64, instead of the index."),
  Options.optional
)

const head = Options.boolean("head").pipe(
  Options.withDescription("Only the descriptor (media type, digest, size), which costs a HEAD.")
)

/** `index REF…`. */
export const index = (layers: CommandLayers) =>
  Command.make(
    "index",
    { references: References.references, type, head },
    ({ head, references, type }) =>
      Effect.gen(function*() {
        const asked = yield* References.all(references)
        let done = 0
        const answers = asked.pipe(
          Stream.mapEffect(({ reference, text }) =>
            Option.contains(type, "blob") && Option.isNone(reference.digest)
              ? Effect.fail(new UsageError({ message: `${text}: a blob is named by its digest: name@sha256:…` }))
              : Effect.succeed(reference)
          ),
          Stream.mapEffect((reference) => lookup(reference, { type, head }), { concurrency: atOnce }),
          Stream.runForEach((found) => {
            done += 1
            return Output.printJson(Option.getOrNull(found), "\t")
          })
        )
        yield* withTicker(() => `${done} looked up`, answers)
      }).pipe(Effect.provide(layers.registries), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Prints the index behind each image as JSON, made whole: single images as an index of one, every platform " +
        "filled in, each entry with the name under which it is to be had. null is what the registry does not know or " +
        "does not show. Any other failure ends the command: null is never a guess. The order is that of the input, " +
        "however many are looked up at a time.",
      [
        ["image-census index nginx", "one"],
        ["image-census index < images.txt", "thousands"],
        ["image-census index --head --type manifest nginx", "the descriptor, for a HEAD"]
      ]
    ))
  )

const platform = Options.text("platform").pipe(
  Options.withDescription("Only the image that suits a platform best, such as linux/arm64."),
  Options.optional
)

const record = ({ images, source, ...rest }: Inspected) => ({
  ...rest,
  source: Option.getOrNull(source),
  images: images.map(({ created, ...image }) => ({ ...image, created: Option.getOrNull(created) }))
})

const columns = [
  { title: "PLATFORM", align: "left" },
  { title: "SIZE", align: "right" },
  { title: "LAYERS", align: "right" },
  { title: "CREATED", align: "left" },
  { title: "DIGEST", align: "left" }
] as const

/** What every image says alike. */
const sharedLabels = ({ images: [first, ...others] }: Inspected): ReadonlyArray<readonly [string, string]> =>
  Object.entries(first?.labels ?? {}).filter(([name, value]) => others.every(({ labels }) => labels[name] === value))

const shown = (inspected: Inspected, terminal: number | undefined): ReadonlyArray<string> => {
  const [first] = inspected.images
  const rows = inspected.images.map(({ created, digest, layers, platform, size }) => [
    platform,
    sized(size),
    String(layers.length),
    Option.match(created, { onNone: () => "-", onSome: (text) => text.slice(0, 16).replace("T", " ") }),
    digest
  ])
  const one = inspected.images.length === 1 && first !== undefined
  const labels = sharedLabels(inspected)
  return [
    inspected.reference,
    `digest  ${inspected.digest}`,
    `type    ${inspected.mediaType}`,
    ...Option.toArray(Option.map(inspected.source, (source) => `source  ${source}`)),
    ...(inspected.attestations === 0 ? [] : [`and ${inspected.attestations} attestations`]),
    "",
    ...table(columns, rows, terminal),
    ...(one
      ? [
        "",
        "layers",
        ...first.layers.map(({ digest, size }) => `  ${digest}  ${sized(size)}`)
      ]
      : []),
    ...(labels.length === 0 ? [] : ["", one ? "labels" : "labels of all platforms"]),
    ...labels.map(([name, value]) => `  ${name}=${value.replace(/\p{Cc}+/gu, " ")}`)
  ]
}

/** `inspect REF`. */
export const inspect = (layers: CommandLayers) =>
  Command.make(
    "inspect",
    { reference: References.reference(), platform, json: Output.json },
    ({ json, platform, reference }) =>
      Effect.gen(function*() {
        const { stdout } = yield* Stdio
        const image = yield* References.referenceOf(reference)
        const wanted = Option.isNone(platform) ? Option.none() : Option.some(
          yield* Effect.mapError(
            parsePlatform(platform.value, linuxAmd64),
            ({ message }) => new UsageError({ message: `--platform: ${message}` })
          )
        )
        const inspected = yield* withTicker(() => reference, inspectImage(image, wanted))
        yield* json
          ? Output.printJson(record(inspected))
          : Output.printLines(shown(inspected, yield* stdout.columns))
        if (inspected.images.length === 0) {
          const what = Option.match(platform, { onNone: () => "", onSome: (text) => ` for ${text}` })
          return yield* new Failure({ message: `${inspected.reference}: there is no image${what}` })
        }
      }).pipe(Effect.provide(layers.registries), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Shows what an image is: platforms, sizes as they are sent, when it was built, where it comes from, labels; of a " +
        "single image its layers too. Ends with 1 where there is no image for the platform.",
      [
        ["image-census inspect nginx", "all platforms"],
        ["image-census inspect nginx --platform linux/arm64", "one, with layers and labels"]
      ]
    ))
  )
