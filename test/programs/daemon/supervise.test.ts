import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Fiber, Metric, MetricState, Option, Ref, TestClock } from "effect"
import { Auth, Transient } from "../../../src/domain/Errors.js"
import { waitingJobs } from "../../../src/domain/JobState.js"
import { pauseAfter } from "../../../src/layers/contained.js"
import { supervise } from "../../../src/programs/daemon/supervise.js"
import { ProcessBoard } from "../../../src/services/ProcessBoard.js"

const lost = new Transient({ service: "store", reason: "network", message: "lost" })
const refused = new Auth({ service: "GitHub", message: "refused" })

describe("supervise", () => {
  it.prop("pauses longer and longer, up to five minutes", [fc.integer({ min: 1, max: 5000 })], ([failures]) => {
    const pause = Duration.toMillis(pauseAfter(failures))
    assert.isAtLeast(pause, 1000)
    assert.isAtMost(pause, 300_000)
    assert.isAtLeast(Duration.toMillis(pauseAfter(failures + 1)), pause)
  })

  it.effect("starts a job again that failed, at growing intervals and never in a spin", () =>
    Effect.gen(function*() {
      const starts = yield* Ref.make(0)
      const run = Effect.zipRight(Ref.update(starts, (count) => count + 1), Effect.fail(lost))
      const fiber = yield* Effect.fork(supervise([{ name: "sync", run }]))
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Ref.get(starts), 1)
      yield* TestClock.adjust("1 hour")
      const count = yield* Ref.get(starts)
      assert.isAtLeast(count, 15)
      assert.isAtMost(count, 25)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("starts a job again that died, leaves the others alone, and says so", () =>
    Effect.gen(function*() {
      const starts = yield* Ref.make(0)
      const run = Effect.zipRight(
        Ref.update(starts, (count) => count + 1),
        Effect.die(new TypeError("nobody foresaw this"))
      )
      const reports = yield* Ref.make<unknown>([])
      const board = ProcessBoard.of({
        report: (_, progress) => Ref.set(reports, progress),
        running: Effect.succeed([]),
        budgets: Effect.succeed([])
      })
      const fiber = yield* Effect.fork(
        supervise([{ name: "dies", run }, { name: "lives", run: Effect.never }]).pipe(
          Effect.provideService(ProcessBoard, board)
        )
      )
      yield* TestClock.adjust("1 hour")
      assert.isAtLeast(yield* Ref.get(starts), 15)
      assert.isAtMost(yield* Ref.get(starts), 25)
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      const [waiting, ...others] = waitingJobs({ jobs: yield* Ref.get(reports) })
      assert.deepStrictEqual(others, [])
      assert.deepInclude(waiting, { name: "dies", problem: "internal error: nobody foresaw this" })
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("forgets failures after a good run", () =>
    Effect.gen(function*() {
      const starts = yield* Ref.make<ReadonlyArray<number>>([])
      const run = Effect.gen(function*() {
        const now = yield* TestClock.currentTimeMillis
        yield* Ref.update(starts, (all) => [...all, now])
        const count = (yield* Ref.get(starts)).length
        if (count > 8) yield* Effect.sleep("11 minutes")
        return yield* lost
      })
      const fiber = yield* Effect.fork(supervise([{ name: "sync", run }]))
      yield* TestClock.adjust("1 hour")
      const all = yield* Ref.get(starts)
      const last = all.slice(-2)
      assert.isAbove(all.length, 9)
      assert.isBelow((last[1] ?? 0) - (last[0] ?? 0), Duration.toMillis("11 minutes") + 2000)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("starts a job whose credentials are refused again every five minutes, and the others go on", () =>
    Effect.gen(function*() {
      const starts = yield* Ref.make(0)
      const steady = yield* Ref.make(0)
      const run = Effect.zipRight(Ref.update(starts, (count) => count + 1), Effect.fail(refused))
      const other = Effect.forever(Effect.zipRight(Effect.sleep("1 minute"), Ref.update(steady, (count) => count + 1)))
      const fiber = yield* Effect.fork(supervise([{ name: "other", run: other }, { name: "sync", run }]))
      yield* TestClock.adjust("1 hour")
      const count = yield* Ref.get(starts)
      assert.isAtLeast(count, 10)
      assert.isAtMost(count, 16)
      assert.strictEqual(yield* Ref.get(steady), 60)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("leaves other jobs alone while one fails, and ends when all have ended", () =>
    Effect.gen(function*() {
      const tries = yield* Ref.make(0)
      const flaky = Effect.flatMap(Ref.updateAndGet(tries, (count) => count + 1), (count) =>
        count < 3 ? Effect.fail(lost) : Effect.void)
      const steady = yield* Ref.make(0)
      const job = Effect.zipRight(
        Effect.sleep("1 second"),
        Ref.update(steady, (count) =>
          count + 1)
      )
      const fiber = yield* Effect.fork(supervise([
        { name: "flaky", run: flaky },
        { name: "steady", run: Effect.repeatN(job, 9) }
      ]))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* Ref.get(tries), 3)
      assert.strictEqual(yield* Ref.get(steady), 10)
    }))

  it.effect("shows from the beginning that a job has not failed, and then that it has", () =>
    Effect.gen(function*() {
      const failures = Effect.map(Metric.snapshot, (pairs) =>
        pairs.flatMap(({ metricKey: { name, tags }, metricState }) =>
          name === "image_census_job_failures_total" && tags.some(({ value }) =>
              value === "shown"
            ) &&
            MetricState.isCounterState(metricState)
            ? [metricState.count]
            : []
        ))
      const run = Effect.zipRight(Effect.sleep("1 minute"), Effect.fail(lost))
      const fiber = yield* Effect.fork(supervise([{ name: "shown", run }]))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* failures, [0])
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual(yield* failures, [1])
      yield* Fiber.interrupt(fiber)
    }))
})
