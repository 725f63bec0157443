/**
 * What every command has in common: its settings are checked before anything starts, and its log goes to standard error.
 */
import { Args, HelpDoc } from "@effect/cli"
import { Effect, Layer } from "effect"
import * as Settings from "../settings/Settings.js"
import * as Logging from "./logging.js"

/** Runs a command's work with the settings and the log that they ask for. */
export const withSettings = <A, E, R>(
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Settings.WrongSettings, Exclude<R, Settings.Settings>> =>
  Effect.provide(work, Layer.provideMerge(Logging.layer, Settings.layer))

// @effect/cli takes a lone dash for an option that it does not know, and then overlooks those behind it.
const dash = "/dev/stdin"

/** The arguments as `@effect/cli` can read them. */
export const readable = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.map((text) => text === "-" ? dash : text)

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
