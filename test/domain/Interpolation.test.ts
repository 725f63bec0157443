import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import { interpolate } from "../../src/domain/Interpolation.js"

const values: Readonly<Record<string, string>> = { TAG: "1.2", EMPTY: "", REGISTRY: "ghcr.io" }
const lookup = (name: string) => Option.fromNullable(values[name])
const fill = (text: string) => interpolate(text, lookup).text

describe("interpolate", () => {
  it("fills in variables with their defaults", () => {
    const cases: Readonly<Record<string, string>> = {
      "nginx:$TAG": "nginx:1.2",
      "nginx:${TAG}-alpine": "nginx:1.2-alpine",
      "nginx:${NONE:-1.27}": "nginx:1.27",
      "nginx:${NONE-1.27}": "nginx:1.27",
      "nginx:${EMPTY:-1.27}": "nginx:1.27",
      "nginx:${EMPTY-1.27}": "nginx:",
      "nginx:${TAG:+on}${NONE:+off}": "nginx:on",
      "${MIRROR:-${REGISTRY}/o}/n:${TAG:?needed}": "ghcr.io/o/n:1.2",
      "cost $$5 $5 ${5}": "cost $5 $5 ${5}",
      "open ${TAG": "open ${TAG"
    }
    for (const [text, expected] of Object.entries(cases)) assert.strictEqual(fill(text), expected, text)
    assert.strictEqual(interpolate("a\\$TAG", lookup, "\\").text, "a$TAG")
  })

  it("says which variables have no value", () => {
    assert.deepStrictEqual(interpolate("${A}:${B:?say which}:${C:-${D}}", lookup).missing, [
      { name: "A", message: "" },
      { name: "B", message: "say which" },
      { name: "D", message: "" }
    ])
  })

  it.prop("leaves texts without a dollar alone, and never throws", [fc.string(), fc.string()], ([text, other]) => {
    const plain = text.replaceAll("$", "")
    assert.strictEqual(fill(plain), plain)
    assert.isString(fill("$".concat(text, "${", other)))
  })
})
