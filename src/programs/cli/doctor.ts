/**
 * `doctor`: each setting and each service tried, a line each.
 */
import { Command } from "@effect/cli"
import { Duration, Effect, Option } from "effect"
import { type CensusError, type SettingsError, Transient } from "../../domain/Errors.js"
import { aheadOfDatabase } from "../../layers/store/offsetClock.js"
import { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import { GitHubAccount } from "../../services/GitHubAccount.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { check, type CheckedSetting, Settings, type SettingsValues } from "../settings/Settings.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Ended } from "./errors.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"
import { requireGitHub } from "./sync.js"
import { clockText, type Column, counted, table } from "./text.js"

interface Result {
  readonly what: string
  readonly ok: boolean
  readonly message: string
  /** What the program would exit with because of this alone. */
  readonly code: 0 | 1 | 2 | 3
}

const ofSetting = ({ default: fallback, name, problem, value }: CheckedSetting): Result =>
  Option.match(problem, {
    onSome: (message) => ({ what: name, ok: false, message, code: 2 }),
    onNone: () => ({
      what: name,
      ok: true,
      message: Option.getOrElse(value, () => fallback === "" ? "not set" : `${fallback} (default)`),
      code: 0
    })
  })

const longest = Duration.seconds(20)

const failed = (what: string) => (error: CensusError | SettingsError): Result => ({
  what,
  ok: false,
  message: error._tag === "SETTINGS" ? `${error.setting} ${error.message}` : error.message,
  code: error._tag === "SETTINGS" ? 2 : error._tag === "AUTH" ? 3 : 1
})

const noAnswer = (service: string) => () =>
  new Transient({
    service,
    reason: "timeout",
    message: `no answer within ${Duration.format(longest)}; is it reachable from here, or are we parked?`
  })

const tried = <R>(what: string, attempt: Effect.Effect<string, CensusError | SettingsError, R>) =>
  attempt.pipe(
    Effect.timeoutFail({ duration: longest, onTimeout: noAnswer(what) }),
    Effect.match({
      onSuccess: (message): Result => ({ what, ok: true, message, code: 0 }),
      onFailure: failed(what)
    })
  )

// What a power cut may cost.
const keeps = ({ databaseUrl, dataDir }: SettingsValues["store"]): string => {
  if (Option.isSome(databaseUrl)) return "on a server"
  return dataDir === "memory:"
    ? "in memory: gone when the program ends"
    : "embedded; what is committed survives a power cut"
}

const database = Effect.gen(function*() {
  const { dockerhub, store: place } = yield* Settings
  const store = yield* RepoDockerStore
  const status = yield* store.status({ discovery: dockerhub.discoveryInterval, refresh: dockerhub.refreshInterval })
  const ahead = yield* aheadOfDatabase
  return `${counted(status.repositories, "repository", "repositories")}, ${counted(status.images, "image")}; ${
    keeps(place)
  }${ahead === 0 ? "" : `; ${clockText(ahead)}`}`
})

// Without credentials, or with one that does not work: what to do about it.
const github = Effect.gen(function*() {
  const { github } = yield* Settings
  const account = yield* GitHubAccount
  const reports = yield* Effect.zipRight(requireGitHub, account.check).pipe(
    Effect.timeoutFail({ duration: longest, onTimeout: noAnswer("GitHub") }),
    Effect.match({
      onFailure: (error): ReadonlyArray<Result> => [failed("GitHub")(error)],
      onSuccess: (reports) =>
        reports.map(({ label, outcome }): Result => {
          const what = `GitHub ${label.replace(/^GitHub /, "")}`
          return outcome._tag === "Fails"
            ? failed(what)(outcome.error)
            : { what, ok: true, message: `${outcome.detail}, at ${github.apiUrl}`, code: 0 }
        })
    })
  )
  return reports
})

// Whether it exists does not matter: a definite "no" is an answer too.
const someImage = "hello-world"

const dockerHub = Effect.gen(function*() {
  const hub = yield* DockerHubRegistry
  yield* hub.repository(someImage).pipe(Effect.catchTag("NOT_FOUND", () => Effect.void))
  const { dockerhub } = yield* Settings
  return `answers at ${dockerhub.apiBaseUrl}, ${Option.isSome(dockerhub.login) ? "logged in" : "anonymous"}`
})

const services = (layers: CommandLayers) =>
  Effect.all([
    Effect.map(tried("database", Effect.provide(database, layers.store)), (result) => [result]),
    Effect.provide(github, layers.world),
    Effect.map(tried("Docker Hub", Effect.provide(dockerHub, layers.world)), (result) => [result])
  ], { concurrency: "unbounded" })

const columns: ReadonlyArray<Column> = [
  { title: "", align: "left" },
  { title: "", align: "left" },
  { title: "", align: "left" }
]

/** `doctor`. */
export const doctor = (layers: CommandLayers) =>
  Command.make("doctor", { json: Output.json }, ({ json }) =>
    Effect.gen(function*() {
      const settings = (yield* check).map(ofSetting)
      const wrong = settings.some(({ ok }) => !ok)
      const tries = wrong ? [] : (yield* withSettings(services(layers))).flat()
      const results = [...settings, ...tries]
      if (json) {
        const shown = ({ message, ok, what }: Result) => ({ name: what, ok, message })
        yield* Output.printJson({
          ok: results.every(({ ok }) => ok),
          settings: settings.map(shown),
          services: tries.map(shown)
        })
      } else {
        const rows = results.map(({ message, ok, what }) => [what, ok ? "ok" : "failed", message])
        yield* Output.printLines(table(columns, rows, undefined).slice(1))
        if (wrong) yield* Output.printLines(["the services were not tried: set the settings right first"])
      }
      const code = Math.max(...results.map(({ code }) => code))
      if (code === 1 || code === 2 || code === 3) return yield* new Ended({ code })
    })).pipe(
      Command.withDescription(described(
        "Checks every setting, and tries the database, GitHub and Docker Hub with one request each. A line each: what " +
          "was found, and what to do. Exit code 0 where all is well, 2 for settings, 3 for credentials, else 1.",
        [["image-census doctor", "before the first run, or when something fails"]]
      ))
    )
