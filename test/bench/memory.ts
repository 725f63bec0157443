/**
 * The daemon on a backlog of a million repositories: how much memory, and how soon does it stop?
 */
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { Config, Console, Effect, Redacted } from "effect"
import type { RepositoryName } from "../../src/domain/GitHubRepository.js"
import { nameRepositories } from "../../src/layers/store/adoption.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import type { GitHubFacts, HubFacts, World } from "../sandbox/world/World.js"
import { intervals, startProgram, storeIn, wait, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { residentMegabytes, stopped } from "./running.js"
import { server } from "./server.js"
import { line } from "./table.js"

const repositories = 1_000_000
const bound = 300
const stopBound = 2
const widths = [34, 14] as const

/** A map whose values are made when they are asked for. */
class Synthetic<V> extends Map<string, V> {
  constructor(private readonly make: (key: string) => V | undefined) {
    super()
  }
  override get(key: string): V | undefined {
    return this.make(key)
  }
}

const nameOf = (key: string): RepositoryName => {
  const [owner = "", name = ""] = key.split("/")
  return { owner, name }
}
const numberOf = (key: string): number => Number(/\d+$/.exec(key)?.[0] ?? "0")

// Every tenth repository has a Dockerfile, and every fourth of those an image.
const world: World = {
  seed: "memory",
  listed: [],
  github: new Synthetic<GitHubFacts>((key) => ({
    name: nameOf(key),
    headOid: "0123456789abcdef0123456789abcdef01234567",
    files: new Map(numberOf(key) % 10 === 0 ? [["Dockerfile", "FROM scratch\n"]] : [])
  })),
  images: new Synthetic<HubFacts>((id) => {
    const { name, owner } = nameOf(id)
    return numberOf(id) % 40 !== 0 ? undefined : {
      namespace: owner,
      name,
      description: "",
      stars: 1,
      pullsAtStart: 1000,
      daily: 1,
      lastUpdated: "2026-01-01T00:00:00Z",
      registered: "2020-01-01T00:00:00Z",
      tags: ["latest"]
    }
  }),
  publishers: [],
  published: new Map(),
  crowded: undefined
}

const fill = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into repos (url, host, owner, name)
    select 'https://github.com/owner' || n % 50000 || '/name' || n, 'github', 'owner' || n % 50000, 'name' || n
    from generate_series(1, ${repositories}::int) n`
  yield* sql`analyze repos`
  yield* nameRepositories(sql)
})

/** Prints the daemon's memory while it works, and how long it takes to stop at work and in a park. Needs `/proc`. */
export const memoryBench = Effect.gen(function*() {
  // Not a setting of the program: how long a person wants to watch.
  const minutes = yield* Config.number("BENCH_MINUTES").pipe(Config.withDefault(3))
  const serves = yield* Config.boolean("BENCH_SERVE").pipe(Config.withDefault(false))
  const command = serves ? ["daemon", "--serve", "--port", "0"] : ["daemon"]
  yield* build
  const { url: serverUrl } = yield* server
  const url = yield* createDatabase(serverUrl, "memory")
  const sandbox = yield* startSandbox({
    world,
    github: { tokens: ["a", "b", "c"].map((token) => ({ token, limit: 1_000_000 })) },
    dockerhub: { latency: "5 millis", limit: 1_000_000_000 }
  })
  const { counters, environment, faults } = sandbox
  return yield* Effect.gen(function*() {
    const store = yield* RepoDockerStore
    yield* Effect.provide(fill, PgClient.layer({ url: Redacted.make(url) }))
    const total = (yield* store.status(intervals)).repositories
    yield* Console.log(`${command.join(" ")} on Postgres, ${total} repositories in the backlog, ${minutes} minutes\n`)
    yield* Console.log(line(widths, ["seconds", "resident MB", "peak MB", "GraphQL", "Hub calls"]))
    const options = { environment: { ...environment, DATABASE_URL: url, LOG_LEVEL: "warning" } }
    const daemon = yield* startProgram(options, ...command)
    yield* waitUntil(Effect.sync(() => (counters()["dockerhub"]?.requests ?? 0) > 0))
    let peak = 0
    const parts = 6
    for (let part = 1; part <= parts; part++) {
      yield* wait(minutes * 60_000 / parts)
      const memory = yield* residentMegabytes(daemon.pid)
      peak = Math.max(peak, memory.peak)
      yield* Console.log(line(widths, [
        (minutes * 60 * part / parts).toFixed(0),
        memory.now.toFixed(0),
        memory.peak.toFixed(0),
        counters()["github"]?.requests ?? 0,
        counters()["dockerhub"]?.requests ?? 0
      ]))
    }
    yield* Console.log(line(widths, ["bound", "", `< ${bound}`]))

    const atWork = yield* stopped(daemon)
    const { backlog, leased } = yield* store.status(intervals)
    const before = counters()["dockerhub"]?.requests ?? 0
    yield* faults.add({ kind: "rate-limit", service: "dockerhub", retryAfter: 3000 })
    const parked = yield* startProgram(options, ...command)
    yield* waitUntil(Effect.sync(() => (counters()["dockerhub"]?.requests ?? 0) > before))
    yield* wait(2000)
    const inPark = yield* stopped(parked)
    yield* Console.log(`\n${total - backlog} repositories checked; ${leased} leases left after SIGTERM\n`)
    yield* Console.log(line(widths, ["SIGTERM", "exit code", "seconds"]))
    yield* Console.log(line(widths, ["at work", atWork.code ?? "killed", atWork.seconds.toFixed(2)]))
    yield* Console.log(line(widths, ["in a park", inPark.code ?? "killed", inPark.seconds.toFixed(2)]))
    yield* Console.log(line(widths, ["bound", 0, `< ${stopBound}`]))
    return peak < bound && leased === 0 &&
      [atWork, inPark].every(({ code, seconds }) => code === 0 && seconds < stopBound)
  }).pipe(
    Effect.provide(storeIn({ DATABASE_URL: url }))
  )
}).pipe(Effect.scoped, Effect.withSpan("memoryBench"))
