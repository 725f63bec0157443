/**
 * Viewers of the live overview: what 1,000 of them cost the database and the server, what stuck ones hold, and how soon the
 * server stops with all of them there.
 */
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "@effect/sql/SqlClient"
import { Config, Console, Effect, Redacted, Ref, Schedule, Schema } from "effect"
import { startProgram, wait, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { child } from "./child.js"
import { createDatabase } from "./databases.js"
import { residentMegabytes, stopped } from "./running.js"
import { server } from "./server.js"
import { line } from "./table.js"

const widths = [44, 12] as const
const bounds = { queries: 1.1, stop: 2, manyMegabytes: 100, stuckMegabytes: 20 }

const Seen = Schema.Struct({ begun: Schema.Number, frames: Schema.Number, closed: Schema.Number })

/** Viewers until the scope closes; what they have seen. */
const viewers = (address: string, count: number, how: "read" | "stuck") =>
  child({
    module: new URL("viewers.ts", import.meta.url),
    args: [address, String(count), how],
    says: Seen,
    first: { begun: 0, frames: 0, closed: 0 }
  })

const Count = Schema.Tuple(Schema.Struct({ count: Schema.Number }))

// Statements cannot be counted from outside; each read here is a transaction of its own.
const transactions = Effect.flatMap(
  SqlClient,
  (sql) =>
    sql`select xact_commit::float8 as count from pg_stat_database where datname = current_database()`.pipe(
      Effect.flatMap(Schema.decodeUnknown(Count)),
      Effect.map(([{ count }]) => count)
    )
)

/** Transactions a second of others than ourselves, over so many seconds. */
const rate = (seconds: number) =>
  Effect.gen(function*() {
    // Sessions tell what they did once a second.
    yield* wait(2000)
    const before = yield* transactions
    yield* wait(seconds * 1000)
    return ((yield* transactions) - before) / seconds
  })

/** A process that reports something new every half second, of about so many bytes. */
const restless = (bytes: number) =>
  Effect.flatMap(
    SqlClient,
    (sql) =>
      sql`insert into image_census_processes (id, host, pid, command, started_at, heartbeat_at, progress)
      values ('restless', 'bench', 1, 'daemon', now(), now(), jsonb_build_object('now', now(), 'much', repeat('x', ${bytes})))
      on conflict (id) do update set heartbeat_at = now(), progress = excluded.progress`.pipe(
        Effect.repeat(Schedule.spaced("500 millis")),
        Effect.forkScoped
      )
  )

const serving = (url: string) =>
  Effect.gen(function*() {
    const running = yield* startProgram(
      { environment: { DATABASE_URL: url, LOG_LEVEL: "warning" } },
      "serve",
      "--port",
      "0"
    )
    yield* waitUntil(Effect.map(running.stdout, (text) => text.includes("dashboard:")))
    return { running, address: /dashboard: (\S+?)\/?\n/.exec(yield* running.stdout)?.[1] ?? "" }
  })

const begun = (seen: Ref.Ref<typeof Seen.Type>, count: number) =>
  waitUntil(Effect.map(Ref.get(seen), (now) => now.begun >= count))

const print = (cells: ReadonlyArray<string | number>) => Console.log(line(widths, cells))

/** Prints the figures beside their bounds; false where one is broken. */
export const liveBench = Effect.gen(function*() {
  const many = yield* Config.integer("BENCH_VIEWERS").pipe(Config.withDefault(1000))
  yield* build
  const { url: admin } = yield* server
  const url = yield* createDatabase(admin, "live")
  const database = PgClient.layer({ url: Redacted.make(url), maxConnections: 2 })

  const all = yield* Effect.scoped(Effect.gen(function*() {
    const { address, running } = yield* serving(url)
    yield* restless(100)
    const one = yield* viewers(address, 1, "read")
    yield* begun(one, 1)
    const alone = { queries: yield* rate(10), memory: (yield* residentMegabytes(running.pid)).now }
    const seen = yield* viewers(address, many - 1, "read")
    yield* begun(seen, many - 1)
    const from = (yield* Ref.get(seen)).frames
    const queries = yield* rate(10)
    const frames = ((yield* Ref.get(seen)).frames - from) / 12 / (many - 1)
    const memory = (yield* residentMegabytes(running.pid)).now
    return { alone, queries, frames, memory, stop: yield* stopped(running) }
  })).pipe(Effect.provide(database))

  const count = 40
  const bytes = 200_000
  const stuck = yield* Effect.scoped(Effect.gen(function*() {
    const { address, running } = yield* serving(url)
    yield* restless(bytes)
    const reading = yield* viewers(address, 1, "read")
    yield* begun(reading, 1)
    yield* wait(5000)
    const before = (yield* residentMegabytes(running.pid)).now
    const seen = yield* viewers(address, count, "stuck")
    yield* begun(seen, count)
    const sizes: Array<number> = []
    for (let second = 0; second < 45; second++) {
      yield* wait(1000)
      sizes.push((yield* residentMegabytes(running.pid)).now - before)
    }
    const { frames } = yield* Ref.get(reading)
    return { most: Math.max(...sizes), last: sizes.at(-1) ?? Number.NaN, frames, stop: yield* stopped(running) }
  })).pipe(Effect.provide(database))

  const ratio = all.queries / all.alone.queries
  yield* print(["live viewers of a status that changes", 1, many, "bound"])
  yield* print([
    "database transactions a second",
    all.alone.queries.toFixed(1),
    all.queries.toFixed(1),
    `x ${bounds.queries}`
  ])
  yield* print(["frames a second that each one had", "", all.frames.toFixed(2), ""])
  yield* print([
    "resident MB of the server",
    all.alone.memory.toFixed(0),
    all.memory.toFixed(0),
    `+ ${bounds.manyMegabytes}`
  ])
  yield* print(["SIGTERM with all of them: seconds", "", all.stop.seconds.toFixed(2), `< ${bounds.stop}`])
  yield* Console.log("")
  yield* print([`${count} stuck viewers, ${bytes / 1000} kB a frame, 45 s`, "", "", "bound"])
  yield* print(["frames that one who reads had", "", stuck.frames, ""])
  yield* print(["resident MB more, at most", "", stuck.most.toFixed(0), `< ${bounds.stuckMegabytes}`])
  yield* print(["resident MB more, at the end", "", stuck.last.toFixed(0), ""])
  yield* print(["SIGTERM with all of them: seconds", "", stuck.stop.seconds.toFixed(2), `< ${bounds.stop}`])
  return ratio <= bounds.queries && all.memory - all.alone.memory < bounds.manyMegabytes &&
    stuck.most < bounds.stuckMegabytes &&
    [all.stop, stuck.stop].every(({ code, seconds }) => code === 0 && seconds < bounds.stop)
}).pipe(
  Effect.scoped
)
