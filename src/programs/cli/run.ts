/**
 * What every command has in common: its settings are checked before anything starts, and its log goes to standard error.
 */
import { Args, HelpDoc } from "@effect/cli"
import { Effect, Layer, Option } from "effect"
import * as Settings from "../settings/Settings.js"
import { shownAs } from "./console.js"
import * as Logging from "./logging.js"
import { visible } from "./text.js"
import * as Tracing from "./tracing.js"

// Of a command's own texts none has colours: whatever is not seen comes from outside.
const withoutControls = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    Effect.console,
    (console) => Effect.withConsole(work, shownAs(console, { log: visible, error: visible }))
  )

/**
 * Runs a command's work with the settings and the log that they ask for. What it writes to the console, its log too,
 * holds no control characters.
 */
export const withSettings = <A, E, R>(
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Settings.WrongSettings, Exclude<R, Settings.Settings>> =>
  withoutControls(
    Effect.provide(work, Layer.provideMerge(Layer.merge(Logging.layer, Tracing.layer), Settings.layer))
  )

// @effect/cli takes a lone dash for an option that it does not know, and then overlooks those behind it.
const dash = "/dev/stdin"

/** What stands behind it is no option, and for `watch add` the program that is to be started. */
const separator = "--"

const undashed = (text: string): string => text === "-" ? dash : text

/**
 * The arguments as `@effect/cli` can read them. It drops the separator and hands on what is behind it among the arguments:
 * for `watch add`, a second one keeps them apart.
 */
export const readable = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = args.indexOf(separator)
  const before = args.slice(0, at)
  return at !== -1 && before.includes("watch") && before.includes("add")
    ? [...before.map(undashed), separator, ...args.slice(at)]
    : args.map(undashed)
}

/** Arguments, and a program behind the separator. */
export const withProgram = (name: string, description: string) =>
  Args.text({ name }).pipe(
    Args.repeated,
    Args.mapEffect((all) => {
      const at = all.indexOf(separator)
      const texts = at === -1 ? all : all.slice(0, at)
      const unknown = texts.find((text) => text.startsWith("-"))
      return unknown === undefined
        ? Effect.succeed({
          texts: texts.map((text) => text === dash ? "-" : text),
          program: at === -1 ? Option.none() : Option.some(all.slice(at + 1))
        })
        : Effect.fail(HelpDoc.p(`Received unknown argument: '${unknown}'`))
    }),
    Args.withDescription(description)
  )

/** An argument that is text, `-` for standard input; what looks like an option that nobody knows is refused. */
export const argument = (name: string, description: string): Args.Args<string> =>
  Args.text({ name }).pipe(
    Args.mapEffect((text) =>
      text.startsWith("-")
        ? Effect.fail(HelpDoc.p(`Received unknown argument: '${text}'`))
        : Effect.succeed(text === dash ? "-" : text)
    ),
    Args.withDescription(description)
  )

/** A description with examples. */
export const described = (
  text: string,
  examples: ReadonlyArray<readonly [command: string, what: string]>
): HelpDoc.HelpDoc =>
  HelpDoc.blocks([
    HelpDoc.p(text),
    HelpDoc.h1("EXAMPLES"),
    ...examples.map(([command, what]) => HelpDoc.p(`${command}  # ${what}`))
  ])
