/**
 * The action `command`: a program with its arguments, never a shell. The event is in its environment and, as a
 * CloudEvent, on its standard input. Exit code 0 means that the event was taken.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import { Array as Arr, Duration, Effect, Fiber, Option, Ref, Stream } from "effect"
import { cloudEventText, eventEnvironment } from "../../domain/CloudEvent.js"
import { argumentSecrets, scrub } from "../../domain/scrub.js"
import type { WatchEvent } from "../../domain/WatchEvent.js"
import type { ActionResult } from "../../services/WatchActions.js"

/** How programs are started. */
export interface CommandOptions {
  readonly executor: CommandExecutor.CommandExecutor
  /** A program that runs for longer is ended, and has failed. */
  readonly timeout: Duration.Duration
  /** Names of environment variables that are blank for the program: the secrets of this one. */
  readonly withheld: ReadonlyArray<string>
}

const keptCharacters = 4096
/** What a program's children still print is waited for no longer. */
const lastWords = Duration.millis(500)
/** How long a program may take to end when it is asked to; then it is killed. */
const politeness = Duration.seconds(5)

const failed = (result: string, output = ""): ActionResult => ({
  ok: false,
  result,
  output: Option.liftPredicate(output, (text) => text !== ""),
  retryAt: Option.none()
})

const commandOf = (event: WatchEvent, argv: Arr.NonEmptyReadonlyArray<string>, { withheld }: CommandOptions) => {
  const [program, ...args] = argv
  return Command.make(program, ...args).pipe(
    Command.env({ ...Object.fromEntries(withheld.map((name) => [name, ""])), ...eventEnvironment(event) }),
    Command.feed(cloudEventText(event))
  )
}

const unstarted = (program: string, args: ReadonlyArray<string>) => (error: PlatformError): ActionResult =>
  failed(
    error._tag === "SystemError" && error.reason === "NotFound"
      ? `${program} cannot be started: there is no such program`
      : `${program} cannot be run: ${scrub(error.message, argumentSecrets(args))}`
  )

/** Starts a program for an event and waits for its end. */
export const runCommand = Effect.fn("WatchActions.command")(
  function*(event: WatchEvent, argv: Arr.NonEmptyReadonlyArray<string>, options: CommandOptions) {
    const printed = yield* Ref.make("")
    const secrets = argumentSecrets(argv.slice(1))
    // A secret that is cut would not be found.
    const kept = keptCharacters + Math.max(0, ...secrets.map(({ length }) => length))
    const keep = (part: string) => Ref.update(printed, (text) => (text + part).slice(-kept))
    const reading = (bytes: Stream.Stream<Uint8Array, PlatformError>) =>
      Stream.runForEach(Stream.decodeText(bytes), keep)

    const running = yield* options.executor.start(commandOf(event, argv, options))
    const reader = yield* Effect.forkScoped(
      Effect.all([reading(running.stdout), reading(running.stderr)], { concurrency: 2, discard: true })
    )
    const end = running.kill("SIGTERM").pipe(
      Effect.timeoutTo({
        duration: politeness,
        onSuccess: () => Effect.void,
        onTimeout: () => running.kill("SIGKILL")
      }),
      Effect.flatten,
      Effect.ignore
    )
    const code = yield* Effect.either(running.exitCode).pipe(Effect.timeoutOption(options.timeout))
    if (Option.isNone(code)) yield* end
    yield* Effect.timeoutOption(Fiber.await(reader), lastWords)
    const output = scrub((yield* Ref.get(printed)).trim(), secrets).slice(-keptCharacters)
    if (Option.isNone(code)) return failed(`did not end within ${Duration.format(options.timeout)}`, output)
    if (code.value._tag === "Left") return failed("was ended by a signal", output)
    const exit = Number(code.value.right)
    return exit === 0
      ? { ...failed("exit code 0", output), ok: true }
      : failed(`exit code ${exit}`, output)
  },
  Effect.scoped,
  // A program that ends without reading its input is no error; the log would tell it with the arguments.
  (run) => Effect.withUnhandledErrorLogLevel(run, Option.none()),
  (run, _event, [program, ...args]) => Effect.catchAll(run, (error) => Effect.succeed(unstarted(program, args)(error)))
)
