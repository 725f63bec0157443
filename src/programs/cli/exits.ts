/**
 * How the program ends: exit code and last lines for every way in which a command can fail.
 */
import { ValidationError } from "@effect/cli"
import { Cause, Option, Predicate } from "effect"
import { Ended } from "./errors.js"

/** 0 done or stopped by a signal, 1 failure, 2 usage or settings, 3 credentials, 10 newer versions were found. */
export type ExitCode = 0 | 1 | 2 | 3 | 10

export interface Ending {
  readonly code: ExitCode
  /** For standard error. */
  readonly lines: ReadonlyArray<string>
}

const oneLine = (text: string): string =>
  text.trim().split("\n").map((line) => line.trim()).filter((line) => line !== "").join(" ")

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" && error.message !== ""
    ? error.message
    : String(error)

const failed = (error: unknown): Ending => {
  // @effect/cli has printed what was wrong already.
  if (ValidationError.isValidationError(error)) {
    return {
      code: 2,
      lines: ["image-census --help shows the commands, image-census COMMAND --help one command's options"]
    }
  }
  if (error instanceof Ended) return { code: error.code, lines: [] }
  const message = oneLine(messageOf(error))
  if (Predicate.isTagged(error, "WRONG_SETTINGS")) return { code: 2, lines: messageOf(error).split("\n") }
  if (Predicate.isTagged(error, "SETTINGS") && Predicate.hasProperty(error, "setting")) {
    return { code: 2, lines: [`${String(error.setting)}: ${message}`] }
  }
  if (Predicate.isTagged(error, "USAGE")) return { code: 2, lines: [message] }
  if (Predicate.isTagged(error, "AUTH") && Predicate.hasProperty(error, "service")) {
    return { code: 3, lines: [`${String(error.service)}: ${message}`] }
  }
  if (Predicate.isTagged(error, "TRANSIENT") && Predicate.hasProperty(error, "service")) {
    return { code: 1, lines: [`${String(error.service)}: ${message}`] }
  }
  return { code: 1, lines: [message] }
}

/**
 * What a failed run says, and its exit code. An interruption is a signal: done. A defect is a fault of this program: a
 * short line, and everything else with `details`.
 */
export const ending = (cause: Cause.Cause<unknown>, details: boolean): Ending => {
  if (Cause.isInterruptedOnly(cause)) return { code: 0, lines: [] }
  return Option.match(Cause.failureOption(cause), {
    onSome: failed,
    onNone: () => {
      const [defect] = Cause.defects(cause)
      const line = `internal error: ${oneLine(messageOf(defect))}`
      return details
        ? { code: 1, lines: [line, ...Cause.pretty(cause, { renderErrorCause: true }).split("\n")] }
        : { code: 1, lines: [`${line} (LOG_LEVEL=debug shows more)`] }
    }
  })
}
