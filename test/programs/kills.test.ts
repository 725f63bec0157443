import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { inject } from "vitest"
import { scratchUrl } from "../support/databases.js"
import { survivesKills } from "../support/kills.js"
import { temporaryFolder } from "../support/program.js"

const databases = [
  {
    name: "PGlite",
    available: true,
    // Opening the embedded database takes its time, before and after each kill.
    kills: 3,
    settings: Effect.map(temporaryFolder, (folder) => ({ IMAGE_CENSUS_DATA_DIR: folder }))
  },
  {
    name: "Postgres",
    available: inject("postgresUrl") !== "",
    kills: 4,
    settings: Effect.map(scratchUrl, (url) => ({ DATABASE_URL: Redacted.value(url) }))
  }
]

describe("kill -9 and a restart, again and again", () => {
  for (const { available, kills, name, settings } of databases) {
    it.scopedLive.runIf(available)(`loses, doubles and forgets nothing on ${name}`, () =>
      Effect.gen(function*() {
        const figures = yield* survivesKills({ database: yield* settings, kills, repositories: 100 })
        assert.isAtLeast(figures.duringWork, 1)
        assert.deepStrictEqual(figures.lost, [])
        assert.deepStrictEqual(figures.doubled, [])
        assert.deepStrictEqual(figures.withoutSnapshot, [])
        assert.deepStrictEqual(figures.wrong, [])
        assert.strictEqual(figures.found, figures.expected)
        assert.strictEqual(figures.undone, 0)
      }), 300_000)
  }
})
