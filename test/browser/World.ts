/**
 * What the pages show in tests: the real server over an embedded database, with a small census in it.
 */
import { NodeContext } from "@effect/platform-node"
import { Clock, ConfigProvider, Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import { tmpdir } from "node:os"
import { make } from "../../src/programs/cli/layers.js"
import { entryOf } from "../../src/programs/server/http/access.js"
import { start } from "../../src/programs/server/start.js"
import * as Settings from "../../src/programs/settings/Settings.js"
import { sync } from "../../src/programs/sync/Sync.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { once } from "../support/pipeline.js"
import { fill } from "./census.js"

/** May write; the other token may only read. */
export const writeToken = "ic_for-tests-that-write"
export const readToken = "ic_for-tests-that-read"

export class World extends Context.Tag("test/World")<World, {
  /** Of a server with a census in it. */
  readonly address: string
  /** Of a server in whose database nothing is, until the last test takes a census of its sandbox. */
  readonly empty: string
  readonly sandbox: {
    /** Adds the sandbox's repositories; returns how many. */
    readonly add: Effect.Effect<number>
    /** Checks them all. */
    readonly census: Effect.Effect<unknown>
    /** Ends the server. */
    readonly stop: Effect.Effect<void>
  }
}>() {}

const self = { id: "test", host: "here", pid: process.pid, command: "vitest", startedAt: 0, exists: () => true }

const listen = start({
  host: "127.0.0.1",
  port: 0,
  version: "1.2.3",
  tokens: [entryOf("write", writeToken), entryOf("read", readToken)],
  origins: [],
  intervals: { discovery: Duration.days(14), refresh: Duration.hours(24) },
  watchInterval: Duration.minutes(5),
  lease: Duration.minutes(10),
  github: false,
  discover: {}
})

/** Everything that a server runs on, over a database of its own, with these settings. */
const services = (settings: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(
    Layer.build(
      Layer.provide(
        make({ version: "1.2.3", process: self, home: tmpdir() }, NodeContext.layer).server,
        Settings.layer
      )
    ),
    ConfigProvider.fromMap(new Map(Object.entries({ IMAGE_CENSUS_DATA_DIR: "memory:", ...settings })))
  )

type Services = Layer.Layer.Success<ReturnType<typeof make>["server"]>

const withCensus = Effect.gen(function*() {
  const context = yield* services({})
  yield* Effect.provide(Effect.flatMap(Clock.currentTimeMillis, fill), context)
  return yield* Effect.provide(listen, context)
})

/** A server with nothing in its database, beside a sandbox world of which it could take a census. */
const withNothing = Effect.gen(function*() {
  const sandbox = yield* startSandbox({ world: { repositories: 60 } })
  const context = yield* services(sandbox.environment)
  const open = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(open, Exit.void))
  const names = sandbox.state.world.listed.map(({ asked }) => asked)
  const run = <A, E, R>(effect: Effect.Effect<A, E, Services | R>) => Effect.orDie(Effect.provide(effect, context))
  return {
    address: yield* Scope.extend(run(listen), open),
    add: run(Effect.as(Effect.flatMap(RepoDockerStore, (store) => store.addRepositories(names)), names.length)),
    census: run(sync(once)),
    stop: Scope.close(open, Exit.void)
  }
})

export const layer = Layer.scoped(
  World,
  Effect.map(
    Effect.all([withCensus, withNothing], { concurrency: 2 }),
    ([address, { address: empty, ...sandbox }]) => ({ address, empty, sandbox })
  ).pipe(Effect.orDie)
)
