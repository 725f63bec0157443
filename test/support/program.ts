/**
 * The real program in a process of its own.
 */
import { NodeContext } from "@effect/platform-node"
import { Deferred, Duration, Effect, Layer, Option, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as Database from "../../src/layers/store/Database.js"
import * as RepoDockerStoreSql from "../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchStoreSql from "../../src/layers/store/WatchStoreSql.js"

const root = new URL("../../", import.meta.url).pathname
// What people run. The tests' global set-up and the benchmarks build it first.
const main = join(root, "dist/programs/main.js")

export interface ProgramOptions {
  /** Settings; nothing of this process's own environment reaches it. */
  readonly environment: Readonly<Record<string, string>>
}

/** How a process ended: an exit code, or the signal that killed it. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningProgram {
  readonly pid: number
  readonly ended: Effect.Effect<Ended>
  /** What it has printed so far. */
  readonly stdout: Effect.Effect<string>
  readonly stderr: Effect.Effect<string>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
}

const launch = (options: ProgramOptions, args: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, [main, ...args], {
    cwd: root,
    env: { HOME: tmpdir(), NODE_NO_WARNINGS: "1", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"]
  })

/** Starts `image-census ARGS…`; what is left of it when the scope closes is killed. */
export const startProgram = (options: ProgramOptions, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const ended = yield* Deferred.make<Ended>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(options, args)),
      (child) => Effect.zipRight(Effect.sync(() => child.kill("SIGKILL")), Deferred.await(ended))
    )
    const said = { stdout: "", stderr: "" }
    child.stdout?.on("data", (chunk) => (said.stdout += String(chunk)))
    child.stderr?.on("data", (chunk) => (said.stderr += String(chunk)))
    child.on("close", (code, signal) => Deferred.unsafeDone(ended, Effect.succeed({ code, signal, ...said })))
    const running: RunningProgram = {
      pid: child.pid ?? 0,
      ended: Deferred.await(ended),
      stdout: Effect.sync(() => said.stdout),
      stderr: Effect.sync(() => said.stderr),
      signal: (signal) => Effect.sync(() => void child.kill(signal))
    }
    return running
  })

/** Runs `image-census ARGS…` to its end. */
export const runProgram = (options: ProgramOptions, ...args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(startProgram(options, ...args), ({ ended }) => ended))

/** An empty folder, removed when the scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "image-census-test-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

/** The settings that choose a database. */
export type DatabaseSettings = { readonly DATABASE_URL: string } | { readonly IMAGE_CENSUS_DATA_DIR: string }

/** Waits for other processes take real time, whatever the clock of a test says. */
export const wait = (millis: number) => Effect.promise(() => setTimeout(millis))

/** Looks every 20 ms until it holds. */
export const waitUntil = <E, R>(holds: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(holds, (is) => is ? Effect.void : Effect.zipRight(wait(20), waitUntil(holds)))

const databaseIn = (database: DatabaseSettings) =>
  Database.layer({
    url: "DATABASE_URL" in database ? Option.some(Redacted.make(database.DATABASE_URL)) : Option.none(),
    dataDir: "IMAGE_CENSUS_DATA_DIR" in database ? database.IMAGE_CENSUS_DATA_DIR : "",
    process: { id: "looker", host: "here", pid: process.pid, command: "test", startedAt: 0, exists: () => true }
  }).pipe(Layer.provide(NodeContext.layer), Layer.orDie)

/** The store behind these settings, opened by this process. */
export const storeIn = (database: DatabaseSettings) =>
  Layer.provide(RepoDockerStoreSql.layer({ holder: "looker" }), databaseIn(database))

/** The store of watches behind these settings, opened by this process. */
export const watchStoreIn = (database: DatabaseSettings) =>
  Layer.provide(WatchStoreSql.layer({ holder: "looker" }), databaseIn(database))

/** The program's own, where nothing else is set. */
export const intervals = { discovery: Duration.days(14), refresh: Duration.hours(24) }
