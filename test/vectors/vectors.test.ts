import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { asText, runFolder } from "./report.js"

const table = (repo: string, where: string, cases: ReadonlyArray<object>, dialect?: string) => ({
  source: { repo, where },
  ...(dialect === undefined ? {} : { dialect }),
  cases
})

const right = `sha256:${"a".repeat(64)}`

describe("vectors", () => {
  it.scoped("counts what passes, fails and is left out, and shows what failed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = yield* fs.makeTempDirectoryScoped()
      const tables = [
        table("google/go-containerregistry", "good", [{ input: right, valid: true }, { input: "md5:x", valid: true }]),
        table("somebody/else", "TestOther", [{}, {}]),
        table("somebody/else", "TestDialect", [{}], "theirs")
      ]
      yield* fs.writeFileString(path.join(folder, "digest.json"), JSON.stringify({ file: "digest.json", tables }))
      yield* fs.writeFileString(path.join(folder, "notes.txt"), "not a table")
      const reports = yield* runFolder(folder)
      assert.deepStrictEqual(
        reports.map(({ failed, leftOut, passed, reasons }) => ({ failed, leftOut, passed, reasons })),
        [
          { failed: 1, leftOut: 0, passed: 1, reasons: [] },
          { failed: 0, leftOut: 2, passed: 0, reasons: ["no check for this table"] },
          { failed: 0, leftOut: 1, passed: 0, reasons: ["the dialect theirs is not ours"] }
        ]
      )
      assert.include(asText(reports), "| **all** |  |  | 1 | 1 | 50 % | 3 |  |")
      assert.include(asText(reports), "FAILED digest.json good: {\"input\":\"md5:x\",\"valid\":true}")
    }).pipe(Effect.provide(NodeContext.layer)))
})
