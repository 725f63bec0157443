/**
 * `npm run sandbox [COUNT] [--app] [--fast]`: serves a world on loopback ports until Ctrl-C, and says how to use it.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { installations, realistic } from "./presets.js"
import { registryServices } from "./registry/services.js"
import { loginEnvironment, type RunningSandbox, startSandbox } from "./Sandbox.js"
import { realNames } from "./world/names.js"

const firstPort = 4_780

const lines = ({ addresses, appEnvironment, controlUrl, environment, expected }: RunningSandbox, app: boolean) => {
  const exports = Object.entries(app ? appEnvironment : environment).map(([name, value]) => `export ${name}=${value}`)
  return [
    `${
      expected.checked.toLocaleString("en")
    } repositories; a run has to find ${expected.hits} hits, ${expected.misses} misses, ${expected.notFound} not found.`,
    ...Object.entries(addresses).map(([name, url]) => `  ${name.padEnd(10)} ${url}`),
    `  ${"control".padEnd(10)} ${controlUrl}/_sandbox/counters, …/truth, …/faults, …/world`,
    "",
    "In another terminal:",
    ...exports,
    ...Object.entries(loginEnvironment).map(([name, value]) => `# export ${name}=${value}    # a login moves the wall`),
    "image-census repos add test/sandbox/data/repositories.txt && image-census sync --once",
    `curl -d '{"kind":"rate-limit","service":"dockerhub","seconds":30}' ${controlUrl}/_sandbox/faults`,
    `curl -d '{"kind":"days","days":1}' ${controlUrl}/_sandbox/world`,
    "",
    "Ctrl-C ends it."
  ]
}

const program = Effect.gen(function*() {
  const args = process.argv.slice(2)
  const count = args.map(Number).find((value) => Number.isInteger(value) && value > 0)
  const app = args.includes("--app")
  const sandbox = yield* startSandbox({
    port: firstPort,
    world: { repositories: count ?? realNames() },
    github: {
      ...(args.includes("--fast") ? {} : realistic.github),
      ...(app ? { app: { installations: installations(3) } } : {})
    },
    dockerhub: args.includes("--fast") ? {} : realistic.dockerhub,
    more: registryServices(args.includes("--fast") ? {} : { latency: "60 millis" })
  })
  yield* Console.log(lines(sandbox, app).join("\n"))
  return yield* Effect.never
})

NodeRuntime.runMain(Effect.scoped(program))
