/**
 * `npm run extraction -- DIR [--hostile N]`: how many of a folder's workflow files are read per second on one core, and
 * whether mutated and hostile ones cost more than they may.
 */
import { Args, Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FastCheck, Option } from "effect"
import { publishedImages } from "../../src/domain/WorkflowImages.js"
import { crafted, mutated } from "./hostile.js"
import { pumped } from "./pumped.js"

const facts = { owner: "acme", name: "app", defaultBranch: Option.none(), files: [], namespaces: [] }
const extract = (text: string): number =>
  publishedImages({ path: ".github/workflows/x.yml", text }, facts).images.length

// Processor time rather than the clock's: what others do on the machine does not count.
const milliseconds = Effect.sync(() => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1_000
})

const timed = (text: string): Effect.Effect<number> =>
  Effect.gen(function*() {
    const start = yield* milliseconds
    yield* Effect.sync(() => extract(text))
    return (yield* milliseconds) - start
  })

const read = Effect.fn("extraction.read")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(directory)).filter((name) => /\.ya?ml$/.test(name))
  return yield* Effect.forEach(names, (name) => fs.readFileString(path.join(directory, name)))
})

const rounds = 40

const speed = Effect.fn("extraction.speed")(function*(texts: ReadonlyArray<string>) {
  const round = Effect.sync(() => texts.forEach(extract))
  yield* Effect.repeatN(round, 10)
  const start = yield* milliseconds
  yield* Effect.repeatN(round, rounds - 1)
  const took = (yield* milliseconds) - start
  yield* Console.log(
    `${texts.length} files, ${rounds} rounds: ${
      Math.round(rounds * texts.length / took * 1000)
    } files per second of one core`
  )
})

const hostile = Effect.fn("extraction.hostile")(function*(texts: ReadonlyArray<string>, count: number) {
  const slowest: Array<readonly [string, number]> = []
  const look = (name: string, text: string): Effect.Effect<void> =>
    Effect.map(timed(text), (took) => {
      slowest.push([name, took])
      slowest.sort(([, one], [, other]) => other - one)
      slowest.splice(10)
    })
  for (const [name, text] of crafted) yield* look(name, text)
  for (const make of pumped) {
    const { name, workflow } = make(60_000)
    yield* look(name, workflow.text)
  }
  const seeds = [...texts, ...crafted.map(([, text]) => text.slice(0, 20_000))]
  for (let made = 0; made < count; made += 500) {
    const batch = FastCheck.sample(mutated(seeds), { numRuns: Math.min(500, count - made), seed: made + 1 })
    for (const [index, text] of batch.entries()) yield* look(`mutated ${made + index}`, text)
  }
  yield* Console.log(
    `${crafted.length} crafted, ${pumped.length} pumped and ${count} mutated files: none failed; the slowest, in milliseconds of processor time:`
  )
  for (const [name, took] of slowest) yield* Console.log(`${took.toFixed(1).padStart(8)}  ${name}`)
})

const extraction = Command.make("extraction", {
  directory: Args.directory({ name: "DIR", exists: "yes" }),
  hostile: Options.integer("hostile").pipe(Options.withDefault(0))
}, ({ directory, hostile: count }) =>
  Effect.gen(function*() {
    const texts = yield* read(directory)
    yield* speed(texts)
    if (count > 0) yield* hostile(texts, count)
  }))

Command.run(extraction, { name: "extraction", version: "1" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
