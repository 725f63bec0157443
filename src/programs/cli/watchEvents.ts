/**
 * `watch events` and `watch retry`: what happened, and what became of it.
 */
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Effect, Option, Stream } from "effect"
import { canonical } from "../../domain/ImageReference.js"
import { type EventQuery, type StoredEvent, WatchStore } from "../../services/WatchStore.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Failure, UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withSettings } from "./run.js"
import { counted } from "./text.js"
import { eventColumns, eventRecord, eventRow } from "./watchText.js"

const pageSize = 200

const pages = (query: Omit<EventQuery, "limit" | "from">, limit: number) =>
  Stream.unwrap(
    Effect.map(WatchStore, (store) =>
      Stream.paginateChunkEffect<
        number | undefined,
        StoredEvent,
        Effect.Effect.Error<ReturnType<typeof store.events>>,
        never
      >(
        undefined,
        (from) =>
          Effect.map(store.events({ ...query, limit: pageSize, from }), (page) => {
            const last = page.at(-1)
            const next = last === undefined || page.length < pageSize ? Option.none() : Option.some(last.event.sequence)
            return [Chunk.fromIterable(page), next] as const
          })
      ).pipe(Stream.take(limit)))
  )

/** `watch events`. */
export const events = (layers: CommandLayers) =>
  Command.make("events", {
    reference: Options.text("reference").pipe(
      Options.withDescription("Only events of this reference."),
      Options.optional
    ),
    status: Options.choice("status", ["pending", "delivered", "dead", "kept"]).pipe(
      Options.withDescription("Only these: to be delivered, delivered, set aside, or without any action."),
      Options.optional
    ),
    limit: Options.integer("limit").pipe(
      Options.withDescription("At most so many. Default 100."),
      Options.withDefault(100)
    ),
    json: Output.json
  }, ({ json, limit, reference, status }) =>
    Effect.gen(function*() {
      if (limit < 1) return yield* new UsageError({ message: "--limit has to be at least 1" })
      const wanted = yield* Effect.transposeMapOption(reference, References.referenceOf)
      const isWanted = ({ event }: StoredEvent) =>
        Option.match(wanted, { onNone: () => true, onSome: (one) => canonical(one) === canonical(event.reference) })
      const query = { newestFirst: true, status: Option.getOrUndefined(status) }
      const found = Option.isNone(wanted)
        ? pages(query, limit)
        : Stream.take(Stream.filter(pages(query, Number.MAX_SAFE_INTEGER), isWanted), limit)
      if (json) return yield* Output.printJsonArray(Stream.map(found, eventRecord))
      const count = yield* Output.printTable(eventColumns, Stream.map(found, eventRow))
      if (count === 0) yield* Output.tell("no events")
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described("Lists events, the newest first, with what became of their deliveries.", [
        ["image-census watch events", "the last hundred"],
        ["image-census watch events --status dead --json", "what failed too often, with what was printed"]
      ]))
    )

/** `watch retry`. */
export const retry = (layers: CommandLayers) =>
  Command.make("retry", {
    ids: Args.text({ name: "id" }).pipe(Args.withDescription("Events that were set aside."), Args.repeated),
    all: Options.boolean("all").pipe(Options.withDescription("Every event that was set aside.")),
    json: Output.json
  }, ({ all, ids, json }) =>
    Effect.gen(function*() {
      const store = yield* WatchStore
      if (all === ids.length > 0) {
        return yield* new UsageError({ message: "say which events, or --all for every one that was set aside" })
      }
      const retried = yield* Effect.forEach(
        all ? [Option.none<string>()] : ids.map(Option.some),
        (id) =>
          Effect.filterOrFail(
            store.retry(id),
            (count) => count > 0 || Option.isNone(id),
            () =>
              new Failure({
                message: `no event ${
                  Option.getOrElse(id, () => "")
                } was set aside; image-census watch events --status dead ` +
                  "lists those that were"
              })
          )
      )
      const deliveries = retried.reduce((sum, count) => sum + count, 0)
      yield* json
        ? Output.printJson({ retried: deliveries })
        : Output.printLines([`${counted(deliveries, "delivery", "deliveries")} will be tried again`])
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Tries deliveries again that failed too often and were set aside. The daemon or watch run makes the attempts.",
        [
          ["image-census watch retry --all", "all of them"],
          ["image-census watch retry 0f9b2a0e-…", "those of one event"]
        ]
      ))
    )
