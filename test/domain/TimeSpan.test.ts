import { assert, describe, it } from "@effect/vitest"
import { Duration, Either, FastCheck as fc } from "effect"
import { parse } from "../../src/domain/TimeSpan.js"

const millis = (text: string) => Either.getOrElse(Either.map(parse(text), Duration.toMillis), () => -1)

describe("TimeSpan", () => {
  it("reads what people write, and nothing else", () => {
    const read = ["45s", "5m", "72h", "3d", "1w", "1h30m", "0"].map(millis)
    assert.deepStrictEqual(read, [45_000, 300_000, 259_200_000, 259_200_000, 604_800_000, 5_400_000, 0])
    for (const text of ["", "5", "5 m", "-1h", "30m1h", "1.5h", "h", "1h1h", "72 hours"]) {
      assert.strictEqual(millis(text), -1, text)
    }
  })

  const count = fc.integer({ min: 0, max: 999 })
  it.prop("sums its units", [count, count, count], ([days, hours, seconds]) => {
    assert.strictEqual(millis(`${days}d${hours}h${seconds}s`), days * 86_400_000 + hours * 3_600_000 + seconds * 1_000)
  })

  it.prop("never throws", [fc.string()], ([text]) => {
    assert.isBoolean(Either.isRight(parse(text)))
  })
})
