/**
 * The standard streams of this Node process.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Config, Console, Effect, Layer, Option } from "effect"
import { Transient } from "../../domain/Errors.js"
import { type Output, Stdio } from "../cli/Stdio.js"

const output = (stream: NodeJS.WriteStream): Output => ({
  isTerminal: stream.isTTY === true,
  columns: Effect.sync(() => stream.isTTY === true ? stream.columns : undefined)
})

const wantsNoColor = Config.string("NO_COLOR").pipe(
  Config.option,
  Config.map(Option.exists((text) => text !== "")),
  // Not a setting of ours: whatever it holds, it is never an error.
  Effect.orElseSucceed(() => false)
)

const broken = (error: unknown): Transient =>
  new Transient({
    service: "standard output",
    reason: "network",
    message: error instanceof Error ? error.message : String(error)
  })

// Done when the bytes were taken, so that a slow reader slows the writer.
const written = (bytes: Uint8Array): Effect.Effect<void, Transient> =>
  Effect.async<void, Transient>((resume) => {
    process.stdout.write(bytes, (error) =>
      resume(error === null || error === undefined ? Effect.void : Effect.fail(broken(error))))
  })

/** Standard input, output and error of the process. */
export const layer: Layer.Layer<Stdio> = Layer.effect(
  Stdio,
  Effect.map(wantsNoColor, (wantsNoColor) => ({
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      bytes: NodeStream.fromReadable(
        () => process.stdin,
        (error) =>
          new Transient({
            service: "standard input",
            reason: "network",
            message: error instanceof Error ? error.message : String(error)
          })
      )
    },
    stdout: { ...output(process.stdout), write: written },
    stderr: {
      ...output(process.stderr),
      write: (text) => Effect.sync(() => void process.stderr.write(text))
    },
    colors: process.stdout.isTTY === true && !wantsNoColor
  }))
)

// Select Graphic Rendition: colours and weights, but not where the cursor is.
// oxlint-disable-next-line no-control-regex
const graphics = /\u001B\[[0-9;]*m/g

const uncolored = (args: ReadonlyArray<unknown>) =>
  args.map((argument) => typeof argument === "string" ? argument.replace(graphics, "") : argument)

/** The console, without colours where nobody wants or can see them. */
export const withColorsAsWanted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio> =>
  Effect.gen(function*() {
    const { colors, stderr } = yield* Stdio
    const console = yield* Effect.console
    const plain: Console.Console = {
      ...console,
      log: (...args) => console.log(...(colors ? args : uncolored(args))),
      error: (...args) => console.error(...(colors && stderr.isTerminal ? args : uncolored(args)))
    }
    return yield* Effect.withConsole(effect, plain)
  })
