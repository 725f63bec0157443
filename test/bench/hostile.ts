/**
 * Hostile workflows through the thread that reads them, as the program has it: how late the event loop of the main thread
 * is meanwhile.
 */
import { Console, Duration, Effect, Option } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { RepositoryFile } from "../../src/domain/WorkflowImages.js"
import * as WorkflowReaderNode from "../../src/layers/workflows/WorkflowReaderNode.js"
import { WorkflowReader } from "../../src/services/WorkflowReader.js"
import { crafted } from "../extraction/hostile.js"
import { pumped } from "../extraction/pumped.js"
import { build } from "./build.js"
import { line } from "./table.js"

/** In milliseconds, for the 99th percentile and for the longest delay. */
const bound = 50
const resolution = 1
const sizes = [15_000, 240_000]
const widths = [34, 12] as const

interface Case {
  readonly name: string
  readonly files: ReadonlyArray<RepositoryFile>
}

// Made one by one: all together they would fill the memory.
const cases = function*(): Generator<Case> {
  for (const [name, text] of crafted) yield { name, files: [{ path: `${name}.yml`, text }] }
  for (const size of sizes) {
    for (const make of pumped) {
      const { name, others, workflow } = make(size)
      yield { name, files: [workflow, ...others] }
    }
  }
}

/** Prints the delays, and the files that took longest; whether the delays are within their bound. */
export const hostileBench = Effect.gen(function*() {
  const { open } = yield* WorkflowReader
  const read = ({ files }: Case) =>
    open({ owner: "acme", name: "app", defaultBranch: Option.none() }).read({
      given: files,
      paths: files.slice(0, 1).map(({ path }) => path),
      namespaces: []
    })
  // The first question starts the thread.
  yield* read({ name: "", files: [{ path: "first.yml", text: "" }] })

  const slowest: Array<readonly [name: string, milliseconds: number]> = []
  let count = 0
  let unread = 0
  // Only while something is read: to make a case is the benchmark's own work.
  const delay = monitorEventLoopDelay({ resolution })
  for (const one of cases()) {
    delay.enable()
    const [took, [answer]] = yield* Effect.timed(read(one))
    // The answer is taken in before the next time that the loop looks at its clock.
    yield* Effect.sleep(Duration.millis(2 * resolution))
    delay.disable()
    slowest.push([one.name, Duration.toMillis(took)])
    slowest.sort(([, a], [, b]) => b - a)
    slowest.splice(5)
    count++
    if (answer?._tag === "Unread") unread++
  }

  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
  const [p99, longest] = [late(delay.percentile(99)), late(delay.max)]
  yield* Console.log(`${count} hostile workflows, of which ${unread} took longer or more memory than they may\n`)
  yield* Console.log(line(widths, ["milliseconds", "figure", "bound"]))
  yield* Console.log(line(widths, ["event loop late, 99th percentile", p99.toFixed(1), `< ${bound}`]))
  yield* Console.log(line(widths, ["event loop late, at most", longest.toFixed(1), `< ${bound}`]))
  yield* Console.log(`\nthe workflows that took longest, in the thread that reads them:`)
  for (const [name, milliseconds] of slowest) yield* Console.log(`${milliseconds.toFixed(0).padStart(7)}  ${name}`)
  return p99 < bound && longest < bound && unread === 0
}).pipe(
  Effect.provide(
    WorkflowReaderNode.layer({ program: new URL("../../dist/layers/workflows/thread.js", import.meta.url) })
  ),
  (bench) => Effect.zipRight(build, bench)
)
