import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Redacted, Ref, type Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { make } from "../../../src/layers/budgets/RateBudgetsSql.js"
import { migrate } from "../../../src/layers/store/migrate.js"
import type { RateBudgets } from "../../../src/services/RateBudgets.js"
import { postgres, scratchUrl } from "../../support/databases.js"

const hub = { service: "dockerhub", payer: "here" }
// Half an hour: a park that lies further ahead than an hour is none.
const far = Math.round(performance.timeOrigin) + 1_800_000

interface Process {
  readonly budgets: RateBudgets["Type"]
  readonly sql: SqlClient.SqlClient
}

/** A process of its own as far as the server can tell: connections and memory are shared with no other. */
const startProcess = (url: Redacted.Redacted, name: string): Effect.Effect<Process, never, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(PgClient.layer({ url, maxConnections: 2 })).pipe(Effect.orDie)
    const sql = Context.get(context, SqlClient.SqlClient)
    const budgets = yield* Effect.provideService(make({ url, process: name }), SqlClient.SqlClient, sql)
    return { budgets, sql }
  })

const setUp = Effect.gen(function*() {
  const url = yield* scratchUrl
  const one = yield* startProcess(url, "one")
  yield* migrate("TEST_DATABASE_URL").pipe(Effect.provideService(SqlClient.SqlClient, one.sql), Effect.orDie)
  return { url, one, two: yield* startProcess(url, "two") }
})

const others = (url: Redacted.Redacted, script: string) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof spawn>>((resume) => {
      const child = spawn(process.execPath, ["--import", "tsx", script, Redacted.value(url)], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      child.stdout.once("data", () => resume(Effect.succeed(child)))
      child.once("error", (error) => resume(Effect.die(error)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe.skipIf(!postgres.available)("RateBudgetsSql", () => {
  it.scopedLive("gives one turn at a time to two processes, and lets both come to it", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      const running = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      const order = yield* Ref.make<ReadonlyArray<string>>([])
      const work = (name: string) =>
        Effect.gen(function*() {
          const now = yield* Ref.updateAndGet(running, (n) => n + 1)
          yield* Ref.update(most, (m) => Math.max(m, now))
          yield* Ref.update(order, (names) => [...names, name])
          yield* Effect.sleep("3 millis")
          yield* Ref.update(running, (n) => n - 1)
        })
      const turns = (budgets: RateBudgets["Type"], name: string) =>
        Effect.all(Array.from({ length: 25 }, () => budgets.turn(hub)(work(name))), { concurrency: 5 })
      yield* Effect.all([turns(one.budgets, "one"), turns(two.budgets, "two")], { concurrency: 2 })
      assert.strictEqual(yield* Ref.get(most), 1)
      const names = yield* Ref.get(order)
      assert.lengthOf(names, 50)
      // Neither waited for all of the other's turns: the server's queue is in order of arrival.
      assert.isBelow(names.indexOf("two"), 25)
      assert.isBelow(names.indexOf("one"), 25)
    }))

  it.scopedLive("believes no park that a clock ten years ahead has written, and writes its own over it", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      const tenYears = far + 10 * 365 * 86_400_000
      yield* one.budgets.park(hub, tenYears, "429 of a wrong clock")
      assert.strictEqual(yield* two.budgets.turn(hub)(two.budgets.parkedUntil(hub)), 0)
      yield* two.budgets.park(hub, far, "429")
      const rows = yield* two.sql`select park_reason as reason,
        (extract(epoch from parked_until) * 1000)::float8 as until from image_census_budgets`
      assert.deepStrictEqual(rows, [{ reason: "429", until: far }])
    }))

  it.scopedLive("lets everyone obey a park that one has set in its turn, and never shortens it", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      yield* one.budgets.turn(hub)(one.budgets.park(hub, far, "429"))
      assert.strictEqual(yield* two.budgets.turn(hub)(two.budgets.parkedUntil(hub)), far)
      assert.deepInclude((yield* two.budgets.snapshot)[0], { parkedUntil: far, parkReason: "429", requests: 0 })
      yield* two.budgets.park(hub, far - 1000, "shorter")
      yield* two.budgets.park(hub, far + 1000, "longer")
      const rows = yield* one.sql`select budget_id, service, payer, park_reason, process,
        extract(epoch from parked_until)::float8 * 1000 as until from image_census_budgets`
      assert.deepStrictEqual(rows, [{
        budget_id: "dockerhub/here",
        service: "dockerhub",
        payer: "here",
        park_reason: "longer",
        process: "two",
        until: far + 1000
      }])
      yield* one.budgets.turn(hub)(Effect.void)
      assert.strictEqual(yield* one.budgets.parkedUntil(hub), far + 1000)
    }))

  it.scopedLive("takes a park that is no instant for none, and says so", () =>
    Effect.gen(function*() {
      const { one } = yield* setUp
      yield* one.sql`insert into image_census_budgets (budget_id, service, payer, parked_until, observed_at, process)
        values ('dockerhub/here', 'dockerhub', 'here', 'infinity', now(), 'somebody')`
      const said: Array<string> = []
      const logger = Logger.make(({ message }) => {
        said.push(String(message))
      })
      yield* one.budgets.turn(hub)(Effect.void).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual(yield* one.budgets.parkedUntil(hub), 0)
      assert.deepStrictEqual(said, [
        "the park of dockerhub/here in the database is no instant: not parked"
      ])
    }))

  it.scopedLive("keeps other budgets to the process", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      const token = { service: "github", payer: "token:1" }
      const both = yield* Deferred.make<void>()
      yield* one.budgets.park(token, far, "secondary")
      yield* Effect.all([
        one.budgets.turn(token)(Deferred.await(both)),
        two.budgets.turn(token)(Deferred.succeed(both, undefined))
      ], { concurrency: 2 })
      assert.strictEqual(yield* two.budgets.parkedUntil(token), 0)
      assert.deepStrictEqual(yield* one.sql`select * from image_census_budgets`, [])
    }))

  it.scopedLive("gives the turn of a killed process to another", () =>
    Effect.gen(function*() {
      const { one, url } = yield* setUp
      const child = yield* others(url, fileURLToPath(new URL("holder.ts", import.meta.url)))
      const waiting = yield* Effect.fork(one.budgets.turn(hub)(Effect.succeed("mine")))
      yield* Effect.sleep("700 millis")
      assert.strictEqual((yield* Fiber.status(waiting))._tag, "Suspended")
      child.kill("SIGKILL")
      assert.strictEqual(yield* Effect.timeout(Fiber.join(waiting), "10 seconds"), "mine")
    }))

  it.scopedLive("lets finish what runs when its connection is lost, and connects anew for the next turn", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      const cut = one.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'image-census turn' and datname = current_database()`
      assert.strictEqual(yield* one.budgets.turn(hub)(Effect.as(cut, "finished")), "finished")
      assert.strictEqual(yield* two.budgets.turn(hub)(Effect.succeed("next")), "next")
      assert.strictEqual(yield* one.budgets.turn(hub)(Effect.succeed("again")), "again")
      // And while idle, holding nothing.
      yield* cut
      assert.strictEqual(yield* one.budgets.turn(hub)(Effect.succeed("and again")), "and again")
    }))

  it.scopedLive("can be interrupted while it waits, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const { one, two } = yield* setUp
      const held = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(
        one.budgets.turn(hub)(Effect.zipRight(Deferred.succeed(held, undefined), Deferred.await(release)))
      )
      yield* Deferred.await(held)
      const waiting = yield* Effect.fork(two.budgets.turn(hub)(Effect.die("never mine")))
      yield* Effect.sleep("300 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holder)
      for (const { budgets } of [one, two, one]) {
        assert.strictEqual(yield* Effect.timeout(budgets.turn(hub)(Effect.succeed("free")), "10 seconds"), "free")
      }
      const failed = yield* Effect.exit(two.budgets.turn(hub)(Effect.fail("broken")))
      assert.deepStrictEqual(failed, Exit.fail("broken"))
      const interrupted = yield* Effect.fork(two.budgets.turn(hub)(Effect.never))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(interrupted)
      assert.strictEqual(yield* Effect.timeout(one.budgets.turn(hub)(Effect.succeed("free")), "10 seconds"), "free")
    }))

  it.scopedLive("waits for a database that cannot be reached, and can be interrupted there", () =>
    Effect.gen(function*() {
      const { one } = yield* setUp
      const url = Redacted.make("postgres://nobody:secret@127.0.0.1:1/nothing")
      const budgets = yield* Effect.provideService(make({ url, process: "three" }), SqlClient.SqlClient, one.sql)
      const waiting = yield* Effect.fork(budgets.turn(hub)(Effect.die("no turn without the database")))
      yield* Effect.sleep("600 millis")
      assert.strictEqual((yield* Fiber.status(waiting))._tag, "Suspended")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
    }))
})
