/**
 * The standard streams of this Node process.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Config, Effect, Layer, Option } from "effect"
import { Transient } from "../../domain/Errors.js"
import { shownAs } from "../cli/console.js"
import { type Output, Stdio } from "../cli/Stdio.js"
import { visible } from "../cli/text.js"

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

const writeError = (text: string): void => void process.stderr.write(text)

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
      write: (text) => Effect.sync(() => writeError(text)),
      unsafeWrite: writeError
    },
    colors: process.stdout.isTTY === true && !wantsNoColor
  }))
)

// Select Graphic Rendition: colours and weights, but not where the cursor is.
// oxlint-disable-next-line no-control-regex
const graphics = /\u001B\[[0-9;]*m/g

const uncolored = (text: string): string => visible(text.replace(graphics, ""))

const colored = (text: string): string => {
  const colors = text.match(graphics) ?? []
  return text.split(graphics).map((piece, at) => visible(piece) + (colors[at] ?? "")).join("")
}

/**
 * The console as help and messages about arguments are written to it: with the colours of those, where they are wanted and
 * can be seen, and without any other control character.
 */
export const withColorsAsWanted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio> =>
  Effect.gen(function*() {
    const { colors, stderr } = yield* Stdio
    const console = yield* Effect.console
    const shown = shownAs(console, {
      log: colors ? colored : uncolored,
      error: colors && stderr.isTerminal ? colored : uncolored
    })
    return yield* Effect.withConsole(effect, shown)
  })
