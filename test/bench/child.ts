/**
 * Parts of a benchmark in processes of their own, so that they take no time from what measures.
 */
import { Effect, Ref, Runtime, Schema } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"

/** How a part is started: its module, and what it says of itself again and again. */
export interface ChildOptions<A, I> {
  readonly module: URL
  readonly args?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly says: Schema.Schema<A, I>
  /** What it would have said at its beginning. */
  readonly first: A
}

/** Runs until the scope closes; what it said last. */
export const child = <A, I>({ args = [], environment = {}, first, module, says }: ChildOptions<A, I>) =>
  Effect.gen(function*() {
    const said = yield* Ref.make(first)
    const runtime = yield* Effect.runtime()
    const decode = Schema.decodeUnknown(says)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(fileURLToPath(module), args, {
          execArgv: process.execArgv,
          env: { ...process.env, ...environment }
        }).on("message", (message) =>
          Runtime.runSync(runtime)(Effect.flatMap(decode(message), (now) => Ref.set(said, now))))
      ),
      (started) => Effect.sync(() => started.kill("SIGKILL"))
    )
    return said
  })
