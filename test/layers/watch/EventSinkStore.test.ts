import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Option, Stream, TestClock } from "effect"
import * as WatchStoreMemory from "../../../src/layers/memory/WatchStoreMemory.js"
import * as EventSinkStore from "../../../src/layers/watch/EventSinkStore.js"
import { EventSink } from "../../../src/services/EventSink.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { selection, watchOf } from "../../support/watches.js"

const store = WatchStoreMemory.make("test")

it.effect("events come from where the reader left off, and then as they are written", () =>
  Effect.gen(function*() {
    const { events } = yield* EventSink
    const fire = Effect.map(store.fire(selection("nginx")), ([event]) => event?.sequence ?? 0)
    yield* store.add([watchOf("nginx", { actions: [] })])
    const old = yield* Effect.replicateEffect(fire, 450)
    const sequences = (from: Option.Option<number>, count: number) =>
      events(from).pipe(
        Stream.take(count),
        Stream.map(({ sequence }) => sequence),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.fork
      )
    const resumed = yield* sequences(Option.some(10), 442)
    const live = yield* sequences(Option.none(), 2)
    yield* TestClock.adjust("2 seconds")
    const fresh = yield* Effect.replicateEffect(fire, 2)
    yield* TestClock.adjust("2 seconds")
    assert.deepStrictEqual(yield* Fiber.join(resumed), [...old.slice(10), ...fresh])
    assert.deepStrictEqual(yield* Fiber.join(live), fresh)
  }).pipe(Effect.provide(EventSinkStore.layer()), Effect.provideService(WatchStore, store)))
