import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stripVTControlCharacters } from "node:util"
import { call } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

const commands = [
  ..."sync daemon serve token discover images pulls status doctor migrate digest tags inspect index manifest blob copy deploy repos"
    .split(" "),
  "updates",
  "token new",
  "repos add",
  "repos list",
  "repos remove",
  "watch add",
  "watch list",
  "watch remove",
  "watch fire",
  "watch run",
  "watch events",
  "watch retry",
  "images list",
  "links",
  "links list",
  "links explain",
  "links add",
  "links remove",
  "pulls export",
  "pulls import",
  ..."sync list show add remove edit export official".split(" ").map((name) => `catalog ${name}`),
  "catalog"
]

describe("--help", () => {
  for (const command of commands) {
    it.effect(`of ${command} is about that command, and says how it is used`, () =>
      Effect.gen(function*() {
        const { layers } = makeLayers()
        const { code, stdout: painted } = yield* call({ layers }, `${command} --help`)
        const stdout = stripVTControlCharacters(painted)
        assert.strictEqual(code, 0)
        assert.match(stdout, new RegExp(`USAGE\\s+\\$ ${command.split(" ").at(-1)}\\b`))
        if (command.includes(" ") || !["repos", "images", "links", "token", "catalog"].includes(command)) {
          assert.include(stdout, "EXAMPLES")
        }
      }))
  }
})
