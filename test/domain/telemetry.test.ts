import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Metric, MetricState } from "effect"
import { Transient } from "../../src/domain/Errors.js"
import { measured, outcomeOf } from "../../src/domain/telemetry.js"
import { requestsTo } from "../support/requestCounts.js"

const statuses = fc.integer({ min: 100, max: 599 })

describe("outcomeOf", () => {
  it.prop("calls nothing refused that was not asked with a credential", [statuses], ([status]) => {
    assert.notStrictEqual(outcomeOf(status, "unnamed"), "refused")
    assert.notStrictEqual(outcomeOf(status, "stranger"), "refused")
    assert.strictEqual(outcomeOf(status, "credential") === "refused", status === 401 || status === 403)
  })

  it("takes a first 401 for the challenge that it is, and a second one for an answer", () => {
    assert.strictEqual(outcomeOf(401, "unnamed"), "challenged")
    assert.strictEqual(outcomeOf(401, "stranger"), "not_visible")
    assert.strictEqual(outcomeOf(403, "unnamed"), "not_visible")
  })
})

describe("measured", () => {
  it.effect("counts what came of each request, and what failed by its reason", () =>
    Effect.gen(function*() {
      const meter = measured("metered.example")
      const lost = new Transient({ service: "metered.example", reason: "timeout", message: "late" })
      yield* meter(Effect.succeed(200), (status) => outcomeOf(status, "stranger"))
      yield* meter(Effect.succeed(404), (status) => outcomeOf(status, "stranger"))
      yield* Effect.flip(meter(Effect.fail(lost), () => "ok"))
      assert.deepStrictEqual(yield* requestsTo("metered.example"), { ok: 1, not_found: 1, timeout: 1 })
    }))

  it.effect("shows every outcome from the beginning, and no more with more requests", () =>
    Effect.gen(function*() {
      const series = Effect.map(Metric.snapshot, (pairs) =>
        pairs.filter(({ metricKey }) => metricKey.tags.some(({ value }) => value === "kept.example")))
      const meter = measured("kept.example")
      const before = yield* series
      assert.lengthOf(before, 14)
      for (const { metricState } of before) {
        if (MetricState.isCounterState(metricState)) {
          assert.strictEqual(metricState.count, 0)
        }
      }
      yield* Effect.repeatN(
        meter(Effect.succeed(200), (status) =>
          outcomeOf(status, "stranger")),
        999
      )
      assert.lengthOf(yield* series, 14)
      assert.deepStrictEqual(yield* requestsTo("kept.example"), { ok: 1_000 })
    }))
})
