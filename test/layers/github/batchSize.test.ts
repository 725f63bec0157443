import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type BatchSize, grown, halved, initial } from "../../../src/layers/github/batchSize.js"

const successes = (state: BatchSize, count: number): ReadonlyArray<number> => {
  const sizes = [state.size]
  for (let i = 0; i < count; i++) {
    state = grown(state, state.size, 0)
    sizes.push(state.size)
  }
  return sizes
}

describe("batchSize", () => {
  it("doubles from the first size to the largest", () => {
    assert.deepStrictEqual(successes(initial(100, 25), 3), [25, 50, 100, 100])
    assert.deepStrictEqual(successes(initial(10, 25), 1), [10, 10])
  })

  it("grows by a tenth once something was too much, and only with full batches", () => {
    const state = halved(initial(100, 100), 100)
    assert.deepStrictEqual(successes(state, 3), [50, 55, 60, 66])
    assert.strictEqual(grown(state, 49, 0).size, 50)
  })

  it("starts again from the first size after an outage", () => {
    const down = [1, 2, 3, 4].reduce((state) => halved(state, state.size), initial(100, 25))
    assert.strictEqual(down.size, 1)
    assert.strictEqual(grown(down, 1, 0).size, 25)
  })

  it("aims at three seconds: shrinks before GitHub gives up, and grows no further than it may take", () => {
    assert.strictEqual(grown(initial(100, 100), 100, 6_000).size, 50)
    assert.strictEqual(grown(initial(100, 100), 100, 4_000).size, 100)
    assert.strictEqual(grown(initial(100, 25), 25, 2_000).size, 37)
    assert.strictEqual(grown(initial(100, 25), 25, 100).size, 50)
    assert.strictEqual(grown(initial(100, 1), 1, 9_000).size, 1)
  })

  it.prop("stays between one and the largest, whatever happens", [
    FastCheck.integer({ min: 1, max: 500 }),
    FastCheck.integer({ min: 1, max: 500 }),
    FastCheck.array(FastCheck.boolean(), { maxLength: 60 })
  ], ([largest, first, events]) => {
    let state = initial(largest, first)
    for (const success of events) {
      const before = state.size
      state = success ? grown(state, state.size, 0) : halved(state, state.size)
      assert.isTrue(state.size >= 1 && state.size <= largest && Number.isInteger(state.size))
      assert.isTrue(success ? state.size >= before : state.size <= before)
    }
  })
})
