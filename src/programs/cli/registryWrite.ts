/**
 * `copy` and `deploy`: writing to registries.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Either, Stream } from "effect"
import { parse as parseInput } from "../../domain/DeployInput.js"
import { familiar } from "../../domain/ImageReference.js"
import { split } from "../../domain/JsonDocuments.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import { deploy as deployAll } from "../registry/Deploy.js"
import type { CommandLayers } from "./CommandLayers.js"
import { UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withSettings } from "./run.js"
import { Stdio } from "./Stdio.js"
import { bytes as sized, counted } from "./text.js"
import { withTicker } from "./ticker.js"

/** `copy SRC DST`. */
export const copy = (layers: CommandLayers) =>
  Command.make(
    "copy",
    { source: References.reference("src"), target: References.reference("dst"), json: Output.json },
    ({ json, source, target }) =>
      Effect.gen(function*() {
        const registry = yield* OciRegistry
        const from = yield* References.referenceOf(source)
        const to = yield* References.referenceOf(target)
        const report = yield* withTicker(() => `copying ${source}`, registry.copy(from, to))
        if (json) return yield* Output.printJson({ source: familiar(from), target: familiar(to), ...report })
        yield* Output.print(report.digest)
        yield* Output.tell(
          [
            `${counted(report.manifests, "manifest")} sent`,
            `${counted(report.uploaded, "blob")} (${sized(report.uploadedBytes)}) sent`,
            `${report.mounted} mounted`,
            `${report.present} there already`,
            ...(report.skipped === 0 ? [] : [`${counted(report.skipped, "foreign layer")} left out`])
          ].join(", ")
        )
      }).pipe(Effect.provide(layers.registries), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Copies an image with all its platforms and attestations, byte for byte, sending only what is missing. Prints the " +
        "digest.",
      [["image-census copy nginx:1.27 registry.example/mirror/nginx:1.27", "into another registry"]]
    ))
  )

const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Only say what would be pushed.")
)

const usage = ({ message }: { readonly message: string }) => new UsageError({ message: `standard input: ${message}` })

const inputs = Effect.gen(function*() {
  const { stdin } = yield* Stdio
  if (stdin.isTerminal) {
    return yield* new UsageError({ message: "deploy reads JSON objects from standard input; see deploy --help" })
  }
  // As it is: a manifest that stands in it as JSON is hashed byte for byte.
  const text = yield* Stream.mkString(Stream.decodeText(stdin.bytes))
  const documents = yield* Either.mapLeft(split(text), usage)
  return yield* Effect.forEach(
    documents,
    (document, index) =>
      Either.mapLeft(parseInput(document), ({ message }) => usage({ message: `object ${index + 1}: ${message}` }))
  )
})

/** `deploy`. */
export const deploy = (layers: CommandLayers) =>
  Command.make("deploy", { dryRun, json: Output.json }, ({ dryRun, json }) =>
    Effect.gen(function*() {
      const objects = yield* inputs
      let done = 0
      yield* withTicker(
        () => `${done} of ${counted(objects.length, "object")}`,
        Stream.runForEach(deployAll(objects, { dryRun, concurrency: 8 }), ({ outcome, reference, type }) => {
          done += 1
          const name = familiar(reference)
          return Output.print(
            json ? JSON.stringify({ type, reference: name, outcome }) : `${outcome.padEnd(10)} ${name}`
          )
        })
      )
    }).pipe(Effect.provide(layers.registries), withSettings)).pipe(
      Command.withDescription(described(
        "Pushes manifests and blobs that standard input names, as JSON objects one after the other: {\"type\": " +
          "\"manifest\" or \"blob\", \"refs\": [where to], \"data\": base64 (of a manifest also the JSON itself), \"lookup\": " +
          "{digest, or empty for all others: where to copy what is missing from}}. What is there already is left alone, so " +
          "it can be run again.",
        [
          ["image-census deploy --dry-run < objects.json", "what would be done"],
          ["image-census deploy < objects.json", "do it"]
        ]
      ))
    )
