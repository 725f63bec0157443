import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option, TestClock } from "effect"
import { assert } from "vitest"
import { dayOf } from "../../../src/domain/UtcDay.js"
import * as Database from "../../../src/layers/store/Database.js"
import { migrate, schemaVersion } from "../../../src/layers/store/migrate.js"
import * as Store from "../../../src/layers/store/RepoDockerStoreSql.js"
import { emptied, postgres, scratchUrl, testDatabases, testProcess } from "../../support/databases.js"
import { claim, claimDaily, hit } from "../../support/findings.js"

const now = Date.parse("2026-11-21T10:00:00Z")
const setting = "DATABASE_URL"

/** The tables as a deployment of dockerhub-sync has them, with rows. */
const deployed = (daily: ReadonlyArray<string>) => [
  `create table repos (id bigserial primary key, url text unique not null, host text, owner text, name text,
    language text, docker_checked_at timestamptz)`,
  `create index repos_docker_backlog on repos (id) where host = 'github' and docker_checked_at is null`,
  `create table repo_docker (id bigserial primary key, repo_id bigint null references repos, image_name text not null unique,
    pulls bigint, stars int, last_synced_at timestamptz not null default now())`,
  `create index on repo_docker (last_synced_at)`,
  ...daily,
  `insert into repos (url, host, owner, name, language, docker_checked_at) values
    ('https://github.com/Ollama/ollama', 'github', 'Ollama', 'ollama', 'Go', '2026-11-15 12:00:00+00'),
    ('https://github.com/never/checked', 'github', 'never', 'checked', 'C', null),
    ('git@github.com:from/address.git', 'github', null, null, null, null),
    ('https://github.com/no/host/', null, '', null, null, null),
    ('https://gitlab.com/other/host', 'gitlab', null, null, null, null),
    ('https://gitlab.com/nobody/knows', null, null, null, null, null),
    ('not an address', 'github', null, null, null, null),
    ('https://github.com/blank/host', '', '', '', null, null)`,
  `insert into repo_docker (repo_id, image_name, pulls, stars, last_synced_at) values
    (1, 'ollama/ollama', 900, 12, '2026-11-20 23:59:00+00'),
    (null, 'orphan/image', null, null, '2026-11-10 00:00:00+00')`,
  `insert into repo_docker_pulls_daily values
    ('ollama/ollama', '2026-11-19', 700), ('ollama/ollama', '2026-11-20', 900)`
]

const partitioned = `create table repo_docker_pulls_daily (image_name text, date date, pulls_total bigint,
  primary key (image_name, date)) partition by range (date)`
const plain = `create table repo_docker_pulls_daily (image_name text, date date, pulls_total bigint,
  primary key (image_name, date))`

const dailies = [
  ["partitions by month under other names", [
    partitioned,
    `create table pulls_2026m11 partition of repo_docker_pulls_daily for values from ('2026-11-01') to ('2026-12-01')`
  ]],
  ["a default partition", [partitioned, `create table pulls_rest partition of repo_docker_pulls_daily default`]],
  ["a plain table", [plain]]
] as const

const firstOf = <A>(rows: ReadonlyArray<A>) =>
  rows[0] === undefined ? Effect.dieMessage("there is no row") : Effect.succeed(rows[0])

const onEmpty = <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.zipRight(emptied, test)
const onMigrated = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  emptied.pipe(Effect.zipRight(migrate(setting)), Effect.zipRight(test))

/** A store with one repository, which was checked and publishes an image. */
const checkedRepository = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* TestClock.setTime(now)
  const store = yield* Store.make({ holder: "test" })
  yield* sql`insert into repos (url, host, owner, name) values ('https://github.com/a/b', 'github', 'a', 'b')`
  const checked = yield* firstOf(yield* store.claimRepositories(claim(1)))
  yield* store.recordDiscovery([hit(checked, now, "a/b", 5n)])
  return { sql, store, checked }
})

for (const database of testDatabases) {
  describe.skipIf(!database.available)(`migrate, ${database.name}`, () => {
    layer(database.empty, { timeout: 60_000 })((it) => {
      it.scoped("makes the schema, and finds nothing left to do the second time", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          assert.strictEqual((yield* migrate(setting)).length, schemaVersion)
          assert.deepStrictEqual(yield* migrate(setting), [])
          assert.deepStrictEqual(yield* sql`select count(*)::int as count from repos`, [{ count: 0 }])
        }).pipe(onEmpty))

      it.scoped("refuses a database that is newer than the program, and leaves it alone", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          yield* migrate(setting)
          yield* sql`insert into image_census_migrations (migration_id, name) values (${schemaVersion + 1}, 'future')`
          const error = yield* Effect.flip(migrate(setting))
          assert.deepInclude(error, { _tag: "SETTINGS", setting })
          assert.include(error.message, `schema version ${schemaVersion + 1}`)
        }).pipe(onEmpty))

      it.scoped("tells in one line what stands in the way, and leaves nothing half done", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          yield* sql`create view repo_docker as select 1 as id`
          const error = yield* Effect.flip(migrate(setting))
          assert.strictEqual(error._tag, "SETTINGS")
          assert.include(error.message, "repo_docker")
          assert.notInclude(error.message, "\n")
          assert.deepStrictEqual(yield* sql`select to_regclass('repos') is null as untouched`, [{ untouched: true }])
        }).pipe(onEmpty))

      for (const [kind, daily] of dailies) {
        it.scoped(`adopts existing tables and their rows: ${kind}`, () =>
          Effect.gen(function*() {
            const sql = yield* SqlClient
            yield* TestClock.setTime(now)
            yield* Effect.forEach(deployed(daily), (text) => sql.unsafe(text))
            yield* migrate(setting)

            // What old readers ask for, and what the rows said.
            const old = yield* sql`select url, host, owner, name, language,
            docker_checked_at at time zone 'UTC' = '2026-11-15 12:00:00' as checked from repos order by id`
            assert.deepStrictEqual(old.map((row) => [row["url"], row["host"], row["owner"], row["name"]]), [
              ["https://github.com/Ollama/ollama", "github", "Ollama", "ollama"],
              ["https://github.com/never/checked", "github", "never", "checked"],
              ["git@github.com:from/address.git", "github", "from", "address"],
              ["https://github.com/no/host/", "github", "no", "host"],
              ["https://gitlab.com/other/host", "gitlab", null, null],
              ["https://gitlab.com/nobody/knows", null, null, null],
              ["not an address", "github", null, null],
              ["https://github.com/blank/host", "github", "blank", "host"]
            ])
            assert.deepStrictEqual(old.map((row) => row["checked"]), [true, ...Array.from({ length: 7 }, () => null)])
            assert.deepStrictEqual(old.map((row) => row["language"]), [
              "Go",
              "C",
              ...Array.from({ length: 6 }, () => null)
            ])
            assert.deepStrictEqual(
              yield* sql`select image_name, pulls, stars from repo_docker order by image_name`,
              [
                { image_name: "ollama/ollama", pulls: "900", stars: 12 },
                { image_name: "orphan/image", pulls: null, stars: null }
              ]
            )

            const store = yield* Store.make({ holder: "test" })
            const claims = yield* store.claimRepositories(claim(10))
            assert.deepStrictEqual(claims.map(({ repository }) => repository.owner), ["never", "from", "no", "blank"])
            const linked = yield* Effect.flatten(store.image("ollama/ollama"))
            assert.deepStrictEqual(linked.repositories, ["Ollama/ollama"])
            const due = yield* store.claimImages(claimDaily(10))
            assert.deepStrictEqual(due.map(({ image }) => image), ["orphan/image", "ollama/ollama"])

            // Today's rows can be written, and next month's too.
            const one = yield* firstOf(claims)
            yield* store.recordDiscovery([hit(one, now, "never/checked", 5n)])
            yield* store.recordDiscovery([hit(one, now + 31 * 86_400_000, "never/checked", 6n)])
            assert.deepStrictEqual(
              yield* sql`select count(*)::int as rows, min(date)::text as first from repo_docker_pulls_daily`,
              [{ rows: 4, first: "2026-11-19" }]
            )
          }).pipe(onEmpty))
      }

      it.scoped("goes on from version 7 with its rows: those that died of a defect keep the reason, and hold it once they are tried", () =>
        Effect.gen(function*() {
          const { sql, store } = yield* checkedRepository
          yield* sql`insert into repos (url, host, owner, name, docker_not_before, docker_attempts, docker_last_error)
            values ('https://github.com/c/d', 'github', 'c', 'd', '2026-11-21 11:00:00+00', 1, 'internal error: before')`
          yield* sql`update repo_docker set missing_since = '2026-11-20', due_on = '2026-11-21'`
          const rows = sql`select r.owner, r.docker_not_before::text as until, r.docker_last_error as error,
            d.image_name as image, d.missing_since::text as missing, d.due_on::text as due, d.pulls
            from repos r left join repo_docker d on d.repo_id = r.id order by r.id`
          const before = yield* rows

          // As version 7 left it.
          yield* sql`drop view image_census_defects_held`
          yield* sql`drop table image_census_defects`
          yield* sql`drop index repos_docker_deferred, repo_docker_missing`
          yield* sql`delete from image_census_migrations where migration_id > 7`

          assert.deepStrictEqual(yield* migrate(setting), ["8_defects"])
          assert.deepStrictEqual(yield* rows, before)
          assert.strictEqual(before.length, 2)
          const status = store.status({ discovery: Duration.days(14), refresh: Duration.hours(24) })
          assert.strictEqual((yield* status).defects.rows, 0, "nothing was noted by version 7")

          // The next time that it dies, it is noted.
          yield* TestClock.setTime(now + 2 * 3_600_000)
          const due = yield* firstOf(yield* store.claimRepositories(claim(1)))
          yield* store.recordDiscovery([{
            claim: due,
            at: now + 2 * 3_600_000,
            result: { _tag: "Deferred", reason: "internal error: again", notBefore: now + 4 * 3_600_000 }
          }])
          const { newest, rows: held } = (yield* status).defects
          assert.strictEqual(held, 1)
          assert.deepInclude(newest[0], { job: "discovery", subject: "c/d", reason: "internal error: again", times: 1 })
        }).pipe(onMigrated))

      it.scoped("takes up rows that other programs add later", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          const store = yield* Store.make({ holder: "test" })
          yield* sql`insert into repos (url, host, owner, name) values ('https://github.com/a/b', 'github', 'a', 'b')`
          yield* sql`insert into repos (url) values ('https://github.com/c/d'), ('https://example.org/e/f')`
          const claims = yield* store.claimRepositories(claim(10))
          assert.deepStrictEqual(claims.map(({ repository }) => repository.name).sort(), ["b", "d"])
        }).pipe(onMigrated))

      it.scoped("checks again what other programs mark as unchecked", () =>
        Effect.gen(function*() {
          const { checked, sql, store } = yield* checkedRepository
          assert.deepStrictEqual(yield* store.claimRepositories(claim(1)), [])
          yield* sql`update repos set docker_checked_at = null`
          assert.deepStrictEqual((yield* store.claimRepositories(claim(1))).map(({ id }) => id), [checked.id])
        }).pipe(onMigrated))

      it.scoped("believes the daily table, whoever wrote or removed its rows", () =>
        Effect.gen(function*() {
          const { sql, store } = yield* checkedRepository
          yield* sql`update repo_docker_pulls_daily set date = date - 1`
          assert.strictEqual((yield* store.claimImages(claimDaily(1))).length, 1)
        }).pipe(onMigrated))
    })
  })
}

describe.skipIf(!postgres.available)("migrate, several processes on Postgres", () => {
  it.scopedLive("brings one database up to date from eight at once", () =>
    Effect.gen(function*() {
      const url = yield* scratchUrl
      const connection = Database.connection({ url: Option.some(url), dataDir: "", process: testProcess }).pipe(
        Layer.provide(NodeContext.layer)
      )
      const applied = yield* Effect.all(
        Array.from({ length: 8 }, () => Effect.provide(migrate(setting), Layer.fresh(connection))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(applied.flat().length, schemaVersion)
    }))

  it.scoped("makes a month's partition from several connections at once, in any time zone", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      const lateEvening = Date.parse("2027-03-31T23:59:59Z")
      const stores = yield* Effect.all(
        Array.from({ length: 6 }, (_, index) => Store.make({ holder: `holder ${index}` }))
      )
      const written = yield* Effect.forEach(
        stores,
        (store, index) => store.importPulls([{ image: `a/${index}`, day: dayOf(lateEvening), total: 1n }], false),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(written.reduce((sum, part) => sum + part.written, 0), 6)
      assert.deepStrictEqual(yield* sql`select distinct date::text as date from repo_docker_pulls_daily_2027_03`, [
        { date: "2027-03-31" }
      ])
      // The month after is there as well.
      assert.deepStrictEqual(yield* sql`select count(*)::int as rows from repo_docker_pulls_daily_2027_04`, [{
        rows: 0
      }])
    }).pipe(Effect.provide(postgres.migrated)))
})
