import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, TestClock } from "effect"
import { type CensusError, RateLimit, Transient } from "../../../src/domain/Errors.js"
import { lookAtImage } from "../../../src/programs/sync/looks.js"

const evening = Date.parse("2026-11-21T22:00:00Z")
const midnight = Date.parse("2026-11-22T00:00:00Z")

/** Until when an image is put off that failed with this error so often before. */
const notBefore = (attempts: number, error: CensusError) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(evening)
    const { result } = yield* lookAtImage(() => Effect.fail(error))({ image: "o/a", attempts })
    return result._tag === "Deferred" ? result.notBefore : 0
  })

const broken = new Transient({ service: "dockerhub", reason: "server", message: "500" })

describe("a look at an image without a definite answer", () => {
  it.effect("is put off longer each time, but never beyond the day that needs its next row", () =>
    Effect.gen(function*() {
      const [first, third, later] = yield* Effect.forEach([0, 2, 12], (attempts) => notBefore(attempts, broken))
      assert.isAbove(first ?? 0, evening + 3 * 60_000)
      assert.isAbove(third ?? 0, first ?? 0)
      assert.isBelow(third ?? 0, midnight)
      assert.strictEqual(later, midnight)
    }))

  it.effect("is put off for as long as the server says, whatever the day", () =>
    Effect.gen(function*() {
      const until = midnight + 1_800_000
      const limit = new RateLimit({
        budget: { service: "dockerhub", payer: "here" },
        until: DateTime.unsafeMake(until),
        reason: "429"
      })
      assert.strictEqual(yield* notBefore(0, limit), until)
    }))
})
