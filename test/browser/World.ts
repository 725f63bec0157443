/**
 * What the pages show in tests: the real server over an embedded database, with a small census in it.
 */
import { NodeContext } from "@effect/platform-node"
import { Clock, ConfigProvider, Context, Duration, Effect, Layer } from "effect"
import { tmpdir } from "node:os"
import { make } from "../../src/programs/cli/layers.js"
import { entryOf } from "../../src/programs/server/http/access.js"
import { start } from "../../src/programs/server/start.js"
import * as Settings from "../../src/programs/settings/Settings.js"
import { fill } from "./census.js"

/** May write; the other token may only read. */
export const writeToken = "ic_for-tests-that-write"
export const readToken = "ic_for-tests-that-read"

export class World extends Context.Tag("test/World")<World, {
  /** Of a server with a census in it. */
  readonly address: string
  /** Of a server in whose database nothing is. */
  readonly empty: string
}>() {}

const self = { id: "test", host: "here", pid: process.pid, command: "vitest", startedAt: 0, exists: () => true }

const server = (withCensus: boolean) =>
  Effect.gen(function*() {
    const layers = make({ version: "1.2.3", process: self, home: tmpdir() }, NodeContext.layer)
    const context = yield* Layer.build(Layer.provide(layers.server, Settings.layer))
    return yield* Effect.gen(function*() {
      if (withCensus) yield* fill(yield* Clock.currentTimeMillis)
      return yield* start({
        host: "127.0.0.1",
        port: 0,
        version: "1.2.3",
        tokens: [entryOf("write", writeToken), entryOf("read", readToken)],
        origins: [],
        intervals: { discovery: Duration.days(14), refresh: Duration.hours(24) },
        lease: Duration.minutes(10),
        github: false
      })
    }).pipe(Effect.provide(context))
  }).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["IMAGE_CENSUS_DATA_DIR", "memory:"]]))),
    Effect.orDie
  )

export const layer = Layer.scoped(
  World,
  Effect.map(Effect.all([server(true), server(false)], { concurrency: 2 }), ([address, empty]) => ({ address, empty }))
)
