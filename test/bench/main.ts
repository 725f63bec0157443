/**
 * `npm run bench [NAME…]`: prints figures, each beside its bound; ends with 1 where a bound is broken.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Logger, LogLevel } from "effect"
import { apiBench } from "./api.js"
import { catalogBench } from "./catalog.js"
import { claimsBench, usual } from "./claims.js"
import { coverageBench } from "./coverage.js"
import { faultsBench } from "./faults.js"
import { hostileBench } from "./hostile.js"
import { killsBench } from "./kills.js"
import { liveBench } from "./live.js"
import { memoryBench } from "./memory.js"
import { movesBench } from "./moves.js"
import { pipelinedBench } from "./pipelined.js"
import { registryBench } from "./registry.js"
import { serveBench } from "./serve.js"
import { database } from "./server.js"
import { strangersBench } from "./strangers.js"
import { syncBench } from "./sync.js"
import { updatesBench } from "./updates.js"
import { watchBench } from "./watch.js"

// Whatever goes wrong in a benchmark ends it: its figures would mean nothing.
const benches: ReadonlyArray<readonly [string, Effect.Effect<boolean>]> = [
  ["registry", Effect.orDie(registryBench)],
  ["moves", Effect.orDie(movesBench)],
  ["watch", Effect.orDie(watchBench)],
  ["updates", Effect.orDie(updatesBench)],
  ["sync", Effect.orDie(syncBench)],
  ["coverage", Effect.orDie(coverageBench)],
  ["hostile", hostileBench],
  ["catalog", Effect.orDie(catalogBench)],
  ["claims", Effect.orDie(Effect.provide(claimsBench(usual), database))],
  ["faults", Effect.orDie(faultsBench)],
  ["kills", Effect.orDie(killsBench)],
  ["memory", Effect.orDie(memoryBench)],
  ["serve", Effect.orDie(serveBench)],
  ["live", Effect.orDie(liveBench)],
  ["api", Effect.orDie(apiBench)],
  ["strangers", Effect.orDie(strangersBench)],
  ["pipelined", Effect.orDie(pipelinedBench)]
]

const program = Effect.gen(function*() {
  const wanted = process.argv.slice(2)
  const chosen = benches.filter(([name]) => wanted.length === 0 || wanted.includes(name))
  const held = yield* Effect.forEach(chosen, ([, bench]) => Effect.zipLeft(bench, Console.log("")))
  if (!held.every((one) => one)) return yield* Effect.fail("a bound was broken")
})

NodeRuntime.runMain(Logger.withMinimumLogLevel(program, LogLevel.Warning))
