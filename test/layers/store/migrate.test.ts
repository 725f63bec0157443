import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { assert } from "vitest"
import { migrate, schemaVersion } from "../../../src/layers/store/migrate.js"
import { testDatabases } from "../../support/databases.js"

for (const database of testDatabases) {
  describe.skipIf(!database.available)(`migrate on ${database.name}`, () => {
    it.scoped("makes the schema, and finds nothing left to do the second time", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient
        const first = yield* migrate("DATABASE_URL")
        const second = yield* migrate("DATABASE_URL")
        assert.strictEqual(first.length, schemaVersion)
        assert.deepStrictEqual(second, [])
        assert.deepStrictEqual(yield* sql`select count(*)::int as count from repos`, [{ count: 0 }])
      }).pipe(Effect.provide(database.empty)))
  })
}
