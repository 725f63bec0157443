import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Stream } from "effect"
import { pieces } from "../../../src/layers/registry/pieces.js"

describe("pieces", () => {
  it.effect.prop(
    "are of one size but for the last, and are the whole together",
    [
      FastCheck.array(FastCheck.uint8Array({ maxLength: 20 }), { maxLength: 12 }),
      FastCheck.integer({ min: 1, max: 33 })
    ],
    ([chunks, size]) =>
      Effect.gen(function*() {
        const cut = [...yield* Stream.runCollect(pieces(Stream.fromIterable(chunks), size))]
        assert.deepStrictEqual(Buffer.concat(cut), Buffer.concat(chunks))
        assert.isTrue(cut.slice(0, -1).every(({ byteLength }) => byteLength === size))
        assert.isTrue(cut.every(({ byteLength }) => byteLength > 0 && byteLength <= size))
      })
  )
})
