import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { inject } from "vitest"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { scratchUrl } from "../support/databases.js"
import { intervals, startProgram, storeIn, temporaryFolder, waitUntil } from "../support/program.js"

const patience = 180_000
const world = { repositories: 100, proportions: { hits: 0.3, misses: 0.3, unknown: 0.02 } }
const Summary = Schema.parseJson(Schema.Struct({ discovery: Schema.Struct({ checked: Schema.Number }) }))

const add = (names: ReadonlyArray<{ readonly owner: string; readonly name: string }>) =>
  Effect.flatMap(RepoDockerStore, (store) => store.addRepositories(names))
const status = Effect.flatMap(RepoDockerStore, (store) => store.status(intervals))

describe.runIf(inject("postgresUrl") !== "")("two daemons on one Postgres", () => {
  it.scopedLive("share the work and the Hub's turn, and do nothing twice", () =>
    Effect.gen(function*() {
      const { counters, environment, expected, state } = yield* startSandbox({
        world,
        github: { latency: "50 millis", tokens: [{ token: "first" }, { token: "second" }] },
        dockerhub: { latency: "20 millis", limit: 1_000_000 }
      })
      const database = { DATABASE_URL: Redacted.value(yield* scratchUrl) }
      yield* Effect.gen(function*() {
        yield* add(state.world.listed.map(({ asked }) => asked))
        const settings = {
          ...environment,
          // An alias for each repository: files of workflows would be asked for by aliases of their own.
          DISCOVERY_WORKFLOWS: "false",
          ...database,
          IMAGE_CENSUS_EGRESS: "test",
          DOCKER_SCRAPER_ENABLED: "false",
          DOCKERHUB_BATCH_SIZE: "10",
          GITHUB_BATCH_SIZE: "10",
          DOCKERHUB_IDLE_SLEEP_SEC: "0.2"
        }
        const daemons = yield* Effect.forEach(["first", "second"], (token) =>
          startProgram({ environment: { ...settings, GITHUB_TOKENS: token } }, "daemon"))
        yield* waitUntil(Effect.map(status, (now) =>
          now.backlog + now.leased + now.imagesDue === 0))
        yield* Effect.forEach(daemons, ({ signal }) => signal("SIGTERM"))
        for (const { ended } of daemons) {
          const { code, stderr } = yield* ended
          assert.strictEqual(code, 0, stderr)
        }
        const { dockerhub, github } = counters()
        assert.strictEqual(dockerhub?.maxOpen, 1, "two Hub calls at once")
        assert.strictEqual(github?.totals["aliases"], world.repositories, "a repository was asked for twice")
        assert.isAtMost(dockerhub?.requests ?? 0, expected.candidates)
        for (const [path, count] of Object.entries(dockerhub?.byPath ?? {})) {
          if (!path.endsWith("/repositories")) assert.strictEqual(count, 1, path)
        }
        const after = yield* status
        assert.strictEqual(after.images, expected.links.size)
        assert.strictEqual(after.snapshots, expected.links.size)
        assert.strictEqual(after.deferred, 0)
      }).pipe(Effect.provide(storeIn(database)))
    }), patience)

  it.scopedLive(
    "a daemon stopped by SIGTERM in the middle of its work has given everything back",
    () =>
      Effect.gen(function*() {
        const { counters, environment, state } = yield* startSandbox({ world, dockerhub: { latency: "200 millis" } })
        const database = { DATABASE_URL: Redacted.value(yield* scratchUrl) }
        yield* Effect.gen(function*() {
          yield* add(state.world.listed.map(({ asked }) => asked))
          const daemon = yield* startProgram({ environment: { ...environment, ...database } }, "daemon")
          yield* waitUntil(Effect.sync(() => (counters()["dockerhub"]?.requests ?? 0) > 3))
          // GitHub's answers are written while the Hub is asked.
          yield* waitUntil(Effect.map(status, ({ backlog }) => world.repositories - backlog > 30))
          yield* daemon.signal("SIGTERM")
          const { code, stderr } = yield* daemon.ended
          assert.strictEqual(code, 0, stderr)
          const { backlog, leased, repositoriesDue, snapshots } = yield* status
          assert.strictEqual(leased, 0)
          assert.isAbove(backlog, 0)
          assert.strictEqual(repositoriesDue, backlog)
          assert.isAtMost(snapshots, counters()["dockerhub"]?.requests ?? 0)
        }).pipe(Effect.provide(storeIn(database)))
      }),
    patience
  )
})

describe("on the embedded database", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scopedLive(
      `a run stopped by ${signal} during a park says what it did, and exits with 0`,
      () =>
        Effect.gen(function*() {
          const { counters, environment, faults, state } = yield* startSandbox({ world })
          const database = { IMAGE_CENSUS_DATA_DIR: yield* temporaryFolder }
          yield* Effect.provide(add(state.world.listed.map(({ asked }) => asked)), storeIn(database))
          yield* faults.add({ kind: "rate-limit", service: "dockerhub", retryAfter: 3000 })
          const run = yield* startProgram({ environment: { ...environment, ...database } }, "sync", "--once", "--json")
          yield* waitUntil(
            Effect.sync(() =>
              (counters()["dockerhub"]?.requests ?? 0) > 0 && (counters()["github"]?.totals["aliases"] ?? 0) >= 100
            )
          )
          yield* run.signal(signal)
          const { code, stderr, stdout } = yield* run.ended
          assert.strictEqual(code, 0, stderr)
          const { discovery } = yield* Schema.decode(Summary)(stdout)
          const { backlog, leased } = yield* Effect.provide(status, storeIn(database))
          assert.strictEqual(leased, 0)
          assert.isAtLeast(world.repositories - backlog, discovery.checked)
          assert.strictEqual(counters()["dockerhub"]?.requests, 1)
        }),
      patience
    )
  }
})
