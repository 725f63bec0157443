/**
 * How the process ends: on a signal within two seconds, on a broken pipe without a word, otherwise with the command's own
 * exit code.
 */
import { Cause, Effect, Exit, Fiber } from "effect"
import type { ExitCode } from "../cli/exits.js"

/** Together with Node's own end below two seconds. */
const patience = "1500 millis"

// EIO: the terminal is gone.
const isBrokenPipe = (error: Error): boolean => "code" in error && (error.code === "EPIPE" || error.code === "EIO")

/**
 * Succeeds when nobody reads standard output any more, or the terminal was closed (SIGHUP). Without a listener, Node
 * would end with a stack trace, or without giving back what the command holds.
 */
const unread: Effect.Effect<ExitCode> = Effect.async((resume) => {
  const onError = (error: Error) => resume(Effect.succeed(isBrokenPipe(error) ? 0 : 1))
  process.stdout.on("error", onError)
  process.once("SIGHUP", () => resume(Effect.succeed(0)))
  // There is nobody to tell.
  process.stderr.on("error", () => undefined)
})

const stop = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) =>
  Fiber.interruptFork(fiber).pipe(
    Effect.zipRight(Effect.interruptible(Fiber.await(fiber))),
    Effect.timeoutOption(patience),
    Effect.asVoid
  )

/**
 * Runs a command until it ends, or until nobody reads what it says. Interrupted, it gives the command 1.5 s to write what
 * was learnt and to give back what it holds, and then goes without it.
 */
export const stoppable = <R>(command: Effect.Effect<ExitCode, never, R>): Effect.Effect<ExitCode, never, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkDaemon(command)
    return yield* Effect.raceFirst(Fiber.join(fiber), unread).pipe(
      Effect.ensuring(Effect.suspend(() => stop(fiber)))
    )
  })

/** Ends the process when what was written has left it. Handles that are still open (kept-alive connections) do not hold it. */
export const teardown = <E, A>(exit: Exit.Exit<A, E>): void => {
  const code = Exit.match(exit, {
    onSuccess: (code) => typeof code === "number" ? code : 0,
    onFailure: (cause) => Cause.isInterruptedOnly(cause) ? 0 : 1
  })
  process.exitCode = code
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
}
