import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { type Delimiter, delimiterOf, fields, isOpen, record } from "../../src/domain/Csv.js"

const delimiter = fc.constantFrom<Delimiter>(",", ";", "\t")
const written = fc.string({
  unit: fc.constantFrom("'", "=", "+", "-", "@", "\t", "\r", "\n", "a", "1", " ", "\"", ",")
})
const field = fc.string({ unit: fc.constantFrom("a", "b", " ", ",", ";", "\t", "\"", "'", "\n", "é", "#", "=") })

/** As RFC 4180 writes a field. */
const quoted = (text: string): string => `"${text.replaceAll("\"", "\"\"")}"`

describe("Csv", () => {
  it.prop(
    "reads back what was written in quotes",
    [fc.array(field, { minLength: 1 }), delimiter],
    ([values, delimiter]) => {
      const record = values.map(quoted).join(delimiter)
      assert.isFalse(isOpen(record))
      assert.deepStrictEqual(fields(record, delimiter), Either.right(values))
    }
  )

  it.prop(
    "reads back what it wrote, with a quote before formulas",
    [fc.array(written, { minLength: 1 })],
    ([values]) => {
      const read = values.map((text) => /^[=+\-@\t\r]/.test(text) && !/^-1+$/.test(text) ? `'${text}` : text)
      assert.deepStrictEqual(fields(record(values), ","), Either.right(read))
    }
  )

  it("writes nothing that a spreadsheet takes for a formula", () => {
    for (const start of ["=", "+", "-", "@", "\t", "\r"]) assert.match(record([`${start}HYPERLINK(A1)`]), /^"?'/)
    assert.strictEqual(record(["nginx", "-5", -5, 5n, true, "a,b", "it's"]), "nginx,-5,-5,5,true,\"a,b\",it's")
  })

  it.prop("is open until the last quote is there", [field, fc.nat()], ([value, at]) => {
    const record = quoted(value.replaceAll("\"", ""))
    assert.isTrue(isOpen(record.slice(0, 1 + at % (record.length - 1))))
  })

  it.prop("never throws, whatever a line holds", [fc.string(), delimiter], ([line, delimiter]) => {
    const read = fields(line, delimiter)
    if (Either.isLeft(read)) assert.match(read.left, /quotes/)
    else assert.isAtLeast(read.right.length, line.includes("\"") ? 0 : 1)
  })

  it("takes blanks from around fields without quotes", () => {
    assert.deepStrictEqual(fields(" a , b,, c ", ","), Either.right(["a", "b", "", "c"]))
    assert.deepStrictEqual(fields("a, \"b, c\" ,d", ","), Either.right(["a", "b, c", "d"]))
  })

  it("tells the delimiter by the header", () => {
    assert.strictEqual(delimiterOf("url"), ",")
    assert.strictEqual(delimiterOf("id,url"), ",")
    assert.strictEqual(delimiterOf("id;url;stars, maybe"), ";")
    assert.strictEqual(delimiterOf("id\turl"), "\t")
  })
})
