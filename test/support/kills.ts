/**
 * `kill -9` at random moments, and a restart each time: is anything lost, doubled or left undone?
 */
import { Clock, Duration, Effect, Option, Random, Stream } from "effect"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { type DatabaseSettings, intervals, runProgram, startProgram, storeIn, wait, waitUntil } from "./program.js"

export interface KillsOptions {
  readonly database: DatabaseSettings
  readonly kills: number
  readonly repositories: number
}

export interface KillsFigures {
  readonly kills: number
  /** Kills that hit a process which had work under way. */
  readonly duringWork: number
  /** Images that were there after an earlier kill, and are not there any more. */
  readonly lost: ReadonlyArray<string>
  /** Days of an image with two rows, and images without a row. */
  readonly doubled: ReadonlyArray<string>
  readonly withoutSnapshot: ReadonlyArray<string>
  /** Rows that are due, put off or leased at the end. */
  readonly undone: number
  readonly found: number
  readonly expected: number
  readonly wrong: ReadonlyArray<string>
  /** Calls of Docker Hub beyond one for each candidate: what the kills cost. */
  readonly hubCalls: number
  readonly candidates: number
  readonly seconds: number
}

const leaseSeconds = 2
/** How long a process may work before it is killed. */
const longestLife = 1500

const read = Effect.gen(function*() {
  const store = yield* RepoDockerStore
  const images = yield* Stream.runCollect(store.images({ search: Option.none() }))
  const days = yield* Stream.runCollect(store.pulls({ image: Option.none(), since: Option.none() }))
  return {
    images: [...images].map(({ image }) => image),
    days: [...days].map(({ day, image }) => `${image} ${day}`),
    status: yield* store.status(intervals)
  }
})

const repeated = (keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.filter((key, at) => keys.indexOf(key) !== at)

/** Kills the real program so often, and then lets it end. */
export const survivesKills = ({ database, kills, repositories }: KillsOptions) =>
  Effect.gen(function*() {
    const started = yield* Clock.currentTimeMillis
    // So slow that the work is not over before the last kill, however late each of them comes.
    const sandbox = yield* startSandbox({
      world: { repositories, proportions: { hits: 0.3, misses: 0.3, unknown: 0.02 } },
      github: { latency: "100 millis" },
      dockerhub: { latency: Duration.millis(longestLife * kills / (0.6 * repositories)), limit: 1_000_000 }
    })
    const { counters, expected, state } = sandbox
    const options = {
      environment: {
        ...sandbox.environment,
        DOCKER_SCRAPER_ENABLED: "false",
        ...database,
        IMAGE_CENSUS_LEASE_SEC: String(leaseSeconds),
        DOCKERHUB_BATCH_SIZE: "20",
        // The truth that is compared here is that of the name guess.
        DISCOVERY_WORKFLOWS: "false",
        DOCKERHUB_IDLE_SLEEP_SEC: "1",
        GITHUB_BATCH_SIZE: "20"
      }
    }
    const store = storeIn(database)
    yield* Effect.flatMap(RepoDockerStore, ({ addRepositories }) =>
      addRepositories(state.world.listed.map(({ asked }) => asked))).pipe(Effect.provide(store))
    const requests = () =>
      (counters()["github"]?.requests ?? 0) + (counters()["dockerhub"]?.requests ?? 0)

    const seen = new Set<string>()
    const lost = new Set<string>()
    const doubled = new Set<string>()
    const withoutSnapshot = new Set<string>()
    const look = Effect.gen(function*() {
      const { days, images, status } = yield* Effect.provide(read, store)
      const now = new Set([...days, ...images])
      for (const row of seen) if (!now.has(row)) lost.add(row)
      for (const row of now) seen.add(row)
      for (const row of repeated(days)) doubled.add(row)
      const covered = new Set(days.map((row) => row.split(" ")[0]))
      for (const image of images) if (!covered.has(image)) withoutSnapshot.add(image)
      return { images, status }
    })

    let duringWork = 0
    for (let n = 0; n < kills; n++) {
      const before = requests()
      yield* Effect.scoped(Effect.gen(function*() {
        const program = yield* startProgram(options, ...(n % 2 === 0 ? ["sync", "--once"] : ["daemon"]))
        // One in four while it starts, the others while it works.
        if (n % 4 !== 2) {
          // A run may end at once, where all rows are still leased to the process that was killed.
          yield* Effect.raceFirst(waitUntil(Effect.sync(() => requests() > before)), program.ended)
        }
        yield* wait(yield* Random.nextIntBetween(0, longestLife))
        yield* program.signal("SIGKILL")
        yield* program.ended
      }))
      if (requests() > before) duringWork++
      yield* look
    }

    // A killed process's rows come back when their leases have run out.
    yield* wait(leaseSeconds * 1000 + 500)
    yield* runProgram(options, "sync", "--once")
    const { images, status } = yield* look
    const figures: KillsFigures = {
      kills,
      duringWork,
      lost: [...lost],
      doubled: [...doubled],
      withoutSnapshot: [...withoutSnapshot],
      undone: status.repositoriesDue + status.imagesDue + status.deferred + status.leased,
      found: images.length,
      expected: expected.links.size,
      wrong: images.filter((image) => !expected.links.has(image)),
      hubCalls: counters()["dockerhub"]?.requests ?? 0,
      candidates: expected.candidates,
      seconds: ((yield* Clock.currentTimeMillis) - started) / 1000
    }
    return figures
  }).pipe(Effect.scoped)
