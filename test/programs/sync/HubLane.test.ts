import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, DateTime, Duration, Effect, Exit, Fiber, Layer, Option, Ref, Stream, TestClock } from "effect"
import { Auth, type CensusError, NotFound, RateLimit, Transient } from "../../../src/domain/Errors.js"
import type { ImageFacts } from "../../../src/domain/Finding.js"
import * as HubLane from "../../../src/programs/sync/HubLane.js"
import * as SyncProgress from "../../../src/programs/sync/SyncProgress.js"
import { DockerHubRegistry, type NamespacePage } from "../../../src/services/DockerHubRegistry.js"

const facts = (image: string): ImageFacts => ({ image, pulls: 7n, stars: 1, lastUpdated: Option.none() })
const broken = new Transient({ service: "dockerhub", reason: "server", message: "503" })
const unknown = (what: string) => new NotFound({ service: "dockerhub", what })

interface Fake {
  readonly repository: (image: string, call: number) => Effect.Effect<ImageFacts, CensusError>
  readonly namespace?: (namespace: string) => ReadonlyArray<NamespacePage>
}

/** Runs a story against a lane over a scripted Hub; tells what was asked, in order. */
const withLane = <A, E>(
  fake: Fake,
  story: (lane: HubLane.HubLane, calls: Ref.Ref<ReadonlyArray<string>>) => Effect.Effect<A, E>
) =>
  Effect.gen(function*() {
    const calls = yield* Ref.make<ReadonlyArray<string>>([])
    const called = (what: string) => Ref.updateAndGet(calls, (all) => [...all, what])
    const hub = Layer.succeed(DockerHubRegistry, {
      repository: (image) => Effect.flatMap(called(image), (all) => fake.repository(image, all.length)),
      namespace: (namespace) =>
        Stream.fromIterable(fake.namespace?.(namespace) ?? []).pipe(
          Stream.rechunk(1),
          Stream.tap(() => called(`list ${namespace}`))
        )
    })
    return yield* Effect.gen(function*() {
      const lane = yield* HubLane.make()
      return yield* Effect.raceFirst(story(lane, calls), lane.serve)
    }).pipe(Effect.provide(Layer.merge(hub, SyncProgress.layer)))
  })

describe("the lane to the Hub", () => {
  it.effect("dies for the image alone that brought it about, in an answer or in a listing, and serves the others", () =>
    withLane({
      repository: (image) =>
        image === "o/poisoned" ? Effect.die(new TypeError("nobody foresaw this")) : Effect.succeed(facts(image)),
      namespace: () => [{
        count: 3,
        get images(): ReadonlyArray<ImageFacts> {
          throw new TypeError("nobody foresaw this listing")
        },
        complete: true,
        walled: false
      }]
    }, (lane, calls) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.forEach(
          ["o/a", "o/poisoned", "o/b", "p/c"],
          (image) => Effect.exit(lane.ask("discovery", image)),
          { concurrency: "unbounded" }
        ))
        yield* TestClock.adjust("1 hour")
        const exits = yield* Fiber.join(fiber)
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true, true])
        assert.isTrue(exits.some((exit) => Exit.isFailure(exit) && Cause.isDie(exit.cause)))
        assert.deepStrictEqual([...(yield* Ref.get(calls))].sort(), ["list o", "o/a", "o/b", "o/poisoned", "p/c"])
      })))

  it.effect("answers from one listing those who wait for one namespace, and asks alone for what the listing cannot tell", () =>
    withLane({
      repository: (image) => image === "o/far" ? Effect.succeed(facts(image)) : Effect.fail(unknown(image)),
      namespace: () => [{ count: 180, images: [facts("o/a"), facts("o/b")], complete: false, walled: true }]
    }, (lane, calls) =>
      Effect.gen(function*() {
        const answers = yield* Effect.forEach(["o/a", "o/b", "o/far", "o/none"], (image) =>
          lane.ask("discovery", image), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(answers.map(Option.isSome), [true, true, true, false])
        assert.deepStrictEqual(yield* Ref.get(calls), ["list o", "o/far", "o/none"])
      })))

  it.effect("believes a complete listing for discovery, but asks again before a known image is gone", () =>
    withLane({
      repository: (image) => Effect.fail(unknown(image)),
      namespace: () => [{ count: 1, images: [facts("o/a")], complete: true, walled: false }]
    }, (lane, calls) =>
      Effect.gen(function*() {
        const [a, guessed, known] = yield* Effect.all([
          lane.ask("discovery", "o/a"),
          lane.ask("discovery", "o/guessed"),
          lane.ask("refresh", "o/known")
        ], { concurrency: "unbounded" })
        assert.deepStrictEqual([a, guessed, known].map(Option.isSome), [true, false, false])
        assert.deepStrictEqual(yield* Ref.get(calls), ["list o", "o/known"])
      })))

  it.effect("pays once for what discovery asks again within minutes, and anew for a refresh", () =>
    withLane({
      repository: (image) => image === "p/a" ? Effect.succeed(facts(image)) : Effect.fail(unknown(image)),
      namespace: () => [{ count: 2, images: [facts("o/a"), facts("o/b")], complete: true, walled: false }]
    }, (lane, calls) =>
      Effect.gen(function*() {
        const ask = (image: string) => Effect.map(lane.ask("discovery", image), Option.isSome)
        yield* Effect.all([ask("o/a"), ask("o/x")], { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* Effect.forEach(["o/b", "o/y", "p/a", "p/z", "p/a", "p/z"], ask), [
          true,
          false,
          true,
          false,
          true,
          false
        ])
        assert.deepStrictEqual(yield* Ref.get(calls), ["list o", "p/a", "p/z"])
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(Option.isSome(yield* lane.ask("refresh", "p/a")))
        assert.deepStrictEqual(yield* Ref.get(calls), ["list o", "p/a", "p/z", "p/a"])
        yield* TestClock.adjust("10 minutes")
        assert.isTrue(yield* ask("p/a"))
        assert.lengthOf(yield* Ref.get(calls), 5)
      })))

  it.effect("in ten minutes of outage sends one probe per step, and afterwards answers everybody", () =>
    withLane({
      repository: (image) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now < 600_000 ? Effect.fail(broken) : Effect.succeed(facts(image)))
    }, (lane, calls) =>
      Effect.gen(function*() {
        const images = Array.from({ length: 50 }, (_, n) =>
          `o${n}/x`)
        const asking = yield* Effect.fork(
          Effect.forEach(images, (image) => lane.ask("refresh", image), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("10 minutes")
        assert.isAtMost((yield* Ref.get(calls)).length, 11)
        yield* TestClock.adjust("5 minutes")
        const answers = yield* Fiber.join(asking)
        assert.isTrue(answers.every(Option.isSome))
      })))

  it.effect("gives up on an image that fails while others are answered, and on no other", () =>
    withLane({
      repository: (image) => image === "bad/x" ? Effect.fail(broken) : Effect.succeed(facts(image))
    }, (lane, calls) =>
      Effect.gen(function*() {
        const images = ["bad/x", ...Array.from({ length: 30 }, (_, n) => `o${n}/x`)]
        const asking = yield* Effect.fork(
          Effect.forEach(images, (image) => Effect.either(lane.ask("refresh", image)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 hour")
        const answers = yield* Fiber.join(asking)
        assert.strictEqual(answers.filter((answer) => answer._tag === "Left").length, 1)
        assert.isAtMost((yield* Ref.get(calls)).filter((image) => image === "bad/x").length, 12)
      })))

  it.effect("asks again after a rate limit without counting it against anybody", () =>
    withLane({
      repository: (image, call) =>
        call > 40 ? Effect.succeed(facts(image)) : Effect.fail(
          new RateLimit({
            budget: { service: "dockerhub", payer: "here" },
            until: DateTime.unsafeMake(0),
            reason: "429"
          })
        ).pipe(Effect.delay(Duration.minutes(1)))
    }, (lane) =>
      Effect.gen(function*() {
        const asking = yield* Effect.fork(lane.ask("discovery", "o/a"))
        yield* TestClock.adjust("1 hour")
        assert.isTrue(Option.isSome(yield* Fiber.join(asking)))
      })))

  it.effect("puts off an image that is refused; when the Hub refuses everything, tells all who wait, and serves on", () =>
    withLane({
      repository: (image) =>
        image === "o/fine"
          ? Effect.succeed(facts(image))
          : Effect.fail(new Auth({ service: "dockerhub", scope: image === "o/one" ? "one" : "all", message: "403" }))
    }, (lane, calls) =>
      Effect.gen(function*() {
        const one = yield* Effect.flip(lane.ask("discovery", "o/one"))
        assert.strictEqual(one._tag, "AUTH")
        const errors = yield* Effect.all(
          ["p/other", "q/other", "r/other"].map((image) => Effect.flip(lane.ask("discovery", image))),
          { concurrency: "unbounded" }
        )
        for (const error of errors) assert.strictEqual(error._tag === "AUTH" ? error.scope : error._tag, "all")
        assert.lengthOf((yield* Ref.get(calls)).filter((image) => image.endsWith("/other")), 1)
        assert.isTrue(Option.isSome(yield* lane.ask("discovery", "o/fine")))
      })))
})
