/**
 * Watching 1,000 references: what one pass costs in requests, time and memory.
 */
import { Console, Duration, Effect, Either, Option, Schema } from "effect"
import { readFile } from "node:fs/promises"
import { parse } from "../../src/domain/ImageReference.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { makeImage } from "../layers/registry/images.js"
import { startRegistry } from "../sandbox/registry/server.js"
import { type ProgramOptions, runProgram, startProgram, wait, waitUntil, watchStoreIn } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { server } from "./server.js"
import { line } from "./table.js"

const watched = 1_000
const repositories = 100
const secondsBound = 2
const memoryBound = 150
const widths = [34, 12] as const

const Summary = Schema.parseJson(Schema.Struct({ looked: Schema.Int, seeded: Schema.Int, seconds: Schema.Number }))

const residentMegabytes = (pid: number) =>
  Effect.map(
    Effect.promise(() => readFile(`/proc/${pid}/status`, "utf8")),
    (text) => Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) / 1024
  )

// What a process that goes on watching has at most.
const peakOf = (options: ProgramOptions, until: Effect.Effect<void>) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* startProgram(options, "watch", "run", "--no-jitter")
    yield* until
    yield* wait(500)
    const peak = yield* residentMegabytes(running.pid)
    yield* running.signal("SIGTERM")
    yield* running.ended
    return peak
  }))

/** Prints the requests and the time of a pass, and the memory of a process that goes on watching. Needs `/proc`. */
export const watchBench = Effect.gen(function*() {
  yield* build
  const url = yield* createDatabase((yield* server).url, "watching")
  const registries = yield* Effect.all([
    startRegistry({ kind: "ghcr" }),
    startRegistry({ kind: "dockerhub" }),
    startRegistry({ kind: "ghcr" })
  ])
  const image = makeImage("watched")
  const names = Array.from({ length: watched }, (_, n) => {
    const { host, store } = registries[n % registries.length] ?? registries[0]
    const [repository, tag] = [`o/n${n % repositories}`, `t${n}`]
    store.putManifest(repository, tag, image.index.bytes, image.index.mediaType)
    return `${host}/${repository}:${tag}`
  })
  const pairs = new Set(names.map((name) => name.slice(0, name.lastIndexOf(":")))).size
  const sum = (of: "heads" | "tokens" | "challenges" | "pulls" | "requests") =>
    registries.reduce((all, { store }) => all + store.counts[of], 0)
  const environment = { DATABASE_URL: url, LOG_LEVEL: "warning" }
  const options = { environment }
  const idle = yield* peakOf(options, wait(5_000))
  yield* Effect.flatMap(WatchStore, ({ add }) =>
    add(names.map((name) => ({
      reference: Either.getOrThrow(parse(name)),
      platform: Option.none(),
      every: Duration.seconds(20),
      actions: [],
      updates: Option.none()
    })))).pipe(Effect.provide(watchStoreIn({ DATABASE_URL: url })))

  yield* Console.log(
    `watch: ${watched} references in ${pairs} repositories of ${registries.length} registries, on loopback\n`
  )
  yield* Console.log(line(widths, ["one pass", "HEADs", "tokens", "challenges", "GETs", "seconds"]))
  const passes = yield* Effect.forEach(
    ["the first, a process of its own", "the second, another"],
    (name) =>
      Effect.gen(function*() {
        registries.forEach(({ store }) => store.resetCounts())
        const { stdout } = yield* runProgram(options, "watch", "run", "--once", "--no-jitter", "--json")
        const { looked, seconds } = yield* Schema.decodeUnknown(Summary)(stdout)
        const figures = [sum("heads"), sum("tokens"), sum("challenges"), sum("pulls")]
        yield* Console.log(line(widths, [name, ...figures, seconds.toFixed(2)]))
        return looked === watched && sum("heads") === watched && sum("tokens") === pairs && sum("pulls") === 0 &&
          sum("requests") === watched + pairs + sum("challenges") && seconds < secondsBound
      })
  )

  yield* Console.log(line(widths, ["bound", watched, pairs, registries.length, 0, `< ${secondsBound}`]))

  registries.forEach(({ store }) => store.resetCounts())
  const peak = yield* peakOf(options, waitUntil(Effect.sync(() => sum("heads") >= 3 * watched)))
  yield* Console.log(
    `\nthree passes in one process: ${peak.toFixed(0)} MB resident at most, ${
      (peak - idle).toFixed(0)
    } MB above one that ` +
      `has the database open and nothing to watch (bound: < ${memoryBound})`
  )
  return passes.every((held) => held) && peak - idle < memoryBound
}).pipe(Effect.scoped, Effect.withSpan("watchBench"))
