import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type Badge, short, toSvg } from "../../src/domain/badge.js"

const badge = (label: string, message: string): Badge => ({ label, message, tone: "blue" })

const anyText = FastCheck.string({ unit: "binary", maxLength: 80 })

describe("badge", () => {
  it("says its two words, also to those who do not see it", () => {
    const svg = toSvg(badge("pulls", "1.2M"))
    assert.match(
      svg,
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="20" role="img" aria-label="pulls: 1\.2M">/
    )
    assert.include(svg, ">1.2M</text>")
  })

  it("escapes what would be markup, and leaves out what XML cannot hold", () => {
    const svg = toSvg(badge("</text><script>alert(1)</script>", "\" onload='x' & \u0000\uFFFE"))
    assert.notInclude(svg, "<script")
    assert.notMatch(svg, /onload='/)
    assert.include(svg, "&#60;script&#62;")
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(svg, /[\u0000-\u0008\uFFFE]/)
  })

  it.prop(
    "whatever it says, it has the same elements, in a picture of bounded width",
    [anyText, anyText],
    ([label, message]) => {
      const svg = toSvg(badge(label, message))
      const elements = Array.from(svg.matchAll(/<\/?([a-zA-Z]+)/g), ([, name]) => name).join(" ")
      const plain = Array.from(toSvg(badge("a", "b")).matchAll(/<\/?([a-zA-Z]+)/g), ([, name]) => name).join(" ")
      assert.strictEqual(elements, plain)
      assert.isBelow(Number(/width="(\d+)"/.exec(svg)?.[1]), 1500)
    }
  )

  it("shortens counts, rounded down", () => {
    const cases: ReadonlyArray<readonly [bigint, string]> = [
      [0n, "0"],
      [999n, "999"],
      [1_000n, "1k"],
      [1_999n, "1.9k"],
      [15_432n, "15k"],
      [999_999n, "999k"],
      [1_234_567n, "1.2M"],
      [2_033_662_609n, "2B"],
      [9_223_372_036_854_775_807n, "9223372T"]
    ]
    for (const [count, text] of cases) assert.strictEqual(short(count), text)
  })

  it.prop("a short count is never more than the count, and within a tenth of it", [
    FastCheck.bigInt({ min: 0n, max: 10n ** 14n })
  ], ([count]) => {
    const [, number = "", unit = ""] = /^([\d.]+)([kMBT]?)$/.exec(short(count)) ?? []
    const value = Number(number) * 1000 ** ["", "k", "M", "B", "T"].indexOf(unit)
    assert.isAtMost(value, Number(count))
    assert.isAtLeast(value, Number(count) * 0.9)
  })
})
