/**
 * Docker's credential helpers: `docker-credential-<suffix> get`, the registry on standard input, JSON on standard
 * output (docker/docker-credential-helpers, "Protocol").
 */
import { Command, CommandExecutor } from "@effect/platform"
import { Effect, Either, Option, Stream } from "effect"
import { type DockerCredential, type HelperChoice, helperCredential } from "../../domain/DockerConfig.js"

/** Why a helper gave nothing, in words for people. Never holds a secret. */
export class HelperFailed {
  readonly _tag = "HelperFailed"
  constructor(readonly message: string) {}
}

const patience = "30 seconds"

// What helpers print when they simply have nothing.
const nothing = /credentials not found|not found in native keychain/i

const textOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  Stream.runFold(Stream.decodeText(bytes), "", (text, part) => text.length > 65_536 ? text : text + part)

/**
 * Asks a helper. None where it has no credential for this registry. `withheld`: names of environment variables that are
 * blank for it.
 */
export const askHelper = Effect.fn("RegistryCredentials.helper")(
  function*({ serverAddress, suffix }: HelperChoice, withheld: ReadonlyArray<string> = []) {
    const name = `docker-credential-${suffix}`
    // A suffix is a word: anything else could name another program.
    if (!/^[A-Za-z0-9._-]+$/.test(suffix)) return yield* Effect.fail(new HelperFailed(`${name} is no name of a helper`))
    const executor = yield* CommandExecutor.CommandExecutor
    const command = Command.make(name, "get").pipe(
      Command.env(Object.fromEntries(withheld.map((name) => [name, ""]))),
      Command.feed(serverAddress)
    )
    const { code, output } = yield* Effect.scoped(Effect.gen(function*() {
      const running = yield* executor.start(command)
      const output = yield* textOf(running.stdout)
      return { output, code: yield* running.exitCode }
    })).pipe(
      Effect.mapError((error) => new HelperFailed(`${name} cannot be run: ${error.message}`)),
      Effect.timeoutFail({ duration: patience, onTimeout: () => new HelperFailed(`${name} does not answer`) })
    )
    if (code !== 0) {
      return nothing.test(output)
        ? Option.none<DockerCredential>()
        : yield* Effect.fail(new HelperFailed(`${name} failed for ${serverAddress} with exit code ${code}`))
    }
    return yield* Either.mapLeft(helperCredential(output), ({ message }) => new HelperFailed(`${name}: ${message}`))
  }
)
