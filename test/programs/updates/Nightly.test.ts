import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Either, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../../src/domain/Errors.js"
import * as WatchStoreMemory from "../../../src/layers/memory/WatchStoreMemory.js"
import { lastNight, nightly, resultOf } from "../../../src/programs/updates/Nightly.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { finderOver, makeWorld, ref } from "../../layers/updates/world.js"

const hour = 3_600_000
const day = 24 * hour
const until = DateTime.unsafeMake(9 * hour)
const app = "ghcr.io/acme/app"

const watch = (tag: string, updates = false) => ({
  reference: ref(`${app}:${tag}`),
  platform: Option.none(),
  every: Duration.minutes(5),
  actions: [],
  updates: updates
    ? Option.some({ level: "minor", minAge: Duration.hours(72), between: Option.none() } as const)
    : Option.none()
})

const known = Effect.flatMap(WatchStore, (store) =>
  Stream.runFold(
    store.list(Option.none()),
    {},
    (all: Record<string, unknown>, { updates, watch }) => ({
      ...all,
      [Option.getOrElse(watch.reference.tag, () => "")]: Option.match(updates.newest, {
        onNone: () => Option.getOrNull(updates.problem),
        onSome: ({ firstSeen, tag }) => [tag, firstSeen / hour]
      })
    })
  ))

describe("lastNight", () => {
  it("is today's hour, or yesterday's before it", () => {
    const noon = 100 * day + 12 * hour
    assert.strictEqual(lastNight(noon, 3), 100 * day + 3 * hour)
    assert.strictEqual(lastNight(noon, 12), noon)
    assert.strictEqual(lastNight(noon, 13), 99 * day + 13 * hour)
  })
})

const outcome = (error: CensusError, attempts = 0) => resultOf(Either.left(error), { attempts }, 0, 4 * hour, 3)

const notBefore = (error: CensusError, attempts?: number) => {
  const result = outcome(error, attempts)
  return result._tag === "Deferred" ? result.notBefore / hour : result._tag
}

describe("resultOf", () => {
  it("puts off what has no definite answer, and never calls it up to date", () => {
    const limited = new RateLimit({ budget: { service: "ghcr.io", payer: "anonymous" }, until, reason: "429" })
    const broken = new Transient({ service: "ghcr.io", reason: "server", message: "502" })
    assert.strictEqual(notBefore(limited), 9)
    assert.strictEqual(notBefore(broken), 4 + 5 / 60)
    assert.strictEqual(notBefore(broken, 3), 4 + 40 / 60)
    assert.strictEqual(notBefore(new NotFound({ service: "ghcr.io", what: "it" })), 27)
    assert.strictEqual(notBefore(new Auth({ service: "ghcr.io", message: "refused" })), 27)
  })
})

describe("nightly", () => {
  it.effect("stores the newest of each watch with when it was first seen, which stands while it is the newest", () => {
    const world = makeWorld()
    const publish = (...tags: ReadonlyArray<string>) =>
      Effect.forEach(tags, (tag) => world.publish(`${app}:${tag}`), { discard: true })
    return Effect.gen(function*() {
      const store = yield* WatchStore
      yield* publish("1.2.3", "1.2.4", "2.0.0")
      yield* store.add([watch("1.2.3"), watch("2.0.0"), watch("latest")])
      yield* TestClock.setTime(hour)
      const running = yield* Effect.fork(nightly({ hour: 3, lease: Duration.minutes(10), poll: Duration.hours(1) }))
      yield* TestClock.adjust("1 second")
      // What was never looked at does not wait for the night.
      assert.deepStrictEqual(yield* known, { "1.2.3": ["1.2.4", 1], "2.0.0": null, latest: null })
      const listings = world.counts.listings
      yield* TestClock.adjust("119 minutes")
      assert.strictEqual(world.counts.listings, listings)
      yield* TestClock.adjust("61 minutes")
      assert.isAbove(world.counts.listings, listings)
      assert.deepStrictEqual((yield* known)["1.2.3"], ["1.2.4", 1])
      yield* publish("1.2.5")
      yield* TestClock.adjust("1 day")
      const [, seen] = Object.values(yield* known).flatMap((one) => Array.isArray(one) ? one : [])
      assert.deepStrictEqual((yield* known)["1.2.3"], ["1.2.5", seen])
      assert.strictEqual(Math.floor(Number(seen)), 27)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(Layer.merge(finderOver(world), WatchStoreMemory.layer)))
  })

  it.effect("a new update fires after the cool-off, once, and an outage in between changes nothing", () => {
    const world = makeWorld()
    let down = false
    const registry: typeof world.registry = {
      ...world.registry,
      tags: (repository, options) =>
        down
          ? Stream.fail(new Transient({ service: "ghcr.io", reason: "network", message: "down" }))
          : world.registry.tags(repository, options)
    }
    return Effect.gen(function*() {
      const store = yield* WatchStore
      const told = Effect.map(store.events({ limit: 10 }), (events) => events.map(({ event }) => event.type))
      yield* world.publish(`${app}:1.2.3`)
      yield* world.publish(`${app}:1.2.4`)
      yield* store.add([watch("1.2.3", true)])
      yield* TestClock.setTime(4 * hour)
      const running = yield* Effect.fork(nightly({ hour: 3, lease: Duration.minutes(10), poll: Duration.hours(1) }))
      // What is newer at the first look was there before anybody watched: a first run announces nothing.
      yield* TestClock.adjust("4 days")
      assert.deepStrictEqual((yield* known)["1.2.3"], ["1.2.4", 4])
      assert.deepStrictEqual(yield* told, [])
      yield* world.publish(`${app}:1.2.5`)
      yield* TestClock.adjust("1 day")
      const found = (yield* known)["1.2.3"]
      assert.deepStrictEqual(yield* told, [])
      down = true
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual((yield* known)["1.2.3"], found)
      yield* TestClock.adjust("49 hours")
      assert.deepStrictEqual(yield* told, ["image-census.update.found"])
      down = false
      yield* TestClock.adjust("2 days")
      assert.lengthOf(yield* told, 1)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(Layer.merge(finderOver({ ...world, registry }), WatchStoreMemory.layer)))
  })
})
