/**
 * `watch`: watched references, their events, and the run that looks and delivers.
 */
import { Command, Options } from "@effect/cli"
import { Clock, Effect, Either, Option, Ref, Stream } from "effect"
import { canonical, familiar } from "../../domain/ImageReference.js"
import { platformText } from "../../domain/Watch.js"
import { WatchStore } from "../../services/WatchStore.js"
import { Settings } from "../settings/Settings.js"
import { watchOptions } from "../watch/fromSettings.js"
import { watch as runWatch } from "../watch/Watch.js"
import { nothingYet, type WatchSummary } from "../watch/WatchOptions.js"
import type { CommandLayers } from "./CommandLayers.js"
import { failingForDefects } from "./defects.js"
import { Failure } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withSettings } from "./run.js"
import { counted, grouped, span } from "./text.js"
import { add, platformOf } from "./watchAdd.js"
import { events, retry } from "./watchEvents.js"
import { watchColumns, watchRecord, watchRow } from "./watchText.js"

const platform = Options.text("platform").pipe(
  Options.withDescription("Only the watch of this platform."),
  Options.optional
)

const selectionOf = (text: string, platform: Option.Option<string>) =>
  Either.gen(function*() {
    const reference = yield* References.storedReferenceOf(text)
    const wanted = yield* platformOf(platform)
    return {
      words: familiar(reference),
      selection: {
        reference: canonical(reference),
        platform: Option.map(wanted, (some) => platformText(Option.some(some)))
      }
    }
  })

const unknown = (words: string) =>
  new Failure({ message: `${words} is not watched; image-census watch list shows what is` })

const list = (layers: CommandLayers) =>
  Command.make("list", { json: Output.json }, ({ json }) =>
    Effect.gen(function*() {
      const store = yield* WatchStore
      const watches = store.list(Option.none())
      if (json) return yield* Output.printJsonArray(Stream.map(watches, watchRecord))
      const count = yield* Output.printTable(watchColumns, Stream.map(watches, watchRow))
      if (count === 0) yield* Output.tell("nothing is watched; image-census watch add adds something")
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described("Lists watched references, what was last seen of them, and what waits.", [
        ["image-census watch list", "all of them"],
        ["image-census watch list --json", "for a program"]
      ]))
    )

const remove = (layers: CommandLayers) =>
  Command.make(
    "remove",
    { reference: References.reference(), platform, json: Output.json },
    ({ json, platform, reference }) =>
      Effect.gen(function*() {
        const store = yield* WatchStore
        const { selection, words } = yield* selectionOf(reference, platform)
        const removed = yield* store.remove(selection)
        if (removed === 0) return yield* unknown(words)
        yield* json ? Output.printJson({ removed }) : Output.printLines([`${grouped(removed)} removed`])
      }).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Watches a reference no longer, and drops what waits for its actions. Its events stay for a while.",
      [["image-census watch remove nginx:1.27", "for every platform"]]
    ))
  )

const fire = (layers: CommandLayers) =>
  Command.make(
    "fire",
    { reference: References.reference(), platform, json: Output.json },
    ({ json, platform, reference }) =>
      Effect.gen(function*() {
        const store = yield* WatchStore
        const { selection, words } = yield* selectionOf(reference, platform)
        const fired = yield* store.fire(selection)
        if (fired.length === 0) return yield* unknown(words)
        yield* json
          ? Output.printJson(fired.map(({ id, sequence, type }) => ({ id, sequence, type })))
          : Output.printLines(fired.map(({ id }) => `event ${id} waits for its actions`))
      }).pipe(Effect.provide(layers.store), withSettings)
  ).pipe(
    Command.withDescription(described(
      "Writes an event for a watched reference by hand, as if it had moved. The daemon or watch run delivers it.",
      [["image-census watch fire nginx:1.27 && image-census watch run --once", "try out an action"]]
    ))
  )

const summaryLines = (summary: WatchSummary, seconds: number): ReadonlyArray<string> => [
  `looked at ${counted(summary.looked, "reference")}: ${grouped(summary.seeded)} seen for the first time, ` +
  `${grouped(summary.moved)} moved, ${grouped(summary.elsewhere)} moved for other platforms, ` +
  `${grouped(summary.unseen)} not to be seen, ${grouped(summary.deferred)} without an answer`,
  `deliveries: ${grouped(summary.delivered)} done, ${grouped(summary.failed)} failed and put off, ` +
  `${grouped(summary.dead)} set aside`,
  `time: ${seconds < 10 ? `${seconds.toFixed(1)} s` : span(seconds * 1000)}`
]

const run = (layers: CommandLayers) =>
  Command.make("run", {
    once: Options.boolean("once").pipe(
      Options.withDescription(
        "Look at every reference once, due or not, deliver what can be delivered now, and end."
      )
    ),
    noJitter: Options.boolean("no-jitter").pipe(
      Options.withDescription("Look exactly when it is time; as WATCH_JITTER_PERCENT=0.")
    ),
    json: Output.json
  }, ({ json, noJitter, once }) =>
    Effect.gen(function*() {
      const settings = yield* Settings
      const done = yield* Ref.make(nothingYet)
      const started = yield* Ref.make(0)
      const tell = Effect.gen(function*() {
        const summary = yield* Ref.get(done)
        const seconds = ((yield* Clock.currentTimeMillis) - (yield* Ref.get(started))) / 1000
        yield* json ? Output.printJson({ ...summary, seconds }) : Output.printLines(summaryLines(summary, seconds))
      })
      // The database and all else is open by then.
      yield* Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.set(started, now)).pipe(
        Effect.zipRight(runWatch(watchOptions(settings, { once, jitter: !noJitter }), done)),
        Effect.zipRight(tell),
        Effect.onInterrupt(() => tell),
        Effect.provide(layers.all),
        failingForDefects
      )
    }).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Looks at watched references when they are due, and delivers what moved. Goes on until it is stopped; the daemon " +
          "does the same beside its other jobs.",
        [
          ["image-census watch run", "until it is stopped"],
          ["image-census watch run --once --json", "one pass, out of a timer"]
        ]
      ))
    )

/** `watch`. */
export const watch = (layers: CommandLayers) =>
  Command.make("watch").pipe(
    Command.withDescription("Tags that are watched, and what is done when they move."),
    Command.withSubcommands([
      add(layers),
      list(layers),
      remove(layers),
      fire(layers),
      run(layers),
      events(layers),
      retry(layers)
    ])
  )
