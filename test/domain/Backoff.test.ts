import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { deferralDelay } from "../../src/domain/Backoff.js"

describe("deferral", () => {
  it("starts at five minutes and doubles up to a day", () => {
    assert.strictEqual(deferralDelay(1, 0), 300_000)
    assert.strictEqual(deferralDelay(2, 0), 600_000)
    assert.strictEqual(deferralDelay(40, 0), 86_400_000)
  })

  it.prop("never shrinks with attempts and never leaves its bounds", [
    FastCheck.integer({ min: -5, max: 10_000 }),
    FastCheck.double({ min: 0, max: 1, noNaN: true })
  ], ([attempts, jitter]) => {
    const delay = deferralDelay(attempts, jitter)
    assert.isAtLeast(delay, 225_000)
    assert.isAtMost(delay, 86_400_000)
    assert.isAtLeast(deferralDelay(attempts + 1, jitter), delay)
  })
})
