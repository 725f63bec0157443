/**
 * Credentials from wherever people keep them: those that were set for this program first, then Docker's `config.json`
 * with its helpers. The first source that has one for the registry counts.
 */
import { CommandExecutor, FileSystem, Path } from "@effect/platform"
import { Clock, Duration, Effect, Either, Layer, Option, type Redacted } from "effect"
import * as DockerConfig from "../../domain/DockerConfig.js"
import { type RegistryCredential, RegistryCredentials } from "../../services/RegistryCredentials.js"
import { makeFlights } from "../flights.js"
import { askHelper } from "./credentialHelper.js"

/** A credential that was set, and under what name: `GHCR_TOKEN`. */
export interface GivenCredential {
  readonly registry: string
  readonly username: string
  readonly secret: Redacted.Redacted
  readonly setting: string
}

export interface ChainOptions {
  readonly given: ReadonlyArray<GivenCredential>
  /** The folder of Docker's `config.json`; none reads no such file. */
  readonly dockerConfig: Option.Option<string>
  /** Names of environment variables that credential helpers do not get. Default: none. */
  readonly withheld?: ReadonlyArray<string>
}

const empty: DockerConfig.DockerConfig = {}

// Helpers give credentials that end (ECR's after twelve hours), and people log in again: a daemon has to notice.
const keptFor = Duration.minutes(10)

interface Helped {
  readonly credential: Option.Option<RegistryCredential>
  /** Epoch milliseconds. */
  readonly until: number
}

const named = (id: string, credential: DockerConfig.DockerCredential): RegistryCredential => {
  switch (credential.kind) {
    case "basic":
      return { kind: "basic", id, username: credential.username, secret: credential.password }
    case "identity":
      return { kind: "identity", id, secret: credential.token }
    case "registry":
      return { kind: "bearer", id, secret: credential.token }
  }
}

const unreadable = (what: string, message: string) => Effect.logWarning(`${what} is passed over: ${message}`)

const fromFile = (config: DockerConfig.DockerConfig, registry: string, repository: string) =>
  Either.match(DockerConfig.findAuth(config, registry, repository), {
    onLeft: ({ message }) =>
      Effect.as(unreadable(`Docker's credential for ${registry}`, message), Option.none<RegistryCredential>()),
    onRight: (credential) => Effect.succeed(Option.map(credential, (one) => named(`docker config ${registry}`, one)))
  })

/** Reads credentials as they are needed, each once in ten minutes. */
export const make = Effect.fnUntraced(function*({ dockerConfig, given, withheld }: ChainOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const executor = yield* CommandExecutor.CommandExecutor
  const found = new Map<string, Helped>()
  const flights = makeFlights<Option.Option<RegistryCredential>, never>()

  const read = Option.match(dockerConfig, {
    onNone: () => Effect.succeed(empty),
    onSome: (folder) => {
      const file = path.join(folder, "config.json")
      return fs.readFileString(file).pipe(
        Effect.matchEffect({
          onSuccess: (text) =>
            Either.match(DockerConfig.parse(text), {
              onLeft: ({ message }) => Effect.as(unreadable(file, message), empty),
              onRight: (config) => Effect.succeed(config)
            }),
          onFailure: (error) =>
            error._tag === "SystemError" && error.reason === "NotFound"
              ? Effect.succeed(empty)
              : Effect.as(unreadable(file, error.message), empty)
        })
      )
    }
  })
  const config = yield* Effect.cachedWithTTL(read, keptFor)

  const fromHelper = (config: DockerConfig.DockerConfig, registry: string) =>
    Option.match(DockerConfig.helperFor(config, registry), {
      onNone: () => Effect.succeed(Option.none<RegistryCredential>()),
      onSome: (choice) =>
        askHelper(choice, withheld).pipe(
          Effect.provideService(CommandExecutor.CommandExecutor, executor),
          Effect.map(Option.map((credential) => named(`docker-credential-${choice.suffix}`, credential))),
          Effect.catchTag("HelperFailed", ({ message }) =>
            Effect.as(unreadable("A credential helper", message), Option.none<RegistryCredential>()))
        )
    })

  const setFor = (registry: string): Option.Option<RegistryCredential> =>
    Option.map(
      Option.fromNullable(given.find((one) => one.registry.toLowerCase() === registry)),
      ({ secret, setting, username }) => ({ kind: "basic", id: `${setting} ${username}`, username, secret })
    )

  // A helper is a program to be started: once for a registry, however many repositories are asked for.
  const helped = (registry: string): Effect.Effect<Option.Option<RegistryCredential>> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const known = found.get(registry)
      if (known !== undefined && known.until > now) return Effect.succeed(known.credential)
      const until = now + Duration.toMillis(keptFor)
      return flights(
        registry,
        Effect.tap(
          Effect.flatMap(config, (read) => fromHelper(read, registry)),
          (credential) => Effect.sync(() => found.set(registry, { credential, until }))
        )
      )
    })

  const service: typeof RegistryCredentials.Service = {
    find: (host, repository) =>
      Effect.suspend(() => {
        const registry = host.toLowerCase()
        const set = setFor(registry)
        if (Option.isSome(set)) return Effect.succeed(set)
        return Effect.flatMap(helped(registry), (credential) =>
          Option.isSome(credential)
            ? Effect.succeed(credential)
            : Effect.flatMap(config, (read) => fromFile(read, registry, repository)))
      })
  }
  return service
})

/** The chain as a layer. */
export const layer = (
  options: ChainOptions
): Layer.Layer<RegistryCredentials, never, FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor> =>
  Layer.effect(RegistryCredentials, make(options))
