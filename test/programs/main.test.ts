import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert } from "vitest"

// As it is built: hooks of tests and those that read TypeScript get into each other's way.
const main = fileURLToPath(new URL("../../dist/programs/main.js", import.meta.url))

const source = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`

// Stands in for the rest of the program: it never ends loading.
const endless = source("process.stdout.write('loading'); await new Promise((done) => setTimeout(done, 2 ** 30))")
const hooks = source(
  `export const resolve = (name, context, next) =>
    name === "./program.js" ? { url: ${JSON.stringify(endless)}, shortCircuit: true } : next(name, context)`
)
const held = source(`import { register } from "node:module"; register(${JSON.stringify(hooks)})`)

/** Starts the program, sends a signal while it is being loaded, and tells how it ended. */
const stoppedWhileLoading = (signal: NodeJS.Signals) =>
  Effect.async<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resume) => {
    const child = spawn(process.execPath, ["--import", held, main, "sync"], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    child.stdout.once("data", () => child.kill(signal))
    child.once("exit", (code, signal) => resume(Effect.succeed({ code, signal })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("main", () => {
  it.live.each(["SIGINT", "SIGTERM"] as const)(
    "ends with 0 on %s while it is being loaded",
    (signal) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* stoppedWhileLoading(signal), { code: 0, signal: null })
      })
  )
})
