/**
 * The settings of the program: read from the environment in one go, all checked before anything starts.
 */
import {
  Array,
  Config,
  ConfigError,
  Context,
  type Duration,
  Effect,
  Either,
  Layer,
  type LogLevel,
  Option,
  type Redacted,
  Schema
} from "effect"
import { SettingsError } from "../../domain/Errors.js"
import type { TokenEntry } from "../server/http/access.js"
import { type CatalogSettings, catalogSettings } from "./catalogDefinitions.js"
import { definitions } from "./definitions.js"
import { type RegistrySettings, registrySettings, withLogin } from "./registrySettings.js"
import type { Setting } from "./Setting.js"
import { type WatchSettings, watchSettings } from "./watchSettings.js"

/** A GitHub App by which to reach GitHub. */
export interface GitHubApp {
  readonly id: string
  /** PKCS#8 PEM. */
  readonly privateKey: Redacted.Redacted<string>
  /** None: every installation that is not suspended. */
  readonly installationIds: Option.Option<ReadonlyArray<number>>
}

/** What every setting is, by the part of the program that it belongs to. */
export interface SettingsValues {
  readonly github: {
    readonly apiUrl: string
    readonly tokens: ReadonlyArray<Redacted.Redacted<string>>
    readonly app: Option.Option<GitHubApp>
    readonly batchSize: number
  }
  readonly dockerhub: {
    readonly apiBaseUrl: string
    readonly login: Option.Option<{ readonly username: string; readonly token: Redacted.Redacted<string> }>
    readonly batchSize: number
    readonly refreshInterval: Duration.Duration
    readonly discoveryInterval: Duration.Duration
    readonly idleSleep: Duration.Duration
  }
  readonly discovery: {
    /** By their hosts. */
    readonly registries: ReadonlyArray<string>
    readonly workflows: boolean
  }
  readonly registries: RegistrySettings
  readonly watch: WatchSettings
  readonly catalog: CatalogSettings
  readonly updates: {
    /** The hour (UTC) from which on a day's look for newer versions is due; none: there is no such look. */
    readonly hour: Option.Option<number>
  }
  readonly store: {
    /** None: the embedded database in `dataDir`. */
    readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
    /** A folder, or `memory:`. */
    readonly dataDir: string
    readonly egress: string
    readonly lease: Duration.Duration
  }
  readonly tracing: {
    /** A collector's base address. */
    readonly endpoint: Option.Option<string>
  }
  /** How many days to keep; none for ever. */
  readonly retention: {
    readonly pulls: Option.Option<number>
    readonly tagHistory: Option.Option<number>
    readonly events: Option.Option<number>
  }
  readonly server: {
    readonly tokens: ReadonlyArray<TokenEntry>
    /** Origins of pages elsewhere that may use the API. */
    readonly origins: ReadonlyArray<string>
    /** Badges need no token. */
    readonly openBadges: boolean
  }
  readonly http: {
    readonly httpsProxy: Option.Option<Redacted.Redacted<string>>
    readonly httpProxy: Option.Option<Redacted.Redacted<string>>
    readonly noProxy: Option.Option<string>
  }
  readonly log: {
    readonly level: LogLevel.LogLevel
    readonly format: "pretty" | "logfmt" | "json"
  }
}

/** The settings that this process runs with. */
export class Settings extends Context.Tag("image-census/Settings")<Settings, SettingsValues>() {}

/** Everything that was wrong in the settings, found before any work started. Ends the program with exit code 2. */
export class WrongSettings extends Schema.TaggedError<WrongSettings>("image-census/WrongSettings")("WRONG_SETTINGS", {
  errors: Schema.NonEmptyArray(SettingsError)
}) {
  override get message(): string {
    return this.errors.map((error) => `${error.setting}: ${error.message}`).join("\n")
  }
}

const left = (name: string, message: string) => Either.left(ConfigError.InvalidData([name], message))

/** Two settings that make sense only together. */
const pair = <A, B>(first: Setting<Option.Option<A>>, second: Setting<Option.Option<B>>) =>
  Config.mapOrFail(
    Config.all([first.config, second.config]),
    ([a, b]): Either.Either<Option.Option<readonly [A, B]>, ConfigError.ConfigError> => {
      if (Option.isSome(a) && Option.isSome(b)) return Either.right(Option.some([a.value, b.value]))
      if (Option.isSome(a)) return left(second.name, `is missing; set it too, or unset ${first.name}`)
      if (Option.isSome(b)) return left(first.name, `is missing; set it too, or unset ${second.name}`)
      return Either.right(Option.none())
    }
  )

const app = Config.mapOrFail(
  Config.all([
    pair(definitions.githubAppId, definitions.githubAppPrivateKey),
    definitions.githubAppInstallationIds.config
  ]),
  ([app, installationIds]): Either.Either<Option.Option<GitHubApp>, ConfigError.ConfigError> => {
    if (Option.isNone(app) && Option.isSome(installationIds)) {
      return left(
        definitions.githubAppId.name,
        "is missing, but GITHUB_APP_INSTALLATION_IDS is set; set the App's id and key too"
      )
    }
    return Either.right(Option.map(app, ([id, privateKey]) => ({ id, privateKey, installationIds })))
  }
)

const login = Config.map(
  pair(definitions.dockerhubUsername, definitions.dockerhubToken),
  Option.map(([username, token]) => ({ username, token }))
)

const tokens = Config.map(
  Config.all([definitions.githubToken.config, definitions.githubTokens.config]),
  ([one, more]) => Array.dedupe([...Option.toArray(one), ...Option.getOrElse(more, () => [])])
)

const config: Config.Config<SettingsValues> = Config.all({
  github: Config.all({
    apiUrl: definitions.githubApiUrl.config,
    tokens,
    app,
    batchSize: definitions.githubBatchSize.config
  }),
  dockerhub: Config.all({
    apiBaseUrl: definitions.dockerhubApiBaseUrl.config,
    login,
    batchSize: definitions.dockerhubBatchSize.config,
    refreshInterval: definitions.dockerhubRefreshInterval.config,
    discoveryInterval: definitions.dockerhubDiscoveryInterval.config,
    idleSleep: definitions.dockerhubIdleSleep.config
  }),
  discovery: Config.all({
    registries: definitions.discoveryRegistries.config,
    workflows: definitions.discoveryWorkflows.config
  }),
  registries: Config.map(
    Config.all([registrySettings, pair(definitions.ghcrUser, definitions.ghcrToken)]),
    ([settings, ghcr]) => withLogin(settings, "ghcr.io", definitions.ghcrToken.name, ghcr)
  ),
  watch: watchSettings,
  catalog: catalogSettings,
  updates: Config.all({ hour: definitions.updatesHour.config }),
  store: Config.all({
    databaseUrl: definitions.databaseUrl.config,
    dataDir: definitions.dataDir.config,
    egress: definitions.egress.config,
    lease: definitions.lease.config
  }),
  tracing: Config.all({ endpoint: definitions.otlpEndpoint.config }),
  retention: Config.all({
    pulls: definitions.keepPulls.config,
    tagHistory: definitions.keepTagHistory.config,
    events: definitions.keepEvents.config
  }),
  server: Config.map(
    Config.all([definitions.apiTokens.config, definitions.apiOrigins.config, definitions.openBadges.config]),
    ([tokens, origins, openBadges]) => ({
      tokens: Option.getOrElse(tokens, () => []),
      origins: Option.getOrElse(origins, () => []),
      openBadges
    })
  ),
  http: Config.all({
    httpsProxy: definitions.httpsProxy.config,
    httpProxy: definitions.httpProxy.config,
    noProxy: definitions.noProxy.config
  }),
  log: Config.all({ level: definitions.logLevel.config, format: definitions.logFormat.config })
}).pipe(
  // One account for Docker Hub's API and for its registry.
  Config.map((values) => ({
    ...values,
    registries: withLogin(
      values.registries,
      "docker.io",
      definitions.dockerhubToken.name,
      Option.map(values.dockerhub.login, ({ token, username }) => [username, token])
    )
  }))
)

const wrong = ConfigError.reduceWithContext<void, ReadonlyArray<SettingsError>>(undefined, {
  andCase: (_, left, right) => [...left, ...right],
  orCase: (_, left, right) => [...left, ...right],
  invalidDataCase: (_, path, message) => [new SettingsError({ setting: path.at(-1) ?? "", message })],
  missingDataCase: (_, path, message) => [new SettingsError({ setting: path.at(-1) ?? "", message })],
  sourceUnavailableCase: (_, path, message) => [new SettingsError({ setting: path.at(-1) ?? "", message })],
  unsupportedCase: (_, path, message) => [new SettingsError({ setting: path.at(-1) ?? "", message })]
})

const tagged = Schema.is(Schema.NonEmptyArray(Schema.instanceOf(SettingsError)))

/** Reads and checks every setting. Fails with all that is wrong at once, a line each. */
export const read: Effect.Effect<SettingsValues, WrongSettings> = config.pipe(
  Effect.catchAll((error) => {
    const errors = wrong(error)
    return tagged(errors) ? Effect.fail(new WrongSettings({ errors })) : Effect.die(error)
  }),
  Effect.withSpan("Settings.read")
)

/** The settings out of the environment. */
export const layer: Layer.Layer<Settings, WrongSettings> = Layer.effect(Settings, read)

/** What a person may see of one setting. */
export interface CheckedSetting {
  readonly name: string
  /** The value as it was written, `set` for a secret, none where it is unset. */
  readonly value: Option.Option<string>
  readonly default: string
  /** What is wrong, and what would be right. */
  readonly problem: Option.Option<string>
}

/** Every setting with what is wrong in it; for `doctor`. */
export const check: Effect.Effect<ReadonlyArray<CheckedSetting>> = Effect.gen(function*() {
  const errors = yield* Effect.match(read, { onSuccess: () => [], onFailure: ({ errors }) => errors })
  return yield* Effect.forEach(
    Object.values(definitions),
    (setting) =>
      Effect.map(Effect.option(setting.text), (text) => {
        const problem = errors.find((error) => error.setting === setting.name)
        return {
          name: setting.name,
          // A wrong value may be a secret that was put in the wrong place.
          value: Option.map(Option.flatten(text), (text) => setting.secret || problem !== undefined ? "set" : text),
          default: setting.default,
          problem: Option.map(Option.fromNullable(problem), ({ message }) => message)
        }
      })
  )
})

/** A row of the README's table of settings. */
export interface SettingsRow {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly default: string
  readonly doc: string
}

/** Every setting, in the order of the README's table. */
export const settingsTable = (): ReadonlyArray<SettingsRow> =>
  Object.values(definitions).map(({ default: fallback, doc, name, type, unit }) => ({
    name,
    type,
    unit,
    // The only default that differs from machine to machine.
    default: name === definitions.egress.name ? "the host's name" : fallback,
    doc
  }))
