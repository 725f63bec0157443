import { assert, describe, it } from "@effect/vitest"
import { Chunk, Duration, Effect, Fiber, Option, Stream, TestClock } from "effect"
import { NotFound } from "../../../src/domain/Errors.js"
import { amd64, watchOf, webhook } from "../../support/watches.js"
import { asksToWait, down, makeWatching, refused, taken } from "../../support/watching.js"

const start = Date.parse("2026-11-21T12:00:00Z")
const minute = 60_000

const stored = (world: ReturnType<typeof makeWatching>) =>
  Effect.map(Stream.runCollect(world.store.list(Option.none())), Chunk.toReadonlyArray)

const inOrder = (sequences: ReadonlyArray<number>) =>
  sequences.every((value, index) => index === 0 || value >= (sequences[index - 1] ?? 0))

describe("watching", () => {
  it.effect("fires nothing on the first run over 500 references, with a HEAD for each", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      const names = Array.from({ length: 500 }, (_, index) => `registry-${index % 5}.example.org/o/n${index}:1`)
      names.forEach((name) => world.point(name, 1))
      yield* world.store.add(names.map((name) => watchOf(name)))
      const summary = yield* world.run({ once: true })
      assert.deepInclude(summary, { looked: 500, seeded: 500, moved: 0, delivered: 0 })
      assert.deepInclude(world.requests, { head: 500, get: 0 })
      assert.deepStrictEqual(world.received, [])
    }))

  it.effect("tells what moved while nothing ran, at the next start", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      world.point("nginx", 1)
      yield* world.store.add([watchOf("nginx")])
      yield* world.run({ once: true })
      world.point("nginx", 2)
      yield* TestClock.adjust("3 days")
      const summary = yield* world.run({ once: true }, "another process")
      assert.deepInclude(summary, { moved: 1, delivered: 1 })
      assert.deepStrictEqual(world.received.map(({ reference }) => reference), ["docker.io/library/nginx:latest"])
    }))

  it.effect("fires nothing for a platform when another one or an attestation moved", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      world.point("nginx", 1)
      yield* world.store.add([watchOf("nginx", { platform: amd64 }), watchOf("nginx", { actions: [] })])
      yield* world.run({ once: true })
      assert.deepInclude(world.requests, { head: 1, get: 1 })
      world.point("nginx", 1, 2)
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* world.run({ once: true }), { moved: 1, elsewhere: 1, delivered: 0 })
      // Attestations alone are a move for nobody.
      world.point("nginx", 1, 2, 7)
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* world.run({ once: true }), { moved: 0, elsewhere: 2, delivered: 0 })
      const { amd64: digest } = world.point("nginx", 2, 2, 7)
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* world.run({ once: true }), { moved: 2, delivered: 1 })
      const [first] = world.received
      assert.deepStrictEqual(first?.event.detail._tag === "Moved" ? first.event.detail.to : undefined, digest)
      // Both watches of the tag shared each HEAD. For the platform, the manifest of each of its four contents was read;
      // without one, those before and after each of three moves (by digest, so a client with a cache asks for each once).
      assert.deepInclude(world.requests, { head: 4, get: 4 + 6 })
    }))

  it.effect("shows what the registry does not know, and takes it for no move", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      world.point("nginx", 1)
      yield* world.store.add([watchOf("nginx")])
      yield* world.run({ once: true })
      world.failures.set("docker.io", Effect.fail(new NotFound({ service: "docker.io", what: "nginx" })))
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* world.run({ once: true }), { unseen: 1, moved: 0 })
      assert.deepStrictEqual((yield* stored(world))[0]?.state.outcome, Option.some("not-found"))
      world.failures.clear()
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* world.run({ once: true }), { moved: 0 })
    }))

  it.effect("lets a registry that asks to wait delay its own references alone", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      const limited = Array.from({ length: 20 }, (_, index) => `slow.example.org/o/n${index}:1`)
      const others = Array.from({ length: 20 }, (_, index) => `quick.example.org/o/n${index}:1`)
      for (const name of [...limited, ...others]) world.point(name, 1)
      yield* world.store.add([...limited, ...others].map((name) => watchOf(name)))
      world.failures.set("slow.example.org", asksToWait("slow.example.org", start + 30 * minute))
      const running = yield* Effect.fork(world.run())
      yield* TestClock.adjust("29 minutes")
      // Those under way together when it asked; nobody after that.
      assert.isAtMost(world.requests.byRegistry.get("slow.example.org") ?? 0, 20)
      assert.strictEqual(world.requests.byRegistry.get("quick.example.org"), 6 * 20)
      const asked = world.requests.byRegistry.get("slow.example.org") ?? 0
      world.failures.clear()
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(world.requests.byRegistry.get("slow.example.org"), asked + 20)
      yield* Fiber.interrupt(running)
    }))

  it.effect("lets a reference that fails hold up no other, and asks it later and later", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      world.point("nginx", 1)
      world.point("redis", 1)
      yield* world.store.add([watchOf("nginx"), watchOf("redis")])
      world.failures.set("docker.io/library/nginx:latest", down("docker.io"))
      const running = yield* Effect.fork(world.run())
      yield* TestClock.adjust("60 minutes")
      // Redis every five minutes; nginx after 30 s, 1, 2, 4, 8, 16 and 32 minutes.
      assert.strictEqual(world.requests.head, 13 + 7)
      const [nginx] = yield* stored(world)
      assert.strictEqual(nginx?.state.attempts, 7)
      assert.deepStrictEqual(nginx?.state.digest, Option.none())
      yield* Fiber.interrupt(running)
    }))

  it.effect("delivers again after failures, in order, and handles a move only when its action has worked", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      world.point("nginx", 1)
      yield* world.store.add([watchOf("nginx", { every: Duration.minutes(1) })])
      world.behaviour.deliver = () => Effect.succeed(refused)
      const running = yield* Effect.fork(world.run({ attempts: 100 }))
      yield* TestClock.adjust("1 second")
      for (const version of [2, 3, 4]) {
        world.point("nginx", version)
        yield* TestClock.adjust("1 minute")
      }
      yield* TestClock.adjust("10 seconds")
      const failed = world.received.length
      assert.isAbove(failed, 3)
      assert.strictEqual(new Set(world.received.map(({ id }) => id)).size, 1)
      world.behaviour.deliver = () => Effect.succeed(taken)
      yield* TestClock.adjust("10 minutes")
      const sequences = world.received.map(({ event }) => event.sequence)
      assert.strictEqual(new Set(sequences).size, 3)
      assert.isTrue(inOrder(sequences))
      assert.strictEqual(world.received.length, failed + 3)
      assert.deepStrictEqual(yield* world.store.events({ limit: 9, status: "pending" }), [])
      yield* Fiber.interrupt(running)
    }))

  it.effect("waits as long as a receiver asks for, and sets aside what fails too often", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      yield* world.store.add([watchOf("nginx")])
      yield* world.store.fire({ reference: "docker.io/library/nginx:latest", platform: Option.none() })
      world.behaviour.deliver = () => Effect.succeed({ ...refused, retryAt: Option.some(start + 20 * minute) })
      const running = yield* Effect.fork(world.run({ attempts: 3 }))
      yield* TestClock.adjust("19 minutes")
      assert.strictEqual(world.received.length, 1)
      yield* TestClock.adjust("61 minutes")
      assert.strictEqual(world.received.length, 3)
      assert.strictEqual((yield* world.store.events({ limit: 9 }))[0]?.status, "dead")
      yield* world.store.retry(Option.none())
      world.behaviour.deliver = () => Effect.succeed(taken)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* world.store.events({ limit: 9 }))[0]?.status, "delivered")
      assert.strictEqual(new Set(world.received.map(({ id }) => id)).size, 1)
      yield* Fiber.interrupt(running)
    }))

  it.effect("lets an action that hangs hold up its own reference alone, and gives it back when stopped", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      yield* world.store.add([watchOf("nginx"), watchOf("redis", { actions: [webhook("https://example.org/two")] })])
      world.behaviour.deliver = (event) =>
        event.reference.repository === "library/nginx" ? Effect.never : Effect.succeed(taken)
      for (const name of ["nginx", "nginx", "redis", "redis"]) {
        yield* world.store.fire({ reference: `docker.io/library/${name}:latest`, platform: Option.none() })
      }
      const running = yield* Effect.fork(world.run({ concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(world.received.map(({ reference }) => reference.slice(18)), [
        "nginx:latest",
        "redis:latest",
        "redis:latest"
      ])
      yield* Fiber.interrupt(running)
      world.behaviour.deliver = () => Effect.succeed(taken)
      assert.deepInclude(yield* world.run({ once: true }, "another process"), { delivered: 2, failed: 0 })
    }))

  it.effect("strays from its interval by the jitter, and not at all without", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = makeWatching()
      const names = Array.from({ length: 100 }, (_, index) => `ghcr.io/o/n${index}:1`)
      names.forEach((name) => world.point(name, 1))
      yield* world.store.add(names.map((name) => watchOf(name)))
      yield* world.run({ once: true, jitter: 0.1 })
      const dues = (yield* stored(world)).map(({ state }) => state.dueAt - start)
      assert.isTrue(dues.every((due) => due >= 4.5 * minute && due <= 5.5 * minute))
      assert.isAbove(new Set(dues).size, 90)
      yield* TestClock.adjust("10 minutes")
      yield* world.run({ once: true })
      assert.deepStrictEqual([...new Set((yield* stored(world)).map(({ state }) => state.dueAt))], [
        start + 15 * minute
      ])
    }))
})
