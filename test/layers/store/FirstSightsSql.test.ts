import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Layer, TestClock } from "effect"
import * as FirstSightsSql from "../../../src/layers/store/FirstSightsSql.js"
import { FirstSights } from "../../../src/services/FirstSights.js"
import { testDatabases } from "../../support/databases.js"

const app = { registry: "ghcr.io", repository: "acme/app" }

for (const database of testDatabases) {
  describe.skipIf(!database.available)(`first sights on ${database.name}`, () => {
    layer(Layer.provide(FirstSightsSql.layer, database.migrated), { timeout: 60_000 })((it) => {
      it.effect("stay what they were, each tag for itself", () =>
        Effect.gen(function*() {
          const sights = yield* FirstSights
          yield* TestClock.setTime(1_000_000)
          assert.deepStrictEqual([...yield* sights.see(app, ["1.0", "1.0"])], [["1.0", 1_000_000]])
          yield* TestClock.adjust(Duration.hours(1))
          const later = yield* sights.see(app, ["1.0", "1.1"])
          assert.deepStrictEqual([...later].sort(), [["1.0", 1_000_000], ["1.1", 4_600_000]])
          const other = yield* sights.see({ ...app, repository: "acme/other" }, ["1.0"])
          assert.deepStrictEqual([...other], [["1.0", 4_600_000]])
          assert.strictEqual((yield* sights.see(app, [])).size, 0)
        }))
    })
  })
}
