/**
 * `catalog`: which images it has, and what people say of them. Its other commands stand beside.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import type { Visibility, Words } from "../../domain/CatalogImage.js"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import { Settings } from "../settings/Settings.js"
import { imageArgument, imageArguments, namesOf, taggedOf } from "./catalogOptions.js"
import { exportTags, list, show } from "./catalogRead.js"
import { official, sync } from "./catalogSync.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"
import { grouped } from "./text.js"

const someNames = Effect.fnUntraced(function*(texts: ReadonlyArray<string>) {
  if (texts.length === 0) {
    return yield* new UsageError({ message: "say which images, such as nginx or ghcr.io/owner/name" })
  }
  return yield* namesOf(texts)
})

const add = (layers: CommandLayers) =>
  Command.make("add", { images: imageArguments, json: Output.json }, ({ images, json }) =>
    Effect.gen(function*() {
      const names = yield* someNames(images)
      const { catalog: { newAs } } = yield* Settings
      const catalog = yield* ImageCatalog
      const { added, known } = yield* catalog.add(names, newAs)
      yield* json
        ? Output.printJson({ added, known })
        : Output.printLines([`${grouped(added)} added, ${grouped(known)} known already`])
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described("Takes images of any registry into the catalog; the next sync looks at them.", [
        ["image-census catalog add nginx grafana/grafana ghcr.io/owner/name", "three images"]
      ]))
    )

const remove = (layers: CommandLayers) =>
  Command.make("remove", { images: imageArguments, json: Output.json }, ({ images, json }) =>
    Effect.gen(function*() {
      const names = yield* someNames(images)
      const catalog = yield* ImageCatalog
      const { removed, unknown } = yield* catalog.remove(names)
      yield* json
        ? Output.printJson({ removed, unknown })
        : Output.printLines([`${grouped(removed)} removed, ${grouped(unknown.length)} not in the catalog`])
      if (removed === 0) return yield* new Failure({ message: `not in the catalog: ${unknown.join(", ")}` })
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Takes images out of the catalog, with their tags. No list brings them back; catalog add does. What people said " +
          "of them is kept.",
        [["image-census catalog remove nginx", "one image"]]
      ))
    )

const clearable = ["title", "notes", "labels", "publisher", "licence", "visibility"] as const

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const wordOptions = {
  title: text("title", "What to call it."),
  notes: text("notes", "Anything worth knowing."),
  label: Options.text("label").pipe(
    Options.withDescription("A label; several replace those before."),
    Options.repeated
  ),
  publisher: text("publisher", "Who stands behind it."),
  licence: Options.text("licence").pipe(
    Options.withAlias("license"),
    Options.withDescription("Its licence, as SPDX writes it."),
    Options.optional
  ),
  publish: Options.boolean("publish").pipe(Options.withDescription("Show it.")),
  draft: Options.boolean("draft").pipe(Options.withDescription("Do not show it yet.")),
  hide: Options.boolean("hide").pipe(Options.withDescription("Do not show it any more.")),
  clear: Options.choice("clear", clearable).pipe(
    Options.withDescription("Take back what was said."),
    Options.repeated
  )
}

const changeOf = (said: {
  readonly title: Option.Option<string>
  readonly notes: Option.Option<string>
  readonly label: ReadonlyArray<string>
  readonly publisher: Option.Option<string>
  readonly licence: Option.Option<string>
  readonly visibility: Option.Option<Visibility>
  readonly clear: ReadonlyArray<(typeof clearable)[number]>
}) => {
  const kept = <A>(field: (typeof clearable)[number], now: Option.Option<A>, before: Option.Option<A>) =>
    said.clear.includes(field) ? Option.none() : Option.orElse(now, () => before)
  return (words: Words): Words => ({
    title: kept("title", said.title, words.title),
    notes: kept("notes", said.notes, words.notes),
    labels: said.clear.includes("labels") ? [] : said.label.length > 0 ? [...new Set(said.label)] : words.labels,
    publisher: kept("publisher", said.publisher, words.publisher),
    licence: kept("licence", said.licence, words.licence),
    visibility: kept("visibility", said.visibility, words.visibility)
  })
}

const edit = (layers: CommandLayers) =>
  Command.make(
    "edit",
    { image: imageArgument, ...wordOptions },
    ({ draft, hide, image, publish, ...said }) =>
      Effect.gen(function*() {
        const { name, tag } = yield* taggedOf(image)
        const visibility: ReadonlyArray<Visibility> = [
          ...(publish ? ["published" as const] : []),
          ...(draft ? ["draft" as const] : []),
          ...(hide ? ["hidden" as const] : [])
        ]
        if (visibility.length > 1) {
          return yield* new UsageError({ message: "give one of --publish, --draft and --hide" })
        }
        const nothing = visibility.length + said.label.length + said.clear.length === 0 &&
          [said.title, said.notes, said.publisher, said.licence].every(Option.isNone)
        if (nothing) return yield* new UsageError({ message: "say what to change, such as --title TEXT or --hide" })
        const catalog = yield* ImageCatalog
        const change = changeOf({ ...said, visibility: Option.fromNullable(visibility[0]) })
        if (yield* catalog.say(name, tag, change)) return
        return yield* new Failure({
          message: Option.match(tag, {
            onNone: () => `${name.image} is not in the catalog; image-census catalog add ${name.image} takes it in`,
            onSome: (tag) => `the catalog has no tag ${tag} of ${name.image}`
          })
        })
      }).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Says something of an image, or of one of its tags. No sync ever changes what people said.",
      [
        ["image-census catalog edit nginx --title \"Web server\" --label web --label edge", "a title and two labels"],
        ["image-census catalog edit nginx:1.27 --notes \"in production\"", "a word about one tag"],
        ["image-census catalog edit org/name --hide", "off the lists"]
      ]
    ))
  )

/** `catalog`. */
export const catalog = (layers: CommandLayers) =>
  Command.make("catalog").pipe(
    Command.withDescription("Images, what they are, which tags they have, and on which platforms."),
    Command.withSubcommands([
      sync(layers),
      list(layers),
      show(layers),
      add(layers),
      remove(layers),
      edit(layers),
      exportTags(layers),
      official(layers)
    ])
  )
