/**
 * Ends the process where one case does not come to its end: a loop that never gives way cannot be interrupted from
 * within. It says which case that was, so that it can be run again.
 */
import { Effect } from "effect"
import { Worker } from "node:worker_threads"

/** Milliseconds that one case may take. */
const longest = 60_000

// Plain JavaScript, because it runs while the main thread does not.
const source = `
const { workerData } = require("node:worker_threads")
const { mkdirSync, writeFileSync, writeSync } = require("node:fs")
const { folder, longest, memory, name } = workerData
const seen = new Int32Array(memory)
let last = -1
let since = Date.now()
setInterval(() => {
  const now = Atomics.load(seen, 0)
  // Odd while a case is under way.
  if (now !== last || now % 2 === 0) { last = now; since = Date.now(); return }
  if (Date.now() - since < longest) return
  mkdirSync(folder, { recursive: true })
  const file = folder + "/fuzz-" + name + "-hangs.json"
  const error = "did not end within " + longest / 1000 + " s"
  const place = { target: name, seed: Atomics.load(seen, 1), path: String(Atomics.load(seen, 2)), error }
  writeFileSync(file, JSON.stringify(place, undefined, 2))
  writeSync(2, name + ": a case " + error + "; see " + file + "\\n")
  process.kill(process.pid, "SIGKILL")
}, 1000)
`

/** Runs one case of those that fast-check makes of a seed while the watchdog looks on. */
export type Watched = <A>(seed: number, one: () => Promise<A>) => Promise<A>

/** A watchdog for the cases of one fuzzer, until the scope closes. */
export const makeWatchdog = (name: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const memory = new SharedArrayBuffer(12)
        return {
          seen: new Int32Array(memory),
          worker: new Worker(source, { eval: true, workerData: { name, memory, longest, folder: "test-output" } })
        }
      }),
      ({ worker }) => Effect.promise(() => worker.terminate())
    ),
    ({ seen }): Watched => async (seed, one) => {
      if (Atomics.exchange(seen, 1, seed) !== seed) Atomics.store(seen, 2, 0)
      Atomics.add(seen, 0, 1)
      try {
        return await one()
      } finally {
        Atomics.add(seen, 0, 1)
        Atomics.add(seen, 2, 1)
      }
    }
  )
