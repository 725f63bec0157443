/**
 * The benchmark's world in a process of its own, so that serving it does not take time from what is measured. Prints one
 * line of JSON when it is up, and serves until it is ended.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { installations, realistic } from "../sandbox/presets.js"
import { startSandbox } from "../sandbox/Sandbox.js"

const program = Effect.gen(function*() {
  const sandbox = yield* startSandbox({
    world: { repositories: 1000 },
    github: { ...realistic.github, app: { installations: installations(3) } },
    dockerhub: { ...realistic.dockerhub, limit: 1_000_000 }
  })
  yield* Console.log(JSON.stringify({ ...sandbox.appEnvironment, CONTROL_URL: sandbox.controlUrl }))
  return yield* Effect.never
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
