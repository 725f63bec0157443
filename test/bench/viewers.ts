/**
 * Viewers of the live status in a process of their own. Arguments: the address, how many, and `read` or `stuck`: a stuck
 * one takes nothing after the first bytes. Tells its parent every second how many have a status, how many frames all have
 * had, and how many connections were closed.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Schedule } from "effect"
import { request } from "node:http"

const [address = "", count = "0", how] = process.argv.slice(2)
const { hostname, port } = new URL(address)
const seen = { begun: 0, frames: 0, closed: 0 }

for (let n = 0; n < Number(count); n++) {
  let begun = false
  const sent = request({ hostname, port, path: "/api/v1/live", agent: false }, (answer) => {
    answer.on("data", (chunk: Buffer) => {
      if (!begun) seen.begun += 1
      begun = true
      seen.frames += chunk.toString("latin1").split("event: status").length - 1
      if (how === "stuck") answer.pause()
    })
    answer.on("close", () => (seen.closed += 1))
  })
  sent.on("error", () => (seen.closed += 1))
  sent.on("socket", (socket) => socket.on("close", () => how === "stuck" && (seen.closed += 1)))
  sent.end()
}
NodeRuntime.runMain(Effect.repeat(Effect.sync(() => process.send?.(seen)), Schedule.spaced("1 second")))
