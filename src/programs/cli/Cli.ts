/**
 * The command line as a whole.
 */
import { CliConfig, Command, CommandDescriptor, HelpDoc, Span } from "@effect/cli"
import type { CliApp } from "@effect/cli"
import { Array as Arr, Effect, Exit, HashMap, HashSet } from "effect"
import { catalog } from "./catalog.js"
import type { CommandLayers } from "./CommandLayers.js"
import { discover } from "./discover.js"
import { doctor } from "./doctor.js"
import { ending, type ExitCode } from "./exits.js"
import { images } from "./images.js"
import { links } from "./links.js"
import * as Logging from "./logging.js"
import { migrate } from "./migrate.js"
import * as Output from "./output.js"
import { pulls } from "./pulls.js"
import { index, inspect } from "./registryIndex.js"
import { blob, digest, manifest, tags } from "./registryRead.js"
import { copy, deploy } from "./registryWrite.js"
import { repos } from "./repos.js"
import { described, readable } from "./run.js"
import { serve, token } from "./serve.js"
import { status } from "./status.js"
import type { Stdio } from "./Stdio.js"
import { daemon, sync } from "./sync.js"
import { updates } from "./updates.js"
import { watch } from "./watch.js"

const summaries = [
  ["repos", "say which repositories are looked at"],
  ["sync", "look for their images, and take the day's pulls"],
  ["daemon", "go on doing so for ever"],
  ["serve", "the dashboard and the HTTP API"],
  ["token", "tokens for the HTTP API"],
  ["discover", "look at some repositories now, with the evidence"],
  ["images", "list what was found"],
  ["links", "which repository publishes which image, and why"],
  ["pulls", "an image's pulls by day; export and import of histories"],
  ["watch", "act when the digest behind a tag moves"],
  ["catalog", "images with their tags, platforms and digests"],
  ["status", "what is left to do, what is waited for, what runs"],
  ["doctor", "check every setting, and try every service"],
  ["migrate", "bring the database's schema up to date"],
  ["digest", "the digests behind images of any registry"],
  ["tags", "a repository's tags"],
  ["inspect", "an image's platforms, sizes, labels and source"],
  ["index", "the index behind images, made whole, as JSON"],
  ["manifest", "a manifest as it is"],
  ["blob", "a blob as it is"],
  ["copy", "copy an image to another place, byte for byte"],
  ["deploy", "push what standard input names"],
  ["updates", "which newer versions could be run"]
] as const

const overview = HelpDoc.blocks([
  HelpDoc.h1("OVERVIEW"),
  HelpDoc.enumeration(
    Arr.map(summaries, ([name, summary]) => HelpDoc.p(`${name.padEnd(9)} ${summary}`))
  )
])

const commands = (layers: CommandLayers) =>
  [
    repos(layers),
    sync(layers),
    daemon(layers),
    serve(layers),
    token,
    discover(layers),
    images(layers),
    links(layers),
    pulls(layers),
    watch(layers),
    catalog(layers),
    status(layers),
    doctor(layers),
    migrate(layers),
    digest(layers),
    tags(layers),
    inspect(layers),
    index(layers),
    manifest(layers),
    blob(layers),
    copy(layers),
    deploy(layers),
    updates(layers)
  ] as const

const root = (layers: CommandLayers) =>
  Command.make("image-census").pipe(
    Command.withDescription(HelpDoc.sequence(
      described(
        "Finds the container images that GitHub repositories publish, and keeps their pulls by day in a Postgres database: " +
          "an embedded one in .image-census/, or the one that DATABASE_URL names.",
        [
          ["image-census repos add ollama/ollama traefik/traefik", "say which repositories"],
          ["GITHUB_TOKEN=… image-census sync --once", "look for their images, and take today's pulls"],
          ["image-census images list", "what was found"]
        ]
      ),
      overview
    )),
    Command.withSubcommands(commands(layers))
  )

/** What a command line asks for, without options and arguments: `image-census watch add`. */
export const nameOf = (layers: CommandLayers, args: ReadonlyArray<string>): string => {
  const parts = commands(layers).map(({ descriptor }: { readonly descriptor: CommandDescriptor.Command<unknown> }) => ({
    names: CommandDescriptor.getNames(descriptor),
    // A command without any has itself.
    inner: HashMap.keySet(CommandDescriptor.getSubcommands(descriptor))
  }))
  for (const [index, word] of args.entries()) {
    const part = parts.find(({ names }) => HashSet.has(names, word))
    if (part === undefined) continue
    const inner = args.slice(index + 1).find((next) => next !== word && HashSet.has(part.inner, next))
    return ["image-census", word, ...inner === undefined ? [] : [inner]].join(" ")
  }
  return "image-census"
}

const footer = HelpDoc.blocks([
  HelpDoc.h1("MORE"),
  HelpDoc.p(
    "image-census COMMAND --help shows a command's options and examples. --version and --log-level LEVEL work " +
      "everywhere; --completions bash|fish|zsh prints a script for your shell."
  ),
  HelpDoc.p(
    "Exit codes: 0 done or stopped by a signal, 1 failure, 2 usage or settings, 3 credentials refused, " +
      "10 newer versions were found (updates)."
  )
])

/** The version stands in `--version`. */
export interface CliOptions {
  readonly version: string
  readonly layers: CommandLayers
  /** Show the details of internal errors? */
  readonly details: boolean
}

/**
 * Runs a command line (without runtime and script), prints what there is to say about a failure on standard error, and
 * returns the exit code. Interrupting it is a signal: the code is 0 then too, but it is the interruption that is returned.
 */
export const run = (
  options: CliOptions,
  args: ReadonlyArray<string>
): Effect.Effect<ExitCode, never, CliApp.CliApp.Environment | Stdio> =>
  Command.run(root(options.layers), {
    name: "image-census",
    version: options.version,
    executable: "image-census",
    summary: Span.text("which images do repositories publish, and how often are they pulled?"),
    footer
  })(["node", "image-census", ...readable(args)]).pipe(
    Logging.askable,
    Effect.provide(CliConfig.layer({ showBuiltIns: false, finalCheckBuiltIn: false })),
    Effect.exit,
    Effect.flatMap(Exit.match({
      onSuccess: () => Effect.succeed<ExitCode>(0),
      onFailure: (cause) => {
        const { code, lines } = ending(cause, options.details)
        return Effect.as(Effect.forEach(lines, Output.tell, { discard: true }), code)
      }
    }))
  )
