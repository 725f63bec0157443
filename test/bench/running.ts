/**
 * What is measured of a program that runs: its memory, and how soon it stops. Needs `/proc`.
 */
import { Clock, Effect } from "effect"
import { readFile } from "node:fs/promises"
import type { startProgram } from "../support/program.js"

/** Resident megabytes now and at most; the kernel keeps both. */
export const residentMegabytes = (pid: number) =>
  Effect.map(Effect.promise(() => readFile(`/proc/${pid}/status`, "utf8")), (text) => {
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN)
    return { now: field("VmRSS") / 1024, peak: field("VmHWM") / 1024 }
  })

/** How soon (seconds) SIGTERM ends it, and its exit code. */
export const stopped = (running: Effect.Effect.Success<ReturnType<typeof startProgram>>) =>
  Effect.gen(function*() {
    const before = yield* Clock.currentTimeMillis
    yield* running.signal("SIGTERM")
    const { code } = yield* running.ended
    return { code, seconds: ((yield* Clock.currentTimeMillis) - before) / 1000 }
  })
