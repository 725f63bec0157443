import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { counted, cut, grouped, jsonNumber, signed, span, table, widthOf } from "../../../src/programs/cli/text.js"

describe("text", () => {
  it.prop("groups digits and loses none", [fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })], ([value]) => {
    const text = grouped(value)
    assert.strictEqual(BigInt(text.replaceAll(",", "")), value)
    assert.match(text, /^-?\d{1,3}(?:,\d{3})*$/)
    assert.strictEqual(signed(value).startsWith("+"), value > 0n)
  })

  it.prop("gives JSON a number only where it is exact", [fc.bigInt({ min: 0n, max: 2n ** 70n })], ([value]) => {
    assert.strictEqual(BigInt(jsonNumber(value)), value)
  })

  it.prop(
    "cuts a text to a width",
    [fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 })],
    ([text, columns]) => {
      const short = cut(text, columns)
      assert.isAtMost(widthOf(short), columns)
      if (widthOf(text) <= columns) assert.strictEqual(short, text)
      else if (columns > 0) assert.isTrue(short.endsWith("…"))
    }
  )

  it.prop(
    "draws a table whose lines are as many as its rows, whatever they hold",
    [fc.array(fc.tuple(fc.string(), fc.string())), fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined })],
    ([rows, terminal]) => {
      const lines = table([{ title: "A", align: "left" }, { title: "B", align: "right" }], rows, terminal)
      assert.strictEqual(lines.join("\n").split("\n").length, rows.length + 1)
      for (const line of lines) {
        assert.notMatch(line, /\p{Cc}/u)
        if (terminal !== undefined) assert.isAtMost(widthOf(line), terminal)
      }
    }
  )

  it("aligns numbers to the right and texts to the left", () => {
    const columns = [{ title: "IMAGE", align: "left" }, { title: "PULLS", align: "right" }] as const
    assert.deepStrictEqual(table(columns, [["nginx", "1,000,000"], ["ollama/ollama", "5"]], undefined), [
      "IMAGE              PULLS",
      "nginx          1,000,000",
      "ollama/ollama          5"
    ])
  })

  it("tells lengths of time in two units", () => {
    const second = 1000
    const hour = 3600 * second
    assert.deepStrictEqual(
      [0, 499, second, 59.6 * second, 61 * second, 600 * second, hour + 5 * second, 25 * hour, 48 * hour, -5].map(span),
      ["0 s", "0 s", "1 s", "1 min", "1 min 1 s", "10 min", "1 h", "1 d 1 h", "2 d", "0 s"]
    )
  })

  it("counts one and many", () => {
    assert.strictEqual(counted(1, "row"), "1 row")
    assert.strictEqual(counted(0, "row"), "0 rows")
    assert.strictEqual(counted(1234, "repository", "repositories"), "1,234 repositories")
  })
})
