import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Ref, TestClock } from "effect"
import { layer } from "../../../src/layers/budgets/RateBudgetsMemory.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"

const hub = { service: "dockerhub", payer: "here" }
const other = { service: "github", payer: "token:1" }

const isDone = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) =>
  Effect.map(Fiber.status(fiber), (status) => status._tag === "Done")

describe("RateBudgetsMemory", () => {
  it.effect("holds callers at the gate until the park ends, lengthened parks included", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* budgets.park(hub, 10_000, "429")
      const waiting = yield* Effect.fork(budgets.gate(hub))
      yield* budgets.gate(other)
      yield* TestClock.adjust("9 seconds")
      yield* budgets.park(hub, 20_000, "429 again")
      yield* TestClock.adjust("10 seconds")
      assert.isFalse(yield* isDone(waiting))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(waiting)
    }).pipe(Effect.provide(layer)))

  it.effect("never shortens a park, and forgets one that has passed", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* budgets.park(hub, 10_000, "long")
      yield* budgets.park(hub, 5_000, "short")
      assert.strictEqual(yield* budgets.parkedUntil(hub), 10_000)
      assert.deepInclude((yield* budgets.snapshot)[0], { parkedUntil: 10_000, parkReason: "long" })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* budgets.parkedUntil(hub), 0)
      yield* budgets.park(hub, 12_000, "next")
      assert.strictEqual(yield* budgets.parkedUntil(hub), 12_000)
    }).pipe(Effect.provide(layer)))

  it.effect("can be interrupted at the gate", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* budgets.park(hub, 3_600_000, "429")
      const waiting = yield* Effect.fork(budgets.gate(hub))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
    }).pipe(Effect.provide(layer)))

  it.effect("gives one turn at a time per budget, and gives it back after failure and interruption", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      const running = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      const work = Effect.acquireUseRelease(
        Effect.tap(Ref.updateAndGet(running, (n) => n + 1), (n) => Ref.update(most, (m) => Math.max(m, n))),
        () => Effect.zipRight(Effect.sleep("1 second"), Effect.fail("broken")),
        () => Ref.update(running, (n) => n - 1)
      )
      const all = yield* Effect.fork(
        Effect.all(Array.from({ length: 20 }, () => Effect.exit(budgets.turn(hub)(work))), { concurrency: "unbounded" })
      )
      const begun = yield* Deferred.make<void>()
      const stuck = yield* Effect.fork(
        budgets.turn(other)(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      )
      yield* Deferred.await(begun)
      yield* TestClock.adjust("20 seconds")
      const exits = yield* Fiber.join(all)
      assert.isTrue(exits.every((exit) => Exit.isFailure(exit)))
      assert.strictEqual(yield* Ref.get(most), 1)
      yield* Fiber.interrupt(stuck)
      assert.strictEqual(yield* budgets.turn(other)(Effect.succeed("free")), "free")
    }).pipe(Effect.provide(layer)))

  it.effect("gives turns in the order in which they were asked for, also beside one who comes back at once", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      const order: Array<string> = []
      const take = (who: string) =>
        budgets.turn(hub)(Effect.zipRight(Effect.yieldNow(), Effect.sync(() => order.push(who))))
      const busy = yield* Effect.fork(Effect.repeatN(take("busy"), 99))
      const others = yield* Effect.forkAll(["a", "b", "c"].map(take))
      yield* Fiber.join(others)
      assert.deepStrictEqual(order.slice(0, 5), ["busy", "a", "b", "c", "busy"])
      yield* Fiber.join(busy)
      assert.lengthOf(order, 103)
    }).pipe(Effect.provide(layer)))

  it.effect("keeps what was said and counts what was sent", () =>
    Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* budgets.observe(hub, { limit: 180, remaining: 5, resetsAt: 60_000 })
      yield* budgets.observe(hub, { remaining: 4 })
      yield* budgets.spend(hub, 1, 1)
      yield* budgets.spend(hub, 2, 3)
      assert.deepStrictEqual(yield* budgets.snapshot, [{
        key: hub,
        limit: 180,
        remaining: 4,
        resetsAt: 60_000,
        parkedUntil: undefined,
        parkReason: undefined,
        requests: 3,
        points: 4,
        observedAt: 0
      }])
    }).pipe(Effect.provide(layer)))
})
