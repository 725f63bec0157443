/**
 * The live status for many: who is slow skips to the latest, who is stuck is let go, and who leaves is forgotten.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Option, Scope, TestClock } from "effect"
import { Readable } from "node:stream"
import { Transient, type TransientReason } from "../../../src/domain/Errors.js"
import { dayOf } from "../../../src/domain/UtcDay.js"
import { LiveStatus, type StatusValue } from "../../../src/programs/server/live/LiveStatus.js"
import * as LiveStream from "../../../src/programs/server/live/LiveStream.js"

const status = (now: number): StatusValue => ({
  now,
  countedAt: now,
  backlog: now,
  due: { repositories: 0, images: 0 },
  oldestDue: Option.none(),
  deferred: 0,
  leased: 0,
  lastCompleteDay: Option.none(),
  today: { day: dayOf(now), images: 0, done: 0 },
  rows: { repositories: 0, images: 0, gone: 0, snapshots: 0 },
  defects: { rows: 0, newest: [] },
  waitingJobs: [],
  parks: [],
  budgets: [],
  processes: []
})

/** A stream of a status that is another one every second. */
const running = Effect.gen(function*() {
  const looks = { count: 0 }
  const live = yield* LiveStream.make().pipe(Effect.provideService(LiveStatus, {
    current: Effect.sync(() => status(looks.count += 1))
  }))
  return { live, looks }
})

/** Somebody who watches, within a request of their own. */
const watching = (live: LiveStream.LiveStream) =>
  Effect.gen(function*() {
    const request = yield* Scope.make()
    const { body } = yield* Scope.extend(live.view, request)
    assert.strictEqual(body._tag, "Raw")
    const stream = body._tag === "Raw" && body.body instanceof Readable ? body.body : undefined
    assert.isDefined(stream)
    return { stream, leave: Scope.close(request, Exit.void) }
  })

/** What the frames say that can be read now. */
const readable = (stream: Readable | undefined): ReadonlyArray<number> =>
  Array.from(String(stream?.read() ?? "").matchAll(/"backlog":(\d+)/g), ([, backlog]) => Number(backlog))

it.scoped("skips to the latest for who is slow, and costs nothing while nobody watches", () =>
  Effect.gen(function*() {
    const { live, looks } = yield* running
    yield* TestClock.adjust("5 minutes")
    assert.strictEqual(looks.count, 0)
    const { stream } = yield* watching(live)
    assert.deepStrictEqual(readable(stream), [1])
    yield* TestClock.adjust("20 seconds")
    const kept = [...readable(stream), ...readable(stream)]
    // What was under way to be taken, and the latest: none of the eighteen between them.
    assert.isAtMost(kept.length, 2)
    assert.strictEqual(kept.at(-1), looks.count)
  }))

it.scoped("lets go of who takes nothing for half a minute, and of who leaves or never took the body", () =>
  Effect.gen(function*() {
    const { live } = yield* running
    const stuck = yield* watching(live)
    const gone = yield* watching(live)
    assert.strictEqual(yield* live.viewers, 2)
    yield* gone.leave
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    assert.isTrue(gone.stream?.destroyed)
    assert.strictEqual(yield* live.viewers, 1)
    yield* TestClock.adjust("29 seconds")
    assert.isFalse(stuck.stream?.destroyed)
    yield* TestClock.adjust("3 seconds")
    assert.isTrue(stuck.stream?.destroyed)
  }))

it.scoped("ends all streams, and begins none after that", () =>
  Effect.gen(function*() {
    const { live } = yield* running
    const { stream } = yield* watching(live)
    stream?.read()
    yield* live.end
    assert.isTrue(stream?.readableEnded === true || stream?.read() === null)
    assert.strictEqual(yield* live.viewers, 0)
    const request = yield* Scope.make()
    assert.strictEqual((yield* Scope.extend(live.view, request)).status, 503)
    // Who was still there when the look was under way breaks nothing.
    yield* TestClock.adjust("5 seconds")
  }))

it.scoped("says that the database is gone, to who watches and who comes, and shows the status once it is back", () =>
  Effect.gen(function*() {
    let gone = Option.none<TransientReason>()
    const live = yield* LiveStream.make().pipe(Effect.provideService(LiveStatus, {
      current: Effect.suspend(() =>
        Option.match(gone, {
          onSome: (reason) =>
            new Transient({ service: "database", reason, message: "connect ECONNREFUSED 10.1.2.3:5432" }),
          onNone: () => Effect.succeed(status(1))
        })
      )
    }))
    const { stream } = yield* watching(live)
    assert.include(String(stream?.read()), "event: status")
    gone = Option.some("network")
    yield* TestClock.adjust("2 seconds")
    const trouble = "event: trouble\ndata: {\"message\":\"the database does not answer\"}\n\n"
    assert.strictEqual(String(stream?.read()), trouble)
    // Once, and then as often as everything that stays as it is.
    yield* TestClock.adjust("10 seconds")
    assert.isNull(stream?.read())
    yield* TestClock.adjust("6 seconds")
    assert.strictEqual(String(stream?.read()), trouble)
    assert.strictEqual(String((yield* watching(live)).stream?.read()), trouble)
    gone = Option.some("timeout")
    assert.include(String((yield* watching(live)).stream?.read()), "the database does not answer in time")
    gone = Option.none()
    yield* TestClock.adjust("2 seconds")
    assert.include(String(stream?.read()), "event: status")
  }))
