/**
 * The real command line with layers of the test's choice: what it prints, and how it ends.
 */
import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, Console, Effect, Layer, Stream } from "effect"
import { run } from "../../src/programs/cli/Cli.js"
import type { CommandLayers } from "../../src/programs/cli/CommandLayers.js"
import type { ExitCode } from "../../src/programs/cli/exits.js"
import { Stdio } from "../../src/programs/cli/Stdio.js"

export interface Call {
  readonly layers: CommandLayers
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Columns of the terminal on all three streams; none for files and pipes. */
  readonly terminal?: number
}

export interface Said {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

const text = (args: ReadonlyArray<unknown>): string => `${args.map(String).join(" ")}\n`

/** Runs a command line to its end. What was said until then is in `said` also where the run is interrupted. */
export const calling = (call: Call, args: ReadonlyArray<string>) => {
  const said = { stdout: "", stderr: "" }
  const out = (...args: ReadonlyArray<unknown>) => {
    said.stdout += text(args)
  }
  const error = (...args: ReadonlyArray<unknown>) => {
    said.stderr += text(args)
  }
  const decoder = new TextDecoder()
  const draw = (text: string) => {
    said.stderr += text
  }
  const isTerminal = call.terminal !== undefined
  const output = { isTerminal, columns: Effect.succeed(call.terminal) }
  const stdio = Layer.succeed(Stdio, {
    stdin: {
      isTerminal: call.stdin === undefined,
      // In small pieces, as a pipe may bring them.
      bytes: Stream.fromIterable(Buffer.from(call.stdin ?? "").toString("latin1").match(/[^]{1,7}/g) ?? []).pipe(
        Stream.map((piece) => new Uint8Array(Buffer.from(piece, "latin1")))
      )
    },
    stdout: {
      ...output,
      write: (bytes) =>
        Effect.sync(() => {
          said.stdout += decoder.decode(bytes, { stream: true })
        })
    },
    stderr: {
      ...output,
      write: (text) => Effect.sync(() => draw(text)),
      unsafeWrite: draw
    },
    colors: false
  })
  const running = run({ version: "1.2.3", layers: call.layers, details: false }, args).pipe(
    Effect.withConsole(spy(out, error)),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(call.environment ?? {})))),
    Effect.provide(Layer.merge(NodeContext.layer, stdio)),
    Effect.map((code): Said => ({ code, ...said }))
  )
  return { said, running }
}

/** Runs a command line, its arguments with blanks between them. */
export const call = (call: Call, line: string): Effect.Effect<Said> =>
  calling(call, line.split(" ").filter((word) => word !== "")).running

type Write = (...args: ReadonlyArray<unknown>) => void

// Everything that a program could print by, into two sinks.
const spy = (out: Write, error: Write): Console.Console => {
  const effect = (write: Write) => (...args: ReadonlyArray<unknown>) => Effect.sync(() => write(...args))
  const unsafe: Console.UnsafeConsole = {
    assert: () => undefined,
    clear: () => undefined,
    count: () => undefined,
    countReset: () => undefined,
    debug: out,
    dir: out,
    dirxml: out,
    error,
    group: () => undefined,
    groupCollapsed: () => undefined,
    groupEnd: () => undefined,
    info: out,
    log: out,
    table: out,
    time: () => undefined,
    timeEnd: () => undefined,
    timeLog: () => undefined,
    trace: error,
    warn: error
  }
  return {
    [Console.TypeId]: Console.TypeId,
    assert: () => Effect.void,
    clear: Effect.void,
    count: () => Effect.void,
    countReset: () => Effect.void,
    debug: effect(out),
    dir: effect(out),
    dirxml: effect(out),
    error: effect(error),
    group: () => Effect.void,
    groupEnd: Effect.void,
    info: effect(out),
    log: effect(out),
    table: effect(out),
    time: () => Effect.void,
    timeEnd: () => Effect.void,
    timeLog: () => Effect.void,
    trace: effect(error),
    warn: effect(error),
    unsafe
  }
}
