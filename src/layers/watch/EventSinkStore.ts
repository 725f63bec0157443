/**
 * `EventSink` on the outbox.
 */
import { Chunk, Duration, Effect, Layer, Option, Stream } from "effect"
import { EventSink } from "../../services/EventSink.js"
import { WatchStore } from "../../services/WatchStore.js"

export interface EventSinkOptions {
  /** How often the store is asked for new events. Default a second. */
  readonly every?: Duration.Duration
}

const pageSize = 200

/** A sink on the store in context. */
export const make = (options: EventSinkOptions = {}) =>
  Effect.map(WatchStore, (store) => {
    const every = options.every ?? Duration.seconds(1)

    const newest = Effect.map(store.events({ limit: 1, newestFirst: true }), ([last]) => last?.event.sequence ?? 0)

    // Waits only where the last page was not full: then there is nothing more for now.
    const behind = (from: number) =>
      Stream.paginateChunkEffect({ from, wait: false }, ({ from, wait }) =>
        Effect.sleep(wait ? every : Duration.zero).pipe(
          Effect.zipRight(store.events({ limit: pageSize, from })),
          Effect.map((page) => {
            const last = page.at(-1)?.event.sequence ?? from
            const events = Chunk.map(Chunk.fromIterable(page), ({ event }) =>
              event)
            return [events, Option.some({ from: last, wait: page.length < pageSize })] as const
          })
        ))

    return EventSink.of({
      events: (from) =>
        Stream.unwrap(
          Effect.map(
            Option.match(from, {
              onNone: () =>
                newest,
              onSome: Effect.succeed
            }),
            behind
          )
        )
    })
  })

/** The sink as a layer. */
export const layer = (options: EventSinkOptions = {}): Layer.Layer<EventSink, never, WatchStore> =>
  Layer.effect(EventSink, make(options))
