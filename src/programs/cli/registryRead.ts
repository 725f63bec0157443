/**
 * `digest`, `tags`, `manifest`, `blob`: what a registry says, as it is.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Either, Option, Stream } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { compile } from "../../domain/Glob.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Ended, UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withSettings } from "./run.js"
import { withTicker } from "./ticker.js"

const atOnce = 32

const codeOf = (error: CensusError) => error._tag === "AUTH" ? 3 as const : 1 as const

/** `digest REF…`. */
export const digest = (layers: CommandLayers) =>
  Command.make(
    "digest",
    { references: References.references, json: Output.json },
    ({ json, references }) =>
      Effect.gen(function*() {
        const registry = yield* OciRegistry
        const asked = yield* References.all(references)
        let done = 0
        let worst: 0 | 1 | 3 = 0
        const answers = asked.pipe(
          Stream.mapEffect(
            ({ reference, text }) =>
              Effect.map(Effect.either(registry.resolve(reference)), (answer) => ({ text, answer })),
            { concurrency: atOnce }
          ),
          Stream.runForEach(({ answer, text }) => {
            done += 1
            if (Either.isRight(answer)) {
              const { digest, mediaType, size } = answer.right
              return Output.print(
                json ? JSON.stringify({ reference: text, digest, mediaType, size: Option.getOrNull(size) }) : digest
              )
            }
            const { _tag, message } = answer.left
            worst = Math.max(worst, codeOf(answer.left)) === 3 ? 3 : 1
            const told = Output.tell(`${text}: ${message}`)
            return json
              ? Effect.zipRight(told, Output.print(JSON.stringify({ reference: text, error: _tag, message })))
              : told
          })
        )
        yield* withTicker(() => `${done} looked up`, answers)
        if (worst !== 0) return yield* new Ended({ code: worst })
      }).pipe(Effect.provide(layers.registries), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Prints the digest behind each image, a line each in the order that was given. It costs a HEAD each, which no " +
        "registry counts as a pull. With --json, each line is an object.",
      [
        ["image-census digest nginx ghcr.io/traefik/whoami:latest", "two digests"],
        ["image-census digest --json - < images.txt", "of a list"]
      ]
    ))
  )

const limit = Options.integer("limit").pipe(
  Options.withDescription("At most so many tags."),
  Options.optional
)

const match = Options.text("match").pipe(
  Options.withDescription("Only tags that match a pattern with * and ?, such as '1.*-alpine'."),
  Options.optional
)

/** `tags REF`. */
export const tags = (layers: CommandLayers) =>
  Command.make(
    "tags",
    { reference: References.reference(), limit, match, json: Output.json },
    ({ json, limit, match, reference }) =>
      Effect.gen(function*() {
        const registry = yield* OciRegistry
        const image = yield* References.referenceOf(reference)
        if (Option.exists(limit, (limit) => limit < 1)) {
          return yield* new UsageError({ message: "--limit has to be at least 1" })
        }
        const pattern = yield* Option.match(match, {
          onNone: () => Effect.succeedNone,
          onSome: (text) =>
            Effect.asSome(
              Effect.mapError(compile(text), ({ message }) => new UsageError({ message: `--match: ${message}` }))
            )
        })
        // A page of the size that is wanted; with a pattern nobody knows how many have to be seen.
        const pageSize = Option.isNone(pattern) && Option.isSome(limit) ? Math.min(limit.value, 1000) : 1000
        let seen = 0
        const all = registry.tags(image, { pageSize }).pipe(
          Stream.filter((tag) => {
            seen += 1
            return Option.match(pattern, { onNone: () => true, onSome: (matches) => matches(tag) })
          })
        )
        const wanted = Option.isSome(limit) ? Stream.take(all, limit.value) : all
        yield* withTicker(
          () => `${seen} tags`,
          json ? Output.printJsonArray(wanted) : Stream.runForEachChunk(wanted, (tags) => Output.printLines([...tags]))
        )
      }).pipe(Effect.provide(layers.registries), withSettings)
  ).pipe(
    Command.withDescription(described("Prints the tags of a repository in the registry's order.", [
      ["image-census tags traefik --limit 20", "the first twenty"],
      ["image-census tags ghcr.io/o/n --match '1.*'", "some of them"]
    ]))
  )

/** `manifest REF`. */
export const manifest = (layers: CommandLayers) =>
  Command.make("manifest", { reference: References.reference() }, ({ reference }) =>
    Effect.gen(function*() {
      const registry = yield* OciRegistry
      const image = yield* References.referenceOf(reference)
      const { bytes } = yield* withTicker(() => reference, registry.manifest(image))
      yield* Output.printBytes(Stream.make(bytes))
    }).pipe(Effect.provide(layers.registries), withSettings)).pipe(
      Command.withDescription(described("Prints a manifest or an index, byte for byte as its digest says.", [
        ["image-census manifest nginx", "the index of all platforms"],
        ["image-census manifest nginx | sha256sum", "the digest"]
      ]))
    )

/** `blob REF`. */
export const blob = (layers: CommandLayers) =>
  Command.make("blob", { reference: References.reference() }, ({ reference }) =>
    Effect.gen(function*() {
      const registry = yield* OciRegistry
      const image = yield* References.referenceOf(reference)
      if (Option.isNone(image.digest)) {
        return yield* new UsageError({ message: "a blob is named by its digest: name@sha256:…" })
      }
      let sent = 0
      const { bytes } = yield* registry.blob(image)
      yield* withTicker(
        () => `${sent} bytes`,
        Output.printBytes(Stream.tap(bytes, (chunk) =>
          Effect.sync(() => {
            sent += chunk.byteLength
          })))
      )
    }).pipe(Effect.provide(layers.registries), withSettings)).pipe(
      Command.withDescription(described(
        "Writes a blob to standard output. Where its digest is wrong at its end, the command fails: use nothing of it then.",
        [["image-census blob name@sha256:… > layer.tar.gz", "a layer"]]
      ))
    )
