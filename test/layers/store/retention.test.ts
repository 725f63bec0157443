import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Stream } from "effect"
import { addDays, dayOf } from "../../../src/domain/UtcDay.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import * as RetentionSql from "../../../src/layers/store/RetentionSql.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { Retention } from "../../../src/services/Retention.js"
import { testDatabases } from "../../support/databases.js"

const first = dayOf(Date.UTC(2026, 0, 10))

for (const database of testDatabases) {
  describe.runIf(database.available)(`retention, ${database.name}`, () => {
    it.effect("forgets old days, whole months where it can, and never the newest row of an image", () =>
      Effect.gen(function*() {
        const store = yield* RepoDockerStore
        const retention = yield* Retention
        const rows = (image: string, from: number, to: number) =>
          Array.from({ length: to - from + 1 }, (_, n) => ({ image, day: addDays(first, from + n), total: BigInt(n) }))
        // One image to April, one that ended in February.
        yield* store.importPulls([...rows("long/lived", 0, 100), ...rows("ended/early", 0, 40)], false)
        const before = addDays(first, 80)
        const { months, rows: gone } = yield* retention.dropPulls(before)
        const left = [...yield* Stream.runCollect(store.pulls({ image: Option.none(), since: Option.none() }))]
        assert.strictEqual(gone, 80 + 40)
        // January, and the two that were made empty for the test clock's own time.
        assert.strictEqual(months, 3)
        assert.deepStrictEqual(left.filter(({ day }) => day < before).map(({ day, image }) => [image, day]), [
          ["ended/early", addDays(first, 40)]
        ])
        assert.strictEqual(left.length, 22)
        assert.deepStrictEqual(yield* retention.dropPulls(before), { rows: 0, months: 0 })
      }).pipe(Effect.provide(
        Layer.merge(RepoDockerStoreSql.layer({ holder: "test" }), Layer.fresh(RetentionSql.layer)).pipe(
          Layer.provide(database.migrated)
        )
      )))

    it.effect("forgets what tags pointed to before, and never what they point to now", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient
        const retention = yield* Retention
        yield* sql`insert into catalog_images (image_name, registry, repository, origin, added_at)
          values ('nginx', 'docker.io', 'library/nginx', 'setting', now())
          on conflict do nothing`
        yield* sql`insert into catalog_tag_digests (image_name, tag, since, until, digest) values
          ('nginx', 'latest', '2026-01-01Z', '2026-02-01Z', 'sha256:a'),
          ('nginx', 'latest', '2026-02-01Z', '2026-03-01Z', 'sha256:b'),
          ('nginx', 'latest', '2026-03-01Z', null, 'sha256:c'),
          ('nginx', 'old', '2025-01-01Z', null, 'sha256:d')`
        assert.strictEqual(yield* retention.dropTagHistory(Date.UTC(2026, 1, 2)), 1)
        const left = yield* sql`select digest from catalog_tag_digests order by digest`
        assert.deepStrictEqual(left.map(({ digest }) => digest), ["sha256:b", "sha256:c", "sha256:d"])
      }).pipe(Effect.provide(
        Layer.provideMerge(Layer.fresh(RetentionSql.layer), database.migrated)
      )))
  })
}
