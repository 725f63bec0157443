/**
 * The daemon with its server over a world full of strangers: does it answer probes while it reads what they wrote?
 */
import { Clock, Config, Console, Duration, Effect, Option, Ref, Schedule, Schema, Stream } from "effect"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { ownRegistry } from "../sandbox/strangers/Stranger.js"
import { ask } from "../support/apiRequests.js"
import { repository } from "../support/findings.js"
import { startProgram, storeIn, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { child } from "./child.js"
import { createDatabase } from "./databases.js"
import { residentMegabytes, stopped } from "./running.js"
import { server } from "./server.js"
import { line } from "./table.js"

/** What the world says of itself: settings, `owner/name` of all repositories, connections to the trap. */
export const StrangersSaid = Schema.Struct({
  environment: Schema.Record({ key: Schema.String, value: Schema.String }),
  repositories: Schema.Array(Schema.String),
  caught: Schema.Number
})
export type StrangersSaid = typeof StrangersSaid.Type

const widths = [44, 14] as const
const bounds = { p99: 100, caught: 0, stop: 2 }

const percentile = (values: ReadonlyArray<number>, share: number): number =>
  [...values].sort((first, second) => first - second)[Math.ceil(values.length * share) - 1] ?? Number.NaN

/** Asks `/healthz` every 20 ms for so many seconds; milliseconds of each answer. */
const probed = (address: string, seconds: number) =>
  Effect.gen(function*() {
    const took: Array<number> = []
    let failed = 0
    const probe = Effect.gen(function*() {
      const from = yield* Clock.currentTimeNanos
      const { status } = yield* ask(address, "/healthz")
      took.push(Number((yield* Clock.currentTimeNanos) - from) / 1e6)
      if (status !== 200) failed += 1
    })
    // Each at its time, whether those before were answered or not.
    yield* Effect.fork(probe).pipe(
      Effect.repeat(Schedule.fixed("20 millis").pipe(Schedule.upTo(Duration.seconds(seconds))))
    )
    yield* Effect.sleep("2 seconds")
    return { took, failed }
  })

const print = (cells: ReadonlyArray<string | number>) => Console.log(line(widths, cells))

/** Prints the figures beside their bounds; false where one is broken. */
export const strangersBench = Effect.gen(function*() {
  // Not a setting of the program: how long a person wants to watch.
  const seconds = yield* Config.integer("BENCH_SECONDS").pipe(Config.withDefault(120))
  yield* build
  const { url: admin } = yield* server
  const url = yield* createDatabase(admin, "strangers")
  const said = yield* child({
    module: new URL("strangersWorld.ts", import.meta.url),
    says: StrangersSaid,
    first: { environment: {}, repositories: [], caught: 0 }
  })
  yield* waitUntil(Effect.map(Ref.get(said), ({ repositories }) => repositories.length > 0))
  const { environment, repositories } = yield* Ref.get(said)
  return yield* Effect.gen(function*() {
    const store = yield* RepoDockerStore
    yield* store.addRepositories(repositories.map(repository))
    const daemon = yield* startProgram(
      {
        environment: {
          ...environment,
          DATABASE_URL: url,
          VERIFY_PULLS_PER_DAY: "100000",
          DISCOVERY_REGISTRIES: `docker.io,ghcr.io,quay.io,${ownRegistry}`,
          LOG_LEVEL: "error"
        }
      },
      "daemon",
      "--serve",
      "--port",
      "0"
    )
    yield* waitUntil(Effect.map(daemon.stdout, (text) => text.includes("dashboard:")))
    const address = /dashboard: (\S+?)\/?\n/.exec(yield* daemon.stdout)?.[1] ?? ""
    // Not the program's own start, in which modules are compiled.
    yield* Effect.sleep("5 seconds")
    const { failed, took } = yield* probed(address, seconds)
    const rows = yield* Stream.runCollect(store.repositories({ search: Option.none() }))
    const checked = [...rows].filter(({ checkedAt }) => Option.isSome(checkedAt)).length
    const { peak } = yield* residentMegabytes(daemon.pid)
    const { caught } = yield* Ref.get(said)
    const stop = yield* stopped(daemon)
    const p99 = percentile(took, 0.99)
    yield* print([`${repositories.length} repositories, ${seconds} s`, "", "bound"])
    yield* print(["repositories with an answer", checked, ""])
    yield* print(["/healthz: answers", took.length, ""])
    yield* print(["/healthz: not 200", failed, 0])
    yield* print(["/healthz: p50, ms", percentile(took, 0.5).toFixed(1), ""])
    yield* print(["/healthz: p99, ms", p99.toFixed(1), `< ${bounds.p99}`])
    yield* print(["/healthz: longest, ms", Math.max(...took).toFixed(1), ""])
    yield* print(["connections to where a label pointed", caught, bounds.caught])
    yield* print(["peak resident MB", peak.toFixed(0), ""])
    yield* print(["SIGTERM: exit code, seconds", `${stop.code}, ${stop.seconds.toFixed(2)}`, `0, < ${bounds.stop}`])
    return p99 < bounds.p99 && failed === 0 && caught === bounds.caught && checked > 0 && stop.code === 0 &&
      stop.seconds < bounds.stop
  }).pipe(Effect.provide(storeIn({ DATABASE_URL: url })))
}).pipe(Effect.scoped)
