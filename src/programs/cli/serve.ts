/**
 * `serve` and `token new`: the dashboard and the API.
 */
import { Command, Options } from "@effect/cli"
import { Effect, Encoding, Option } from "effect"
import { randomBytes } from "node:crypto"
import { type Access, entryOf } from "../server/http/access.js"
import { Settings, type SettingsValues } from "../settings/Settings.js"
import { discoverOptions } from "../sync/fromSettings.js"
import { version } from "../version.js"
import { provideAwaiting } from "./awaitDatabase.js"
import type { CommandLayers } from "./CommandLayers.js"
import { tellingDefects } from "./defects.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"

/** Where the server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `--host` and `--port`. */
export const address = {
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on (default 127.0.0.1); any other than loopback needs tokens."),
    Options.withDefault("127.0.0.1")
  ),
  port: Options.integer("port").pipe(
    Options.filterMap((port) => port >= 0 && port <= 65_535 ? Option.some(port) : Option.none(), "give 0 to 65535"),
    Options.withDescription("The port to listen on (default 4870); 0 for any that is free."),
    Options.withDefault(4870)
  )
}

const hasGitHub = ({ github }: SettingsValues) => github.tokens.length > 0 || Option.isSome(github.app)

/**
 * Serves until the scope closes, and says where. Loaded when it is needed: without it the daemon is smaller.
 */
export const startServer = Effect.fnUntraced(function*(address: Address) {
  const settings = yield* Settings
  const { start } = yield* Effect.promise(() => import("../server/start.js"))
  const url = yield* start({
    ...address,
    ...settings.server,
    version: version(),
    intervals: { discovery: settings.dockerhub.discoveryInterval, refresh: settings.dockerhub.refreshInterval },
    watchInterval: settings.watch.interval,
    lease: settings.store.lease,
    github: hasGitHub(settings),
    discover: discoverOptions(settings)
  })
  yield* Output.print(`dashboard: ${url}/`)
})

/** Waits for the database, and answers probes at the address meanwhile (which a port of 0 is not). */
export const serverAwaiting = (layers: CommandLayers, address: Address) =>
  provideAwaiting(layers.server, {
    meanwhile: (problem) =>
      address.port === 0
        ? Effect.void
        : Effect.flatMap(
          Effect.promise(() => import("../server/http/waiting.js")),
          ({ answerMeanwhile }) => answerMeanwhile(address, problem)
        )
  })

/** `serve`. */
export const serve = (layers: CommandLayers) =>
  Command.make("serve", address, (address) =>
    Effect.zipRight(startServer(address), Effect.never).pipe(
      tellingDefects,
      Effect.scoped,
      serverAwaiting(layers, address),
      withSettings
    )).pipe(
      Command.withDescription(described(
        "Serves the dashboard and the HTTP API (its description is at /api/docs) until it is stopped. Shows what a " +
          "daemon in another process does, where both use one Postgres server.",
        [
          ["image-census serve", "http://127.0.0.1:4870/"],
          ["IMAGE_CENSUS_API_TOKENS=read:… image-census serve --host 0.0.0.0", "for other machines, with a token"]
        ]
      ))
    )

const newToken = Command.make("new", {
  access: Options.choice("access", ["read", "write"]).pipe(
    Options.withDescription("What it lets its holder do (default write)."),
    Options.withDefault<Access>("write")
  ),
  json: Output.json
}, ({ access, json }) =>
  Effect.gen(function*() {
    const token = `ic_${Encoding.encodeBase64Url(yield* Effect.sync(() => randomBytes(32)))}`
    const { sha256 } = entryOf(access, token)
    const entry = `${access}:${sha256}`
    yield* json
      ? Output.printJson({ token, entry })
      : Output.printLines([
        `token: ${token}`,
        `entry: ${entry}`,
        "The token is for who uses the API and is not kept; the entry is for IMAGE_CENSUS_API_TOKENS."
      ])
  })).pipe(
    Command.withDescription(described("Makes a token for the API, and prints the entry that lets it in.", [
      ["image-census token new", "a token that may write"],
      ["image-census token new --access read --json", "one that may only read, for a program"]
    ]))
  )

/** `token`. */
export const token = Command.make("token").pipe(
  Command.withDescription("Tokens for the HTTP API."),
  Command.withSubcommands([newToken])
)
