/**
 * The program `image-census` on this Node process.
 */
// One module each: all of them together load servers and sockets that this program has no use for.
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Config, Effect, Either, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { homedir, hostname } from "node:os"
import * as Cli from "./cli/Cli.js"
import type { CommandLayers } from "./cli/CommandLayers.js"
import type { Program } from "./cli/layers.js"
import * as LazyLayers from "./cli/lazyLayers.js"
import * as StdioNode from "./node/StdioNode.js"
import { stoppable, teardown } from "./node/stopping.js"
import { version } from "./version.js"

const args = process.argv.slice(2)

const exists = (pid: number): boolean => Either.isRight(Either.try(() => process.kill(pid, 0)))

const program = Effect.map(Clock.currentTimeMillis, (startedAt) => ({
  version: version(),
  home: homedir(),
  process: { id: randomUUID(), host: hostname(), pid: process.pid, startedAt, exists }
}))

// Before the settings are checked: what is wrong with them is told elsewhere.
const details = Config.string("LOG_LEVEL").pipe(
  Effect.map((level) => /^(?:all|trace|debug)$/i.test(level.trim())),
  Effect.orElseSucceed(() => false)
)

const main = Effect.gen(function*() {
  const self = yield* program
  // Others read what it is called: in the data folder's lock, in `status`, on the dashboard. Its arguments may be secrets.
  const layers: CommandLayers = LazyLayers.make(
    Effect.sync((): Program => ({ ...self, process: { ...self.process, command: Cli.nameOf(layers, args) } })),
    NodeContext.layer
  )
  return yield* Cli.run({ version: version(), layers, details: yield* details }, args)
}).pipe(
  StdioNode.withColorsAsWanted,
  Effect.provide(Layer.merge(NodeContext.layer, StdioNode.layer))
)

/** Runs the command line that this process was started with, and ends the process with its exit code. */
export const start = (): void => {
  NodeRuntime.runMain(stoppable(main), { disableErrorReporting: true, disablePrettyLogger: true, teardown })
}
