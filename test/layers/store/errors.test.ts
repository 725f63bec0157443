import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { describe, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck, Ref } from "effect"
import { assert } from "vitest"
import { writeInBulk } from "../../../src/layers/store/bulk.js"
import { makeCore, transient } from "../../../src/layers/store/core.js"
import { inTransaction, isAway, toTransient } from "../../../src/layers/store/errors.js"
import { makeRecordRefresh } from "../../../src/layers/store/refreshFindings.js"
import { postgres } from "../../support/databases.js"
import { refreshed } from "../../support/findings.js"

const uncoded = (message: string) => new SqlError({ cause: new Error(message), message: "failed" })
const failure = (code: string) => new SqlError({ cause: { code, message: `said ${code}` }, message: "failed" })

describe("what a database error means", () => {
  it.each([
    ["ECONNREFUSED", "network"],
    ["ECONNRESET", "network"],
    ["08006", "network"],
    ["57P01", "network"],
    ["57P03", "network"],
    ["53300", "network"],
    ["57014", "timeout"],
    ["53100", "server"],
    ["42501", "server"]
  ])("%s is TRANSIENT, %s", (code, reason) => {
    const error = toTransient(failure(code))
    assert.strictEqual(error.reason, reason)
    assert.include(error.message, `said ${code}`)
  })

  it("tells a database that is away from one that a person has to mend something about", () => {
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENOENT", "08006", "53300", "57P03", "57014"]) {
      assert.isTrue(isAway(failure(code)), code)
    }
    for (const code of ["28P01", "28000", "3D000", "42501", "ERR_TLS_CERT_ALTNAME_INVALID"]) {
      assert.isFalse(isAway(failure(code)), code)
    }
    assert.isTrue(isAway(uncoded("Connection terminated unexpectedly")))
    assert.isFalse(isAway(uncoded("The server does not support SSL connections")))
    assert.isFalse(isAway(uncoded("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string")))
  })

  it.effect.prop(
    "writes everything that is not refused, and refuses everything that is",
    {
      size: FastCheck.integer({ min: 0, max: 60 }),
      bad: FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 59 }))
    },
    ({ bad, size }) =>
      Effect.gen(function*() {
        const written = yield* Ref.make<ReadonlyArray<number>>([])
        const refused = yield* Ref.make<ReadonlyArray<number>>([])
        const items = Array.from({ length: size }, (_, index) => index)
        const count = yield* writeInBulk(
          items,
          (batch) =>
            batch.some((item) => bad.includes(item))
              ? Effect.fail(failure("23514"))
              : Ref.update(written, (before) => [...before, ...batch]),
          (item) => Ref.update(refused, (before) => [...before, item])
        )
        const expected = items.filter((item) => bad.includes(item))
        assert.deepStrictEqual(yield* Ref.get(refused), expected)
        assert.deepStrictEqual(yield* Ref.get(written), items.filter((item) => !bad.includes(item)))
        assert.strictEqual(count, expected.length)
      })
  )

  it.effect("gives up a write whose connection is lost, without halving it", () =>
    Effect.gen(function*() {
      const calls = yield* Ref.make(0)
      const write = () => Effect.zipRight(Ref.update(calls, (count) => count + 1), Effect.fail(failure("57P01")))
      const error = yield* Effect.flip(writeInBulk([1, 2, 3, 4], write, () => Effect.void))
      assert.strictEqual(toTransient(error).reason, "network")
      assert.strictEqual(yield* Ref.get(calls), 1)
    }))
})

describe.skipIf(!postgres.available)("faults of a real server", () => {
  it.scoped("a connection that is lost within a transaction is TRANSIENT, and the next one works", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      const lost = Effect.zipRight(
        Effect.ignore(sql`select pg_terminate_backend(pg_backend_pid())`),
        sql`select 1`
      )
      const error = yield* Effect.flip(transient(inTransaction(sql)(lost)))
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.strictEqual(error.reason, "network")
      assert.deepStrictEqual(yield* sql`select 1 as one`, [{ one: 1 }])
    }).pipe(Effect.provide(postgres.migrated)))

  it.scoped("two transactions in each other's way both end well", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* sql`create table counters (id int primary key, value int not null)`
      yield* sql`insert into counters values (1, 0), (2, 0)`
      const both = [yield* Deferred.make<void>(), yield* Deferred.make<void>()] as const
      const bump = (id: number) => sql`update counters set value = value + 1 where id = ${id}`
      const crossing = (mine: 0 | 1, first: number, second: number) =>
        inTransaction(sql)(Effect.gen(function*() {
          yield* bump(first)
          yield* Deferred.succeed(both[mine], undefined)
          yield* Deferred.await(both[mine === 0 ? 1 : 0])
          yield* bump(second)
        }))
      yield* Effect.all([crossing(0, 1, 2), crossing(1, 2, 1)], { concurrency: 2 })
      assert.deepStrictEqual(yield* sql`select value from counters`, [{ value: 2 }, { value: 2 }])
    }).pipe(Effect.provide(postgres.migrated)))

  it.scoped("an image's row and its snapshot are written together or not at all", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* sql`insert into repo_docker (image_name, pulls) values ('a/good', 1), ('a/bad', 1)`
      yield* sql`create function refuse() returns trigger language plpgsql as
        'begin if new.image_name = ''a/bad'' then raise exception ''refused''; end if; return new; end'`
      yield* sql`create trigger refuse before insert on repo_docker_pulls_daily for each row execute function refuse()`
      const record = makeRecordRefresh(yield* makeCore(sql, "test"))
      const written = yield* record(["a/good", "a/bad"].map((image) => refreshed({ image, attempts: 0 }, 0, 9n)))
      assert.deepStrictEqual(written, { refused: 1 })
      assert.deepStrictEqual(yield* sql`select image_name, pulls::int as pulls from repo_docker order by 1`, [
        { image_name: "a/bad", pulls: 1 },
        { image_name: "a/good", pulls: 9 }
      ])
    }).pipe(Effect.provide(postgres.migrated)))
})
