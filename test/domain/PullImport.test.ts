import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { Option } from "effect"
import { read } from "../../src/domain/PullImport.js"
import { addDays, parse, type UtcDay } from "../../src/domain/UtcDay.js"

const epoch: UtcDay = Option.getOrThrow(parse("2020-01-01"))
const image = fc.constantFrom("nginx", "ollama/ollama", "falcosecurity/falco-exporter", "a/b_c.d--e")
const row = fc.record({
  image,
  day: fc.integer({ min: -9000, max: 9000 }).map((days) => addDays(epoch, days)),
  total: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
})

const invalidLines = (...lines: ReadonlyArray<string>) =>
  read(["image,date,pulls_total", ...lines]).invalid.map(({ line }) => line)

describe("PullImport", () => {
  it.prop(
    "reads back what was written; of several counts for a day the last one counts",
    [fc.array(row)],
    ([rows]) => {
      const file = read(["image,date,pulls_total", ...rows.map(({ day, image, total }) => `${image},${day},${total}`)])
      const expected = new Map(rows.map((row) => [`${row.image} ${row.day}`, row.total]))
      assert.deepStrictEqual(file.invalid, [])
      assert.deepStrictEqual(new Map(file.days.map((row) => [`${row.image} ${row.day}`, row.total])), expected)
      assert.strictEqual(file.repeated, rows.length - expected.size)
    }
  )

  it.prop("names every line that is wrong, and takes none of them", [fc.array(fc.string())], ([lines]) => {
    const clean = lines.map((line) => line.replaceAll(/[\r\n]/g, " "))
    const said = clean.filter((line) => !/^\s*(?:#|$)/.test(line))
    const file = read(["image,date,pulls_total", ...clean])
    assert.strictEqual(file.invalid.length, said.length)
    assert.deepStrictEqual(file.days, [])
  })

  it("takes columns in any order, quotes, blanks, other columns and official images by either name", () => {
    const file = read([
      "\uFEFF\"Date\"; stars; PULLS_TOTAL; image",
      "2024-02-29; 5; 0; library/nginx",
      "\"2024-03-01\";6;\"12\";docker.io/ollama/ollama"
    ])
    assert.deepStrictEqual(file.invalid, [])
    assert.deepStrictEqual(file.days.map(({ day, image, total }) => [image, day, total]), [
      ["nginx", "2024-02-29", 0n],
      ["ollama/ollama", "2024-03-01", 12n]
    ])
  })

  it("refuses what is no day, no count, no image", () => {
    assert.deepStrictEqual(
      invalidLines(
        "nginx,2023-02-29,1",
        "nginx,2024-02-29,1",
        "nginx,29.2.2024,1",
        "nginx,2024-02-29,-1",
        "nginx,2024-02-29,1.5",
        "nginx,2024-02-29,1e6",
        "nginx,2024-02-29,",
        "nginx,2024-02-29,9223372036854775808",
        "Nginx,2024-02-29,1",
        "a/b/c,2024-02-29,1",
        "nginx",
        "nginx,\"2024-02-29,1",
        "nginx,0000-02-29,1",
        "nginx,0001-01-01,1"
      ),
      [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    )
  })

  it("asks for its columns", () => {
    for (const header of ["image,date", "nginx,2024-02-29,1", "image,date,pulls"]) {
      const file = read([header, "nginx,2024-02-29,1"])
      assert.match(file.invalid[0]?.message ?? "", /image,date,pulls_total/)
      assert.deepStrictEqual(file.days, [])
    }
  })

  it("finds nothing in nothing", () => {
    assert.deepStrictEqual(read([]), { days: [], repeated: 0, invalid: [] })
  })
})
