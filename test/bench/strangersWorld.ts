/**
 * A world full of strangers in a process of its own, and a trap: an address on this machine that nothing but a label names.
 * Says again and again how it is reached, and how often somebody went into the trap.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Schedule } from "effect"
import { createServer } from "node:net"
import { fullName } from "../../src/domain/GitHubRepository.js"
import { realistic } from "../sandbox/presets.js"
import { registryServices } from "../sandbox/registry/services.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { basedAt } from "../sandbox/strangers/images.js"
import { ownRegistry } from "../sandbox/strangers/Stranger.js"
import { beforeStrangers, strangers, withStrangers } from "../sandbox/strangers/world.js"
import { makeWorld } from "../sandbox/world/make.js"
import type { StrangersSaid } from "./strangers.js"

const trap = Effect.async<{ readonly port: number; readonly caught: () => number }>((resume) => {
  const state = { caught: 0 }
  const server = createServer((socket) => {
    state.caught += 1
    socket.destroy()
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    resume(Effect.succeed({ port, caught: () => state.caught }))
  })
})

const program = Effect.gen(function*() {
  const { caught, port } = yield* trap
  const among = [
    ...strangers,
    basedAt("base in the trap", `127.0.0.1:${port}`),
    basedAt("base in the trap by name", `localhost:${port}`)
  ]
  const world = withStrangers(makeWorld({ repositories: 1_000 }), among)
  const sandbox = yield* startSandbox({
    world,
    github: { ...realistic.github, tokens: [{ token: "sandbox-token", limit: 1_000_000 }] },
    dockerhub: { ...realistic.dockerhub, limit: 1_000_000 },
    more: registryServices({ latency: "60 millis", pullLimit: 1_000_000, others: [ownRegistry] }),
    before: beforeStrangers(among)
  })
  const repositories = world.listed.map(({ asked }) => fullName(asked))
  const say = Effect.sync(() => {
    const said: StrangersSaid = { environment: sandbox.environment, repositories, caught: caught() }
    process.send?.(said)
  })
  yield* Effect.repeat(say, Schedule.spaced("1 second"))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
