import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import type { Digest } from "../../src/domain/Digest.js"
import { type LookResult, observe, unseen, type WatchState } from "../../src/domain/WatchState.js"
import { digest } from "../support/watches.js"

const some = fc.constantFrom(...["a", "b", "c"].map(digest))

const results = (ofPlatform: boolean): fc.Arbitrary<LookResult> =>
  fc.oneof(
    fc.record({
      _tag: fc.constant("Seen" as const),
      digest: some,
      platformDigest: ofPlatform ? fc.option(some).map(Option.fromNullable) : fc.constant(Option.none<Digest>())
    }),
    fc.record({
      _tag: fc.constant("Unseen" as const),
      outcome: fc.constantFrom("not-found" as const, "refused" as const),
      problem: fc.string()
    }),
    fc.record({ _tag: fc.constant("Deferred" as const), problem: fc.string(), parked: fc.boolean() })
  )

// All looks in a row: the events, and what was last seen of what counts.
const play = (ofPlatform: boolean, looks: ReadonlyArray<LookResult>) => {
  let state: WatchState = unseen(0)
  let known: Digest | undefined
  const told = new Array<readonly [Digest, Digest]>()
  const expected = new Array<readonly [Digest, Digest]>()
  for (const [at, result] of looks.entries()) {
    const before = state
    const observed = observe(state, ofPlatform, { at, next: at + 10, result })
    state = observed.state
    if (Option.isSome(observed.event) && observed.event.value._tag === "Moved") {
      told.push([observed.event.value.from, observed.event.value.to])
    }
    if (result._tag === "Seen") {
      const counts = ofPlatform ? Option.getOrUndefined(result.platformDigest) : result.digest
      // The manifest of a tag that did not move is the one that was there.
      const moved = !Option.contains(before.digest, result.digest)
      if (counts !== undefined && moved) {
        if (known !== undefined && known !== counts) expected.push([known, counts])
        known = counts
      } else if (counts !== undefined) known = counts
    } else {
      assert.deepStrictEqual([state.digest, state.platformDigest, state.moves], [
        before.digest,
        before.platformDigest,
        before.moves
      ])
    }
  }
  return { state, told, expected }
}

const looked = (state: WatchState, at: number, result: LookResult) =>
  observe(state, false, { at, next: at + 10, result }).state

describe("what an observation makes of a watch", () => {
  it.prop("each change of what the tag points to is told, and nothing else", [fc.array(results(false))], ([looks]) => {
    const { expected, state, told } = play(false, looks)
    assert.deepStrictEqual(told, expected)
    assert.strictEqual(state.moves, told.length)
    assert.strictEqual(state.elsewhere, 0)
  })

  it.prop(
    "of a platform, each change of its manifest is told, and nothing else",
    [fc.array(results(true))],
    ([looks]) => {
      const { expected, told } = play(true, looks)
      assert.deepStrictEqual(told, expected)
    }
  )

  it("without a definite answer only the next look changes, and a definite one ends the count", () => {
    const seen = looked(unseen(0), 1, { _tag: "Seen", digest: digest("a"), platformDigest: Option.none() })
    const deferred = looked(seen, 2, { _tag: "Deferred", problem: "HTTP 503", parked: true })
    assert.deepStrictEqual(deferred, {
      ...seen,
      triedAt: Option.some(2),
      dueAt: 12,
      attempts: 1,
      parked: true,
      problem: Option.some("HTTP 503")
    })
    const gone = looked(deferred, 3, { _tag: "Unseen", outcome: "refused", problem: "HTTP 403" })
    assert.deepStrictEqual([gone.attempts, gone.parked, gone.outcome, gone.digest], [
      0,
      false,
      Option.some("refused"),
      seen.digest
    ])
  })
})
