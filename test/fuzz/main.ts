/**
 * `npm run fuzz -- SECONDS [NAME…] [--seed N] [--workflows DIR] [--replay FILE]`: runs every fuzzer, or those that are
 * named, for so many seconds each. Ends with 1 where something did not hold; the failing input is then in `test-output/`.
 */
import { Args, Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Clock, Console, Effect, Logger, LogLevel, Option, Schema } from "effect"
import { line } from "../bench/table.js"
import type { Report, Run } from "./Target.js"
import { targets } from "./targets.js"

const folder = "test-output"
const widths = [14, 12] as const

const Replay = Schema.parseJson(Schema.Struct({ target: Schema.String, seed: Schema.Number, path: Schema.String }))

const write = Effect.fn("fuzz.write")(function*({ failure, name }: Report) {
  if (failure === undefined) return
  const fs = yield* FileSystem.FileSystem
  const file = `${folder}/fuzz-${name}-${failure.seed}.json`
  yield* fs.makeDirectory(folder, { recursive: true })
  yield* fs.writeFileString(file, JSON.stringify({ target: name, ...failure }, undefined, 2))
  yield* Console.log(`\n${name}: ${failure.error}\ninput: ${failure.input.slice(0, 2_000)}`)
  yield* Console.log(`again: npm run fuzz -- 60 --replay ${file}\n`)
})

const workflowsIn = Effect.fn("fuzz.workflowsIn")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(directory)).filter((name) => /\.ya?ml$/.test(name)).toSorted()
  return yield* Effect.forEach(names, (name) => fs.readFileString(path.join(directory, name)))
})

const fuzz = Command.make("fuzz", {
  seconds: Args.integer({ name: "SECONDS" }),
  names: Args.repeated(Args.text({ name: "NAME" })),
  seed: Options.optional(Options.integer("seed")),
  workflows: Options.optional(Options.directory("workflows", { exists: "yes" })),
  replay: Options.optional(Options.file("replay", { exists: "yes" }))
}, ({ names, replay, seconds, seed, workflows }) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const unknown = names.filter((name) => !targets.some((target) => target.name === name))
    if (unknown.length > 0) {
      const known = targets.map((target) => `  ${target.name.padEnd(widths[0])}${target.about}`).join("\n")
      return yield* Effect.fail(`there is no fuzzer ${unknown.join(", ")}; there are:\n${known}`)
    }
    const again = yield* Effect.transposeOption(
      Option.map(replay, (file) => Effect.flatMap(fs.readFileString(file), Schema.decode(Replay)))
    )
    const run: Run = {
      workflows: Option.isNone(workflows) ? [] : yield* workflowsIn(workflows.value),
      seconds,
      seed: Option.getOrUndefined(seed) ?? (yield* Clock.currentTimeMillis) % 1_000_000_000,
      ...Option.getOrUndefined(again)
    }
    const chosen = Option.match(again, {
      onNone: () => targets.filter(({ name }) => names.length === 0 || names.includes(name)),
      onSome: ({ target }) => targets.filter(({ name }) => name === target)
    })
    yield* Console.log(`seed ${run.seed}, ${seconds} s for each of ${chosen.length}\n`)
    yield* Console.log(line(widths, ["fuzzer", "cases", "cases/s", "slowest ms", "failures"]))
    let failed = 0
    for (const target of chosen) {
      const report = yield* target.run(run)
      failed += report.failure === undefined ? 0 : 1
      yield* Console.log(line(widths, [
        report.name,
        report.cases,
        Math.round(report.cases / Math.max(report.seconds, 0.001)),
        report.slowest.toFixed(0),
        report.failure === undefined ? 0 : 1
      ]))
      yield* write(report)
    }
    if (failed > 0) return yield* Effect.fail(`${failed} of ${chosen.length} fuzzers found something`)
  }))

Command.run(fuzz, { name: "fuzz", version: "1" })(process.argv).pipe(
  Logger.withMinimumLogLevel(LogLevel.None),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
