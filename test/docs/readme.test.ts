import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { settingsCells, tableBelow } from "./settings.js"

describe("the README", () => {
  layer(NodeContext.layer)((it) => {
    it.effect("lists every setting as the program knows it", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const readme = yield* fs.readFileString("README.md")
        assert.deepStrictEqual(tableBelow(readme, "## Settings"), settingsCells())
      }))
  })
})
