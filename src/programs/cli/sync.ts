/**
 * `sync` and `daemon`: what runs for long.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import { SettingsError } from "../../domain/Errors.js"
import { jobsOf } from "../daemon/jobs.js"
import { supervise } from "../daemon/supervise.js"
import { Settings } from "../settings/Settings.js"
import { syncOptions } from "../sync/fromSettings.js"
import { patience } from "../sync/Pass.js"
import { summarize, sync as runSync } from "../sync/Sync.js"
import type { SyncSummary } from "../sync/SyncOptions.js"
import { provideAwaiting } from "./awaitDatabase.js"
import type { CommandLayers } from "./CommandLayers.js"
import { failingForDefects, tellingDefects } from "./defects.js"
import * as Output from "./output.js"
import { withProgress } from "./progress.js"
import { nameOf, registryText } from "./progressText.js"
import { described, withSettings } from "./run.js"
import { address, serverAwaiting, startServer } from "./serve.js"
import { counted, grouped, span } from "./text.js"

/** What looks at GitHub needs a credential; says which settings give one. */
export const requireGitHub = Effect.flatMap(
  Settings,
  ({ github }) =>
    github.tokens.length > 0 || Option.isSome(github.app)
      ? Effect.void
      : new SettingsError({
        setting: "GITHUB_TOKEN",
        message: "is not set; set GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY " +
          "(sync --only refresh needs neither)"
      })
)

const summaryLines = ({ discovery, refresh, registries, requests, seconds }: SyncSummary): ReadonlyArray<string> => [
  `discovery: ${grouped(discovery.checked)} checked, ${grouped(discovery.hits)} found, ` +
  `${grouped(discovery.misses)} without image, ${grouped(discovery.notFound)} unknown to GitHub, ` +
  `${grouped(discovery.deferred)} put off`,
  `refresh: ${grouped(refresh.refreshed)} refreshed, ${grouped(refresh.gone)} gone, ${
    grouped(refresh.deferred)
  } put off`,
  ...registries.map((counts) => `${counts.registry}: ${registryText(counts)}`),
  `requests: ${grouped(requests.github.requests)} to GitHub (${counted(requests.github.points, "point")}), ` +
  `${grouped(requests.dockerhub.requests)} to Docker Hub` +
  requests.registries.map(({ requests, service }) => `, ${grouped(requests)} to ${nameOf(service)}`).join(""),
  `time: ${seconds < 10 ? `${seconds.toFixed(1)} s` : span(seconds * 1000)}`
]

const tell = (json: boolean) =>
  Effect.flatMap(summarize(), (summary) => json ? Output.printJson(summary) : Output.printLines(summaryLines(summary)))

/** `sync`. */
export const sync = (layers: CommandLayers) =>
  Command.make("sync", {
    once: Options.boolean("once").pipe(
      Options.withDescription("End when nothing is due now; rows that were put off to later are not waited for.")
    ),
    only: Options.choice("only", ["discovery", "refresh"]).pipe(
      Options.withDescription("Do only one of the two."),
      Options.optional
    ),
    includeDeferred: Options.boolean("include-deferred").pipe(
      Options.withDescription("Take what was put off to later, now.")
    ),
    json: Output.json
  }, ({ json, ...flags }) =>
    Effect.gen(function*() {
      const options = syncOptions(yield* Settings, flags)
      if (options.discovery) yield* requireGitHub
      const run = withProgress(runSync(options)).pipe(
        Effect.zipRight(tell(json)),
        // Stopped by a signal: what was done until then is worth knowing too.
        Effect.onInterrupt(() => tell(json))
      )
      // As long as it waits for a database that it loses while it runs.
      yield* failingForDefects(
        provideAwaiting(layers.all, { patience: flags.once ? patience : undefined })(run)
      )
    }).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Looks for the images of repositories (discovery) and keeps the pulls of known images by day (refresh). " +
          "Goes on until it is stopped, or until nothing is due with --once.",
        [
          ["image-census sync --once", "do what is due, and end"],
          ["image-census sync --once --only refresh --json", "today's pulls, with a summary for a program"],
          ["image-census sync --once --include-deferred", "try again now what failed earlier"]
        ]
      ))
    )

/** `daemon`. */
export const daemon = (layers: CommandLayers) =>
  Command.make("daemon", {
    serve: Options.boolean("serve").pipe(Options.withDescription("Serve the dashboard and the API too.")),
    ...address
  }, ({ serve, ...address }) =>
    Effect.gen(function*() {
      const jobs = jobsOf(yield* Settings)
      yield* requireGitHub
      const run = <E, R>(before: Effect.Effect<void, E, R>) =>
        Effect.logInfo(`daemon started: ${jobs.map(({ name }) => name).join(", ")}`).pipe(
          Effect.zipRight(before),
          Effect.zipRight(withProgress(supervise(jobs))),
          Effect.scoped,
          Effect.onInterrupt(() => Output.tell("stopped"))
        )
      yield* serve
        ? tellingDefects(serverAwaiting(layers, address)(run(startServer(address))))
        : tellingDefects(provideAwaiting(layers.all)(run(Effect.void)))
    }).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Runs every job for ever, under one supervisor. A job that fails starts again, one whose credentials are refused " +
          "too: the others go on. A database that is away is waited for. SIGINT and SIGTERM stop it with exit code 0.",
        [
          ["DATABASE_URL=postgresql://… GITHUB_TOKEN=… image-census daemon", "in production"],
          ["GITHUB_TOKEN=… image-census daemon --serve", "with the dashboard at http://127.0.0.1:4870/"]
        ]
      ))
    )
