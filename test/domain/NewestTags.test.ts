import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { newestFirst } from "../../src/domain/NewestTags.js"

describe("the newest tags of a plain list", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]> = [
    ["as they came", ["1.0", "latest", "1.1", "0.9-fix"], ["latest", "0.9-fix", "1.1", "1.0"]],
    [
      "in the order of texts",
      ["1.10.0", "1.9.0", "edge", "latest", "v2.0.0"],
      ["latest", "v2.0.0", "1.10.0", "1.9.0", "edge"]
    ],
    ["with doubles", ["b", "a", "b"], ["a", "b"]],
    ["with signatures", ["1.0", `sha256-${"a".repeat(64)}.sig`, `sha256-${"b".repeat(64)}`], ["1.0"]],
    ["with none", [], []]
  ]
  for (const [name, listed, expected] of cases) {
    it(name, () => {
      assert.deepStrictEqual(newestFirst(listed), expected)
    })
  }

  it.prop("are all of them, once", { listed: FastCheck.array(FastCheck.string()) }, ({ listed }) => {
    assert.deepStrictEqual([...newestFirst(listed)].sort(), [...new Set(listed)].sort())
  })
})
