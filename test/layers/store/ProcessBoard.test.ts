import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, TestClock, TestServices } from "effect"
import { assert } from "vitest"
import { budgetId, type BudgetKey } from "../../../src/domain/RateBudget.js"
import * as BudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as BoardMemory from "../../../src/layers/memory/ProcessBoardMemory.js"
import { migrate } from "../../../src/layers/store/migrate.js"
import * as BoardSql from "../../../src/layers/store/ProcessBoardSql.js"
import { ProcessBoard } from "../../../src/services/ProcessBoard.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { emptied, testDatabases, testProcess } from "../../support/databases.js"

const start = Date.parse("2026-11-21T10:00:00Z")
const hub: BudgetKey = { service: "dockerhub", payer: "egress" }

const processNamed = (id: string) => ({ ...testProcess, id, startedAt: start })

/** A process of its own: its board, its budgets, and how it ends. */
const startProcess = (id: string) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const budgets = yield* BudgetsMemory.make
    const board = yield* BoardSql.make(processNamed(id)).pipe(
      Effect.provideService(RateBudgets, budgets),
      Scope.extend(scope)
    )
    return { board, budgets, end: Scope.close(scope, Exit.void) }
  })

const moment = TestServices.provideLive(Effect.sleep("10 millis"))

// Writes go over a real connection, which the test clock does not wait for.
const eventually = <A, E>(read: Effect.Effect<A, E>, isThere: (value: A) => boolean) =>
  Effect.gen(function*() {
    while (true) {
      const value = yield* read
      if (isThere(value)) return value
      yield* moment
    }
  })

const onMigrated = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  emptied.pipe(Effect.zipRight(migrate("DATABASE_URL")), Effect.zipRight(test))

for (const database of testDatabases) {
  describe.skipIf(!database.available)(`ProcessBoard, ${database.name}`, () => {
    layer(database.empty, { timeout: 60_000 })((it) => {
      it.scoped("shows what another process reports, until it ends", () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const one = yield* startProcess("one")
          const two = yield* startProcess("two")
          assert.deepStrictEqual(yield* two.board.running, [])
          yield* one.board.report("sync", { checked: 1n, text: "a\u0000b" })
          yield* TestClock.adjust(1000)
          const [seen] = yield* eventually(two.board.running, (rows) => rows.length > 0)
          assert.strictEqual(seen?.id, "one")
          assert.strictEqual(seen?.startedAt, start)
          assert.deepStrictEqual(seen?.progress, { sync: { checked: "1", text: "ab" } })
          yield* one.end
          assert.deepStrictEqual(yield* two.board.running, [])
          yield* two.end
        }).pipe(onMigrated))

      it.scoped("writes at most once a second, and lives on by its heartbeat", () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const sql = yield* SqlClient
          yield* sql`create table writes (at timestamptz)`
          yield* sql`create function note() returns trigger language plpgsql as
          'begin insert into writes values (new.heartbeat_at); return new; end'`
          yield* sql`create trigger note after insert or update on image_census_processes
          for each row execute function note()`
          const { board, end } = yield* startProcess("one")
          for (let tenth = 0; tenth < 30; tenth++) {
            yield* board.report("sync", { tenth })
            yield* Effect.zipRight(TestClock.adjust(100), moment)
          }
          const writes = yield* eventually(sql`select at from writes`, (rows) => rows.length > 1)
          assert.isAtMost(writes.length, 4)
          const closest = yield* sql`select min(gap) >= interval '1 second' as apart
          from (select at - lag(at) over (order by at) as gap from writes) w`
          assert.deepStrictEqual(closest, [{ apart: true }])
          // Nothing new for five minutes.
          yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("10 seconds"), moment), 30)
          const alive = yield* eventually(board.running, (rows) => rows.length === 1)
          assert.strictEqual(alive.length, 1)
          yield* end
        }).pipe(onMigrated))

      it.scoped("does not count a process whose heartbeat stopped", () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const sql = yield* SqlClient
          const { board, end } = yield* startProcess("one")
          yield* sql`insert into image_census_processes (id, host, pid, command, started_at, heartbeat_at)
          values ('dead', 'here', 1, 'killed', to_timestamp(0), to_timestamp(${start / 1000 - 60}::float8)),
            ('alive', 'here', 2, 'running', to_timestamp(0), to_timestamp(${start / 1000 - 59}::float8))`
          assert.deepStrictEqual((yield* board.running).map(({ id }) => id), ["alive"])
          yield* end
        }).pipe(onMigrated))

      it.scoped("brings the budgets of all processes together", () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const one = yield* startProcess("one")
          const two = yield* startProcess("two")
          yield* one.budgets.observe(hub, { limit: 180, remaining: 100, resetsAt: start + 60_000 })
          yield* one.budgets.spend(hub, 3, 3)
          yield* one.budgets.park(hub, start + 50_000, "HTTP 429")
          const written = (requests: number) =>
            Effect.zipRight(
              TestClock.adjust(1000),
              eventually(two.board.budgets, ([row]) => row?.requests === requests)
            )
          yield* written(3)
          yield* two.budgets.observe(hub, { remaining: 90 })
          yield* two.budgets.spend(hub, 2, 2)
          yield* two.budgets.park(hub, start + 5_000, "short")
          yield* written(5)
          yield* one.budgets.spend(hub, 1, 1)
          const [seen] = yield* written(6)
          assert.deepStrictEqual(seen?.key, hub)
          assert.strictEqual(seen?.limit, 180)
          assert.strictEqual(seen?.remaining, 90)
          assert.strictEqual(seen?.requests, 6)
          assert.strictEqual(seen?.parkedUntil, start + 50_000)
          assert.strictEqual(seen?.parkReason, "HTTP 429")
          yield* TestClock.adjust(50_000)
          const [later] = yield* two.board.budgets
          assert.isUndefined(later?.parkedUntil)
          assert.isUndefined(later?.parkReason)
          yield* one.end
          yield* two.end
        }).pipe(onMigrated))

      it.scoped("shows nothing of what a clock ten years ahead has written, and writes over it", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          yield* TestClock.setTime(start)
          const ahead = sql`to_timestamp(${start / 1000}::float8) + interval '10 years'`
          yield* sql`insert into image_census_processes (id, host, pid, command, started_at, heartbeat_at)
            values ('wrong', 'there', 1, 'daemon', ${ahead}, ${ahead})`
          yield* sql`insert into image_census_budgets
              (budget_id, service, payer, remaining, parked_until, park_reason, observed_at)
            values (${budgetId(hub)}, ${hub.service}, ${hub.payer}, 1, ${ahead}, 'wrong', ${ahead})`
          const { board, budgets, end } = yield* startProcess("one")
          assert.deepStrictEqual(yield* board.running, [])
          assert.isUndefined((yield* board.budgets)[0]?.parkedUntil)
          yield* board.report("sync", {})
          yield* budgets.observe(hub, { remaining: 9 })
          yield* budgets.park(hub, start + 600_000, "429")
          yield* TestClock.adjust(1000)
          const [seen] = yield* eventually(board.budgets, ([first]) => first?.remaining === 9)
          assert.deepInclude(seen, { parkedUntil: start + 600_000, parkReason: "429" })
          assert.isAtMost(seen?.observedAt ?? 0, start + 1000)
          assert.deepStrictEqual((yield* board.running).map(({ id }) => id), ["one"])
          assert.deepStrictEqual(yield* sql`select id from image_census_processes`, [{ id: "one" }])
          yield* end
        }).pipe(onMigrated))

      it.scoped("shows a park that is no instant as none", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient
          const { board, end } = yield* startProcess("one")
          yield* sql`insert into image_census_budgets (budget_id, service, payer, parked_until, resets_at, observed_at)
            values ('dockerhub/here', 'dockerhub', 'here', 'infinity', '-infinity', now())`
          const [seen] = yield* board.budgets
          assert.isUndefined(seen?.parkedUntil)
          assert.isUndefined(seen?.resetsAt)
          yield* end
        }).pipe(onMigrated))
    })
  })
}

describe("ProcessBoard, memory", () => {
  it.effect("shows its own process once that has reported, and its budgets", () =>
    Effect.gen(function*() {
      const board = yield* ProcessBoard
      const budgets = yield* RateBudgets
      assert.deepStrictEqual(yield* board.running, [])
      yield* board.report("sync", { checked: 1 })
      yield* budgets.spend(hub, 1, 1)
      assert.deepStrictEqual((yield* board.running).map(({ id, progress }) => [id, progress]), [
        ["one", { sync: { checked: 1 } }]
      ])
      assert.deepStrictEqual((yield* board.budgets).map(({ key }) => budgetId(key)), ["dockerhub/egress"])
    }).pipe(Effect.provide(Layer.provideMerge(BoardMemory.layer(processNamed("one")), BudgetsMemory.layer))))
})
