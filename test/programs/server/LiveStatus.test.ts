import { assert, it } from "@effect/vitest"
import { Array, Cause, Duration, Effect, Exit, Fiber, Layer, Option, TestClock } from "effect"
import { Transient } from "../../../src/domain/Errors.js"
import { dayOf } from "../../../src/domain/UtcDay.js"
import * as LiveStatus from "../../../src/programs/server/live/LiveStatus.js"
import { ProcessBoard } from "../../../src/services/ProcessBoard.js"
import { RepoDockerStore, type StoreStatus } from "../../../src/services/RepoDockerStore.js"

const rows: StoreStatus = {
  repositories: 7,
  images: 0,
  gone: 0,
  snapshots: 0,
  backlog: 0,
  repositoriesDue: 0,
  imagesDue: 0,
  deferred: 0,
  leased: 0,
  oldestDue: Option.none(),
  lastCompleteDay: Option.none(),
  today: { day: dayOf(0), images: 0, done: 0 },
  defects: { rows: 0, newest: [] }
}

/** A status whose rows are counted so, and whose budgets are read so. */
const over = (
  status: RepoDockerStore["Type"]["status"],
  budgets: ProcessBoard["Type"]["budgets"] = Effect.succeed([])
) =>
  LiveStatus.make({ discovery: Duration.days(14), refresh: Duration.days(1) }).pipe(Effect.provide(Layer.mergeAll(
    Layer.mock(RepoDockerStore, { status }),
    Layer.mock(ProcessBoard, { running: Effect.succeed([]), budgets })
  )))

/** What waits for a connection that says nothing any more; interrupting it takes as long. */
const silent = Effect.uninterruptible(Effect.never)
const isTimeout = (exit: Exit.Exit<unknown, { readonly reason?: string }>) =>
  Exit.match(exit, {
    onSuccess: () => false,
    onFailure: (cause) => Option.exists(Cause.failureOption(cause), ({ reason }) => reason === "timeout")
  })

/** Whoever asks, and how long they wait. */
const asking = (status: LiveStatus.LiveStatus["Type"], patience: Duration.DurationInput) =>
  Effect.gen(function*() {
    const asked = yield* Effect.fork(Effect.exit(Effect.timeout(status.current, patience)))
    yield* TestClock.adjust(patience)
    return yield* Fiber.join(asked)
  })

it.scoped("counts rows to the end for the first time, however often somebody gives up waiting for them", () =>
  Effect.gen(function*() {
    let counts = 0
    const status = yield* over(() => Effect.as(Effect.delay(Effect.sync(() => (counts += 1)), "10 seconds"), rows))
    assert.isTrue(Exit.isFailure(yield* asking(status, "4 seconds")))
    assert.isTrue(Exit.isFailure(yield* asking(status, "4 seconds")))
    const known = yield* asking(status, "4 seconds")
    assert.isTrue(Exit.isSuccess(known) && known.value.rows.repositories === 7)
    assert.strictEqual(counts, 1)
  }))

it.scoped("counts anew after that has failed", () =>
  Effect.gen(function*() {
    let counts = 0
    const lost = new Transient({ service: "database", reason: "network", message: "lost" })
    const status = yield* over(() =>
      Effect.suspend(() => (counts += 1) === 1 ? Effect.fail(lost) : Effect.succeed(rows))
    )
    assert.deepStrictEqual(yield* asking(status, "1 second"), Exit.fail(lost))
    assert.isTrue(Exit.isSuccess(yield* asking(status, "1 second")))
  }))

it.scoped("is not held up by a connection that says nothing any more", () =>
  Effect.gen(function*() {
    let asked = 0
    const status = yield* over(
      () => Effect.succeed(rows),
      Effect.suspend(() => (asked += 1) === 1 ? silent : Effect.succeed([]))
    )
    const first = yield* Effect.fork(Effect.exit(status.current))
    const second = yield* Effect.fork(Effect.delay(Effect.exit(status.current), "1 second"))
    yield* TestClock.adjust("8 seconds")
    // Who came meanwhile has waited for the same.
    assert.deepStrictEqual(yield* Effect.map(Fiber.join(Fiber.zip(first, second)), Array.map(isTimeout)), [true, true])
    assert.isTrue(Exit.isSuccess(yield* asking(status, "1 second")))
  }))

it.scoped("counts anew when a count was never heard of again", () =>
  Effect.gen(function*() {
    let counts = 0
    const status = yield* over(() => Effect.suspend(() => (counts += 1) === 1 ? silent : Effect.succeed(rows)))
    const asked = yield* Effect.fork(Effect.exit(status.current))
    yield* TestClock.adjust("8 seconds")
    assert.isTrue(isTimeout(yield* Fiber.join(asked)))
    yield* TestClock.adjust("5 minutes")
    assert.isTrue(Exit.isSuccess(yield* asking(status, "1 second")))
    assert.strictEqual(counts, 2)
  }))
