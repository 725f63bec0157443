import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Logger, MutableRef, Schema, TestClock } from "effect"
import * as DatabaseClock from "../../../src/layers/store/DatabaseClock.js"
import { aheadOfDatabase, OffsetClock } from "../../../src/layers/store/offsetClock.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { postgres } from "../../support/databases.js"

const Seconds = Schema.Tuple(Schema.Struct({ at: Schema.Number }))

const ofDatabase = Effect.flatMap(SqlClient, (sql) =>
  Effect.flatMap(
    sql`select extract(epoch from clock_timestamp())::float8 as at`,
    (rows) => Effect.map(Schema.decodeUnknown(Seconds)(rows), ([{ at }]) => at * 1000)
  ))

const logged = (lines: Array<string>) =>
  Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))

const near = (first: number, second: number) => assert.isBelow(Math.abs(first - second), 120_000)

/** Of a machine that sleeps for an hour before each time that its clock is read. */
class Sleeping extends OffsetClock {
  override unsafeCurrentTimeMillis(): number {
    MutableRef.update(this.ahead, (ahead) => ahead - 3_600_000)
    return super.unsafeCurrentTimeMillis()
  }
}

describe.runIf(postgres.available)("a process whose clock is wrong", () => {
  const built = Layer.provideMerge(
    RepoDockerStoreSql.layer({ holder: "wrong" }),
    Layer.provideMerge(DatabaseClock.layer, postgres.migrated)
  )

  for (const years of [10, -10]) {
    it.effect(`by ${years} years says so and goes by the database's, until both agree again`, () => {
      const lines = new Array<string>()
      return Effect.gen(function*() {
        const virtual = yield* Effect.clock
        const real = yield* Effect.provide(ofDatabase, postgres.empty)
        yield* TestClock.setTime(real)
        // This machine's clock: the virtual one, and wrong.
        const off = years * 365 * 86_400_000
        const error = MutableRef.make(-off)
        const pass = (span: Duration.DurationInput) => Effect.withClock(TestClock.adjust(span), virtual)
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient
          near(yield* Clock.currentTimeMillis, yield* ofDatabase)
          near(yield* aheadOfDatabase, off)
          near(yield* Fiber.join(yield* Effect.fork(Clock.currentTimeMillis)), yield* ofDatabase)
          const store = yield* RepoDockerStore
          yield* store.addRepositories([{ owner: "a", name: "b" }])
          yield* store.claimRepositories({ limit: 1, lease: Duration.minutes(10), interval: Duration.days(14) })
          const [{ at }] = yield* Effect.flatMap(
            sql`select extract(epoch from until - clock_timestamp())::float8 as at from repos_docker_leases`,
            Schema.decodeUnknown(Seconds)
          )
          near(at * 1000, 600_000)
          // Waits are spans.
          const slept = yield* Effect.fork(Effect.sleep("10 seconds"))
          yield* pass("10 seconds")
          yield* Fiber.join(slept)
          MutableRef.set(error, 0)
          yield* pass("70 seconds")
          yield* Effect.repeat(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), {
            until: () => lines.length > 1
          })
          assert.strictEqual(yield* aheadOfDatabase, 0)
          near(yield* Clock.currentTimeMillis, yield* ofDatabase)
        }).pipe(Effect.provide(built), Effect.withClock(new OffsetClock(virtual, error)))
        assert.match(
          lines[0] ?? "",
          new RegExp(`^this machine's clock is \\d+d[^,]* ${years > 0 ? "ahead of" : "behind"} the database's`)
        )
        assert.include(lines[1], "agrees with the database's again")
      }).pipe(Effect.provide(logged(lines)))
    })
  }

  it.effect("is not found where the answer came so late that it tells nothing", () => {
    const lines = new Array<string>()
    return Effect.gen(function*() {
      const base = yield* Effect.clock
      yield* TestClock.setTime(yield* Effect.provide(ofDatabase, postgres.empty))
      const ahead = yield* Effect.provide(aheadOfDatabase, Layer.provideMerge(DatabaseClock.layer, postgres.empty))
        .pipe(
          Effect.withClock(new Sleeping(base, MutableRef.make(0)))
        )
      assert.strictEqual(ahead, 0)
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("by less than five minutes is left alone", () => {
    const lines = new Array<string>()
    return Effect.gen(function*() {
      const real = yield* Effect.provide(ofDatabase, postgres.empty)
      yield* TestClock.setTime(real + 120_000)
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* Clock.currentTimeMillis, real + 120_000)
        assert.strictEqual(yield* aheadOfDatabase, 0)
      }).pipe(Effect.provide(built))
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(logged(lines)))
  })
})
