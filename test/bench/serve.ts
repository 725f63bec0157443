/**
 * The HTTP server over 100,000 images and 10,000,000 snapshots, at 50 requests a second, while a sync writes: how long do
 * answers take, and by which plans?
 */
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { Clock, Config, Console, Duration, Effect, Layer, Option, Redacted, Ref, Schema } from "effect"
import { Agent, request } from "undici"
import { addDays, dayOf } from "../../src/domain/UtcDay.js"
import * as CensusPagesSql from "../../src/layers/store/CensusPagesSql.js"
import * as Database from "../../src/layers/store/Database.js"
import { growthOf } from "../../src/layers/store/growth.js"
import { ensureMonths, monthOf } from "../../src/layers/store/partitions.js"
import { startProgram, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { child } from "./child.js"
import { createDatabase } from "./databases.js"
import { server } from "./server.js"
import { line } from "./table.js"

const bound = 50
const perSecond = 50
const widths = [34, 12] as const

interface Size {
  readonly images: number
  /** Images with a row for each of the last 365 days; the others have the last 34. */
  readonly old: number
  readonly seconds: number
}

const size: Config.Config<Size> = Config.all({
  images: Config.integer("BENCH_IMAGES").pipe(Config.withDefault(100_000)),
  seconds: Config.integer("BENCH_SECONDS").pipe(Config.withDefault(60))
}).pipe(Config.map(({ images, seconds }) => ({ images, old: Math.round(images * 0.2), seconds })))

const longDays = 365
const shortDays = 34

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([took, value]) => ({ value, millis: Duration.toMillis(took) }))

/** A world that has been counted for a year: gaps and falls here and there, yesterday complete, today due. */
const fill = ({ images, old }: Size) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const today = dayOf(yield* Clock.currentTimeMillis)
    yield* sql`insert into repos (url, host, owner, name, docker_checked_at, docker_outcome)
      select 'https://github.com/owner' || n % 20000 || '/name' || n, 'github', 'owner' || n % 20000, 'name' || n, now(), 'hit'
      from generate_series(1, ${images}::int) n`
    yield* sql`insert into repo_docker (repo_id, image_name, pulls, stars, last_synced_at, known_since, due_on)
      select r.id, r.owner || '/' || r.name, (r.id * 7919) % 1000000007, r.id % 5000, now() - interval '1 day',
        ${addDays(today, -longDays)}::date, ${today}::date
      from repos r`
    yield* sql`insert into repo_docker_links (repo_id, image_name, evidence, first_seen, last_seen)
      select r.id, r.owner || '/' || r.name, 'name', now() - r.id % 365 * interval '1 day', now() from repos r`
    const months = Array.from({ length: longDays + 40 }, (_, n) => monthOf(addDays(today, 32 - n)))
    yield* ensureMonths(sql, new Set(months))
    // A row in a hundred is missing, one in five thousand fell.
    const rows = (from: string, to: string, days: number) =>
      sql`insert into repo_docker_pulls_daily (image_name, date, pulls_total)
        select d.image_name, day::date,
          d.pulls + d.id * (day::date - ${today}::date) - case when hashtext(d.image_name || day) % 5000 = 0 then 999 else 0 end
        from repo_docker d, generate_series(${addDays(today, -days)}::date, ${addDays(today, -1)}::date, '1 day') day
        where d.id between ${from}::bigint and ${to}::bigint and abs(hashtext(day || d.image_name)) % 100 <> 0
        order by day, d.image_name`
    yield* rows("1", String(old), longDays)
    yield* rows(String(old + 1), String(images), shortDays)
    yield* sql`vacuum analyze repo_docker_pulls_daily`
    const growth = yield* timed(sql.unsafe(growthOf("select image_name from repo_docker")))
    yield* sql`vacuum analyze`
    const [{ count }] = yield* Schema.decodeUnknown(Schema.Tuple(Schema.Struct({ count: Schema.String })))(
      yield* sql`select count(*)::text as count from repo_docker_pulls_daily`
    )
    yield* Console.log(
      `${images} images, ${count} snapshots; growth of all from scratch: ${(growth.millis / 1000).toFixed(1)} s`
    )
  })

const imageName = (n: number) => `owner${n % 20_000}/name${n}`

/** What is asked for, in turn. */
const kinds = [
  {
    name: "images by pulls",
    path: (n: number) => `/api/v1/images?sort=pulls&recentDays=30&limit=${n % 2 === 0 ? 50 : 20}`
  },
  { name: "images by growth", path: (n: number) => `/api/v1/images?sort=growth${[7, 30, 90][n % 3]}&recentDays=30` },
  {
    name: "one image's year",
    path: (n: number) => `/api/v1/images/${encodeURIComponent(imageName(n % 20_000 + 1))}/pulls?from=2026-01-01`
  },
  { name: "overview", path: () => "/api/v1/status" }
] as const

const percentile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((first, second) => first - second)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** Requests go out by the clock, whether those before were answered or not. */
const load = (url: string, seconds: number) =>
  Effect.gen(function*() {
    const agent = new Agent({ connections: 50 })
    const took = new Map<string, Array<number>>()
    let failed = 0
    const ask = (n: number, due: number) =>
      Effect.gen(function*() {
        const kind = kinds[n % kinds.length] ?? kinds[0]
        const status = yield* Effect.promise(async () => {
          const answer = await request(`${url}${kind.path(Math.floor(n / kinds.length) * 37)}`, { dispatcher: agent })
          await answer.body.dump({ limit: 10_000_000 })
          return answer.statusCode
        })
        if (status !== 200) failed += 1
        const now = Number(yield* Clock.currentTimeNanos) / 1e6
        const values = took.get(kind.name)
        if (values === undefined) took.set(kind.name, [now - due])
        else values.push(now - due)
      })
    const begin = Number(yield* Clock.currentTimeNanos) / 1e6
    yield* Effect.forEach(
      Array.from({ length: seconds * perSecond }, (_, n) => n),
      (n) => {
        const due = begin + n * 1000 / perSecond
        return Effect.flatMap(Clock.currentTimeNanos, (now) =>
          Effect.zipRight(Effect.sleep(Math.max(0, due - Number(now) / 1e6)), ask(n, due)))
      },
      { concurrency: "unbounded", discard: true }
    )
    yield* Effect.promise(() =>
      agent.close()
    )
    return { took, failed }
  })

const Written = Schema.Struct({ rows: Schema.Number, claim: Schema.Number, write: Schema.Number })

/** A sync in a process of its own, until the scope closes; what it has written so far. */
const sync = (url: string) =>
  child({
    module: new URL("serveSync.ts", import.meta.url),
    environment: { DATABASE_URL: url },
    says: Written,
    first: { rows: 0, claim: 0, write: 0 }
  })

const Plan = Schema.Array(Schema.Struct({ "QUERY PLAN": Schema.String }))

/** What a call asks the database for, and the plans of that: the indexes used, partitions read and left out. */
const plansOf = <E>(name: string, call: Effect.Effect<unknown, E, SqlClient>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
    yield* Statement.withTransformer(call, (statement) =>
      Effect.sync(() => {
        statements.push(statement.compile())
        return statement
      }))
    for (const [text, parameters] of statements) {
      const rows = yield* Effect.flatMap(
        sql.unsafe(`explain (analyze, timing off, summary off) ${text}`, [...parameters]),
        Schema.decodeUnknown(Plan)
      )
      const lines = rows.map((row) => row["QUERY PLAN"])
      const uses = new Set(
        lines.flatMap((one) => /using (\S+)/.exec(one)?.[1]?.replace(/_\d{4}_\d{2}_/, "_YYYY_MM_") ?? [])
      )
      const scans = lines.filter((one) =>
        /Seq Scan on (?!repo_docker_links_removed|repo_docker_sources)/.test(one) && !/never executed/.test(one)
      )
      const read = lines.filter((one) =>
        /Scan.*on repo_docker_pulls_daily_\d/.test(one) && !/never executed/.test(one)
      ).length
      const left = lines.filter((one) => /never executed/.test(one) && /pulls_daily_\d/.test(one)).length +
        lines.reduce((sum, one) => sum + Number(/Subplans Removed: (\d+)/.exec(one)?.[1] ?? 0), 0)
      yield* Console.log(
        `  ${name}: ${
          [...uses].join(", ")
        }; whole tables read: ${scans.length}; partitions read: ${read}, left out: ${left}`
      )
      for (const one of scans) yield* Console.log(`    ${one.trim()}`)
    }
  })

const plans = Effect.gen(function*() {
  const pages = yield* CensusPagesSql.make
  const today = dayOf(yield* Clock.currentTimeMillis)
  const list = { search: Option.none(), registry: Option.none(), after: Option.none(), limit: 50 }
  yield* Console.log("plans:")
  yield* plansOf("images by pulls", pages.images({ ...list, order: "pulls" }))
  yield* plansOf("images by growth", pages.images({ ...list, order: "growth30" }))
  yield* plansOf(
    "sparklines of 50 images",
    pages.counts(
      Array.from({ length: 50 }, (_, n) => imageName(n + 1)),
      addDays(today, -29),
      today
    )
  )
  yield* plansOf("one image's year", pages.counts([imageName(7)], addDays(today, -364), today))
  yield* plansOf("one image", pages.image(imageName(7)))
})

const migrated = (url: string) =>
  Database.layer({
    url: Option.some(Redacted.make(url)),
    dataDir: "memory:",
    process: { id: "bench", host: "here", pid: process.pid, command: "bench", startedAt: 0, exists: () => true }
  }).pipe(
    Layer.provide(NodeContext.layer)
  )

/** Prints the figures beside their bound; false where it is broken. */
export const serveBench = Effect.gen(function*() {
  const wanted = yield* size
  yield* build
  const { url: admin } = yield* server
  const url = yield* createDatabase(admin, "serve")
  yield* Effect.provide(Effect.zipRight(fill(wanted), plans), migrated(url))
  const running = yield* startProgram(
    {
      environment: { DATABASE_URL: url, LOG_LEVEL: "warning" }
    },
    "serve",
    "--port",
    "0"
  )
  yield* waitUntil(Effect.map(running.stdout, (text) => text.includes("dashboard:")))
  const address = /dashboard: (\S+?)\/?\n/.exec(yield* running.stdout)?.[1] ?? ""
  const written = yield* sync(url)
  yield* waitUntil(Effect.map(Ref.get(written), ({ rows }) => rows > 0))
  yield* load(address, 3)
  const before = yield* Ref.get(written)
  const { failed, took } = yield* load(address, wanted.seconds)
  const { claim, rows, write } = yield* Ref.get(written)
  yield* Console.log(
    `\n${perSecond} requests a second for ${wanted.seconds} s, while a sync in another process wrote ` +
      `${rows - before.rows} images (of 500 each, its slowest claim: ${claim.toFixed(0)} ms, its slowest write: ${
        write.toFixed(0)
      } ms)`
  )
  yield* Console.log(line(widths, ["milliseconds", "requests", "p50", "p95", "max", "bound p95"]))
  let within = failed === 0
  for (const [name, values] of took) {
    within = within && percentile(values, 0.95) < bound
    yield* Console.log(line(widths, [
      name,
      values.length,
      ...[percentile(values, 0.5), percentile(values, 0.95), Math.max(...values)].map((value) => value.toFixed(1)),
      `< ${bound}`
    ]))
  }
  yield* Console.log(line(widths, ["failed", failed, "", "", "", 0]))
  return within
}).pipe(Effect.scoped)
