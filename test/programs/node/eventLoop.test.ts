import { assert, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { loopDelay } from "../../../src/programs/node/eventLoop.js"
import { waitUntil } from "../../support/program.js"

const blocked = 0.2

// What holds the thread for so many seconds.
const hold = Effect.sync(() => {
  const end = performance.now() + blocked * 1000
  while (performance.now() < end);
})

it.scoped("what held the event loop is told for a while, whoever asks", () =>
  Effect.gen(function*() {
    const delay = yield* loopDelay
    yield* waitUntil(Effect.zipRight(hold, Effect.map(delay, ({ longest }) => longest > blocked / 2)))
    const { longest, median, p99 } = yield* delay
    assert.isTrue(median <= p99 && p99 <= longest)
    assert.isTrue((yield* delay).longest >= longest)

    yield* TestClock.adjust("30 seconds")
    assert.isTrue((yield* delay).longest >= longest)
  }))
