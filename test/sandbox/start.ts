/**
 * `npm start`: the program's own commands, one after the other, against a simulated world and a throw-away database. On
 * a terminal the dashboard comes last and stays.
 * Whatever settings the environment holds are not read.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Clock, ConfigProvider, Console, Effect, Layer, Ref, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { rmSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { addDays, dayOf, startOf } from "../../src/domain/UtcDay.js"
import * as Cli from "../../src/programs/cli/Cli.js"
import { make } from "../../src/programs/cli/layers.js"
import * as StdioNode from "../../src/programs/node/StdioNode.js"
import { stoppable, teardown } from "../../src/programs/node/stopping.js"
import { version } from "../../src/programs/version.js"
import { installations, realistic } from "./presets.js"
import { registryServices } from "./registry/services.js"
import { type RunningSandbox, startSandbox } from "./Sandbox.js"
import { compared } from "./truth.js"
import { realNames, realNamesFile } from "./world/names.js"
import { pullsAt } from "./world/World.js"

const platform = Layer.merge(NodeContext.layer, StdioNode.layer)

/** Runs `image-census ARGS…` with these settings and no others; a failure ends the whole. */
const command = (environment: Readonly<Record<string, string>>) => {
  const settings = ConfigProvider.fromMap(new Map(Object.entries(environment)))
  return (...args: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const self = {
        id: randomUUID(),
        host: hostname(),
        pid: process.pid,
        command: `image-census ${args.join(" ")}`,
        startedAt: yield* Clock.currentTimeMillis,
        exists: () => true
      }
      const layers = make({ version: version(), process: self, home: tmpdir() }, NodeContext.layer)
      const code = yield* Cli.run({ version: version(), layers, details: false }, args).pipe(
        Effect.withConfigProvider(settings)
      )
      if (code !== 0) return yield* Effect.dieMessage(`image-census ${args.join(" ")} ended with ${code}`)
    })
}

const show = (text: string) => Console.log(`\n$ image-census ${text}`)

const Images = Schema.parseJson(
  Schema.Array(Schema.Struct({ image: Schema.String, pulls: Schema.NullOr(Schema.Number) }))
)
const Links = Schema.parseJson(Schema.Array(Schema.Struct({ repository: Schema.String, image: Schema.String })))

/** What a command prints, instead of printing it. */
const printed = (effect: Effect.Effect<void, never, Layer.Layer.Success<typeof platform>>) =>
  Effect.gen(function*() {
    const said = yield* Ref.make("")
    const console = yield* Effect.console
    const log = (...args: ReadonlyArray<unknown>) => Ref.update(said, (text) => `${text}${args.join(" ")}\n`)
    yield* Effect.withConsole(effect, { ...console, log })
    return yield* Ref.get(said)
  })

/** The fortnight before today, as the sandbox's Hub would have counted it. */
const history = (sandbox: RunningSandbox, image: string) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const facts = sandbox.state.image(image)
    const rows = Array.from({ length: 14 }, (_, i) => addDays(dayOf(now), i - 14)).map((day) =>
      `${image},${day},${facts === undefined ? 0 : pullsAt(facts, startOf(day))}`
    )
    return ["image,date,pulls_total", ...rows, ""].join("\n")
  })

const requests = (sandbox: RunningSandbox): ReadonlyArray<string> =>
  Object.entries(sandbox.counters()).map(([name, { maxOpen, requests, totals }]) => {
    const points = totals["points"] === undefined ? "" : `, ${totals["points"]} points`
    return `  ${name.padEnd(10)} ${requests} requests${points}, at most ${maxOpen} at once`
  })

const program = Effect.gen(function*() {
  const begin = yield* Clock.currentTimeMillis
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectory({ prefix: "image-census-" })
  // Also when a second Ctrl-C leaves the scopes no time.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const sandbox = yield* startSandbox({
    world: { repositories: realNames() },
    github: { ...realistic.github, app: { installations: installations(3) } },
    dockerhub: realistic.dockerhub,
    more: registryServices({ latency: "60 millis" })
  })
  yield* Console.log(
    `A sandbox world: ${sandbox.expected.checked.toLocaleString("en")} repositories on a simulated GitHub, ` +
      `${sandbox.state.world.images.size} images on a simulated Docker Hub, GHCR and Quay beside it.\n` +
      "Names are real, what is said of them is made up. The database is embedded, and gone afterwards."
  )
  const census = command({ ...sandbox.appEnvironment, IMAGE_CENSUS_DATA_DIR: `${folder}/data`, LOG_LEVEL: "warning" })

  yield* show("repos add test/sandbox/data/repositories.txt")
  yield* census("repos", "add", fileURLToPath(realNamesFile))
  yield* show("sync --once")
  yield* census("sync", "--once")
  yield* show("images list")
  yield* census("images", "list")

  const found = yield* Schema.decode(Images)(yield* printed(census("images", "list", "--json")))
  const best = found.reduce((a, b) => (b.pulls ?? 0) > (a.pulls ?? 0) ? b : a, { image: "", pulls: 0 }).image
  yield* files.writeFileString(`${folder}/history.csv`, yield* history(sandbox, best))
  yield* show("pulls import history.csv")
  yield* census("pulls", "import", `${folder}/history.csv`)
  yield* show(`pulls ${best}`)
  yield* census("pulls", best)
  const verified = yield* Schema.decode(Links)(yield* printed(census("links", "list", "--verified", "--json")))
  const other = verified.find(({ image, repository }) => !image.endsWith(repository.toLowerCase()))?.repository
  if (other !== undefined) {
    yield* show(`links explain ${other}`)
    yield* census("links", "explain", other)
  }
  yield* show("status")
  yield* census("status")

  const truth = compared(sandbox, found.map(({ image }) => image), verified)
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - begin) / 1_000)
  yield* Console.log(
    ["", "What the services counted:", ...requests(sandbox), "", ...truth.lines, `${seconds} s.`].join("\n")
  )
  if (process.stdout.isTTY === true) {
    yield* Console.log("\n$ image-census serve      (Ctrl-C ends it)")
    yield* census("serve", "--port", "0")
  }
  return truth.right ? 0 as const : 1 as const
}).pipe(
  Effect.scoped,
  Effect.orDie,
  StdioNode.withColorsAsWanted,
  Effect.provide(platform)
)

NodeRuntime.runMain(stoppable(program), { teardown })
