import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { admit, type CircuitState, closed, interval, settle, type Verdict } from "../../src/domain/Circuit.js"

const settleAll = (verdicts: ReadonlyArray<Verdict>, now: number): CircuitState =>
  verdicts.reduce<CircuitState>((state, verdict) => settle(state, { probe: false, verdict }, now, 0.5), closed)

const verdicts = FastCheck.array(FastCheck.constantFrom<Verdict>("answered", "failed", "unknown"), { maxLength: 40 })
const jitter = FastCheck.double({ min: 0, max: 1, noNaN: true })

describe("Circuit", () => {
  it("doubles its intervals up to the cap", () => {
    const lengths = [0, 1, 2, 3, 4, 5, 6, 7, 1e6].map((step) => interval(step, 0.5) / 1000)
    assert.deepStrictEqual(lengths, [5, 10, 20, 40, 80, 160, 300, 300, 300])
  })

  it.prop("keeps an interval within a tenth of its length, and the cap", {
    step: FastCheck.nat(200),
    jitter
  }, ({ jitter, step }) => {
    const length = interval(step, 0.5)
    const strayed = interval(step, jitter)
    assert.isAtMost(strayed, Math.min(300_000, Math.round(length * 1.1)))
    assert.isAtLeast(strayed, Math.round(length * 0.9))
  })

  it("opens at the third failure in a row, and not before", () => {
    assert.deepStrictEqual(settleAll(["failed", "failed"], 7), { _tag: "Closed", failures: 2, failingSince: 7 })
    assert.deepStrictEqual(settleAll(["failed", "unknown", "failed", "failed"], 7), {
      _tag: "Open",
      step: 0,
      until: 5_007,
      failingSince: 7
    })
    assert.deepStrictEqual(settleAll(["failed", "failed", "answered", "failed"], 7)._tag, "Closed")
  })

  it("waits until its interval has passed, then lets one probe go and no other", () => {
    const open = settleAll(["failed", "failed", "failed"], 0)
    assert.deepStrictEqual(admit(open, 4_999), { _tag: "Wait", until: 5_000 })
    const probe = admit(open, 5_000)
    if (probe._tag !== "Go") return assert.fail("a probe was due")
    assert.isTrue(probe.probe)
    assert.deepStrictEqual(admit(probe.state, 1e12), { _tag: "Wait", until: undefined })
    const call = { probe: true, verdict: "failed" } as const
    assert.deepStrictEqual(settle(probe.state, call, 6_000, 0.5), {
      _tag: "Open",
      step: 1,
      until: 16_000,
      failingSince: 0
    })
    assert.deepStrictEqual(settle(probe.state, { probe: true, verdict: "answered" }, 6_000, 0.5), closed)
    const unknown = settle(probe.state, { probe: true, verdict: "unknown" }, 6_000, 0.5)
    assert.deepStrictEqual(unknown, { _tag: "Open", step: 0, until: 6_000, failingSince: 0 })
  })

  it("ignores the failures of calls that began before it opened", () => {
    const open = settleAll(["failed", "failed", "failed"], 0)
    assert.strictEqual(settle(open, { probe: false, verdict: "failed" }, 1, 0.5), open)
    const probe = admit(open, 5_000)
    if (probe._tag !== "Go") return assert.fail("a probe was due")
    assert.strictEqual(settle(probe.state, { probe: false, verdict: "failed" }, 5_001, 0.5), probe.state)
  })

  it.prop("one caller after another: calls while failing are three and one per growing interval", {
    verdicts,
    jitter,
    pause: FastCheck.nat(400_000)
  }, ({ jitter, pause, verdicts }) => {
    let state: CircuitState = closed
    let now = 0
    let inRow = 0
    for (const verdict of verdicts) {
      let admission = admit(state, now)
      if (admission._tag === "Wait") {
        // Alone, the caller is never asked to await somebody else's probe: no state is a dead end.
        assert.isDefined(admission.until)
        assert.isAtLeast(inRow, 3)
        now = admission.until ?? now
        admission = admit(state, now)
      }
      if (admission._tag !== "Go") return assert.fail("let go once the interval has passed")
      assert.strictEqual(admission.probe, inRow >= 3)
      state = settle(admission.state, { probe: admission.probe, verdict }, now, jitter)
      inRow = verdict === "failed" ? inRow + 1 : verdict === "answered" ? 0 : inRow
      assert.strictEqual(state._tag === "Closed", inRow < 3)
      if (state._tag === "Open" && verdict === "failed") {
        assert.strictEqual(state.until, now + interval(inRow - 3, jitter))
      }
      now += pause
    }
  })
})
