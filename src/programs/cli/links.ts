/**
 * `links list`, `links explain`, `links add`, `links remove`: which repository publishes which image, and why that is
 * believed.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Either, Option, Stream } from "effect"
import { fullName, parse } from "../../domain/GitHubRepository.js"
import { imageName, parseNormalized } from "../../domain/ImageReference.js"
import { LinkStore, type StoredLink } from "../../services/LinkStore.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import { explanationLines, explanationRecord, linkRecord } from "./linksText.js"
import * as Output from "./output.js"
import { argument, described, withSettings } from "./run.js"
import { instant } from "./text.js"

const repositoryOf = (text: string) => Either.mapLeft(parse(text), (message) => new UsageError({ message }))

/** A whole image: a link does not concern single tags. */
const imageOf = (text: string) =>
  parseNormalized(text).pipe(
    Either.mapLeft(({ message }) => new UsageError({ message })),
    Either.flatMap((reference) =>
      Option.isSome(reference.tag) || Option.isSome(reference.digest)
        ? Either.left(
          new UsageError({ message: `"${text}" names one version; name the whole image: ${imageName(reference)}` })
        )
        : Either.right({ image: imageName(reference), registry: reference.registry })
    )
  )

const columns = [
  { title: "REPOSITORY", align: "left" },
  { title: "IMAGE", align: "left" },
  { title: "EVIDENCE", align: "left" },
  { title: "VERIFICATION", align: "left" },
  { title: "CONFIDENCE", align: "right" },
  { title: "LAST SEEN (UTC)", align: "left" }
] as const

const row = (link: StoredLink) => [
  fullName(link.repository),
  link.image,
  link.evidence.map(({ kind }) => kind).join(" "),
  link.verification.state + (Option.isSome(link.removedAt) ? ", taken away by hand" : ""),
  link.confidence.toFixed(2),
  instant(Math.max(...link.evidence.map(({ lastSeen }) => lastSeen)))
]

const maybe = <A, E>(text: Option.Option<string>, read: (text: string) => Either.Either<A, E>) =>
  Option.match(text, {
    onNone: () => Effect.succeed<A | undefined>(undefined),
    onSome: (text): Effect.Effect<A | undefined, E> => read(text)
  })

const list = (layers: CommandLayers) =>
  Command.make("list", {
    verified: Options.boolean("verified").pipe(
      Options.withDescription("Only those that the image's own label confirms.")
    ),
    hidden: Options.boolean("all").pipe(
      Options.withDescription("Those too that are never shown as links: contradicted, or taken away by hand.")
    ),
    repository: Options.text("repository").pipe(Options.withDescription("Only this repository's."), Options.optional),
    image: Options.text("image").pipe(Options.withDescription("Only this image's."), Options.optional),
    json: Output.json
  }, ({ hidden, image, json, repository, verified }) =>
    Effect.gen(function*() {
      const filter = {
        verified,
        hidden,
        repository: yield* maybe(repository, repositoryOf),
        image: (yield* maybe(image, imageOf))?.image
      }
      const stored = (yield* LinkStore).links(filter)
      if (json) return yield* Output.printJsonArray(Stream.map(stored, linkRecord))
      const count = yield* Output.printTable(columns, Stream.map(stored, row))
      if (count === 0) yield* Output.tell("no links; image-census sync looks for some")
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Lists which repository publishes which image, with the evidence, what the image says of itself, and a " +
          "confidence from 0 to 1.",
        [
          ["image-census links list --verified", "what is proven"],
          ["image-census links list --image ghcr.io/o/n --all --json", "who claims an image, rightly or not"]
        ]
      ))
    )

const explain = (layers: CommandLayers) =>
  Command.make("explain", {
    repository: argument("owner/name", "A repository that is stored."),
    json: Output.json
  }, ({ json, repository }) =>
    Effect.gen(function*() {
      const wanted = yield* repositoryOf(repository)
      const explained = yield* (yield* LinkStore).explain(wanted)
      if (Option.isNone(explained)) {
        const name = fullName(wanted)
        return yield* new Failure({ message: `${name} is not stored; image-census discover ${name} looks at it` })
      }
      yield* json
        ? Output.printJson(explanationRecord(explained.value))
        : Output.printLines(explanationLines(explained.value))
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Shows what was looked at in a repository, what it claims to publish, what each registry answered, and why " +
          "each link stands.",
        [["image-census links explain ollama/ollama", "everything about one repository"]]
      ))
    )

const pair = {
  repository: argument("owner/name", "A repository on GitHub."),
  image: argument("image", "An image without tag, such as ghcr.io/owner/name.")
}

const add = (layers: CommandLayers) =>
  Command.make("add", { ...pair, json: Output.json }, ({ json, ...given }) =>
    Effect.gen(function*() {
      const repository = yield* repositoryOf(given.repository)
      const { image, registry } = yield* imageOf(given.image)
      const added = yield* (yield* LinkStore).add(repository, image, registry)
      const record = { repository: fullName(repository), image, registry, added }
      yield* json
        ? Output.printJson(record)
        : Output.printLines([`${record.repository} and ${image} ${added ? "are" : "were already"} linked by hand`])
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Links a repository and an image by hand; either is added where it is not stored. No run undoes it.",
        [["image-census links add acme/app ghcr.io/acme/server", "what no file tells"]]
      ))
    )

const remove = (layers: CommandLayers) =>
  Command.make("remove", { ...pair, json: Output.json }, ({ json, ...given }) =>
    Effect.gen(function*() {
      const repository = yield* repositoryOf(given.repository)
      const { image, registry } = yield* imageOf(given.image)
      const name = fullName(repository)
      const removed = yield* (yield* LinkStore).remove(repository, image)
      if (!removed) return yield* new Failure({ message: `${name} and ${image} have no link that is shown` })
      yield* json
        ? Output.printJson({ repository: name, image, registry, removed })
        : Output.printLines([`${name} and ${image} are no longer linked`])
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Takes a link away by hand, whatever speaks for it. No run brings it back; links add does.",
        [["image-census links remove acme/fork acme/app", "a copy that claims the original's image"]]
      ))
    )

/** `links`. */
export const links = (layers: CommandLayers) =>
  Command.make("links").pipe(
    Command.withDescription("Which repository publishes which image, and why that is believed."),
    Command.withSubcommands([list(layers), explain(layers), add(layers), remove(layers)])
  )
