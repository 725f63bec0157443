/**
 * Defects: ways to die that nobody foresaw. One costs the row that brought it about, which keeps the reason.
 */
import { Cause, Option } from "effect"
import { withoutSecrets } from "./scrub.js"
import { storable } from "./StorableText.js"

/** Where something may die; also a label of `image_census_defects_total`. */
export const defectJobs = [
  "discovery",
  "refresh",
  "registries",
  "verification",
  "catalog",
  "watch",
  "deliveries",
  "updates",
  "requests",
  "github",
  "dockerhub",
  "sync",
  "upkeep"
] as const

/** Of rows, and of jobs as a whole. */
export type DefectJob = (typeof defectJobs)[number]

/** How the reason of a row begins that holds a defect. */
export const internalError = "internal error: "

/** Whether a row's reason is a defect. */
export const isDefect = (reason: string): boolean => reason.startsWith(internalError)

/**
 * The defects of a cause; what they interrupted beside them goes with them. None where the effect failed with an error of
 * its own, which decides then, or was only interrupted.
 */
export const defectOf = (cause: Cause.Cause<unknown>): Option.Option<Cause.Cause<never>> =>
  Cause.isFailure(cause) ? Option.none() : Cause.keepDefects(cause)

const longest = 300

/**
 * What went wrong as the reason of a row, in one line that a database can keep and that holds no secret: what is thrown
 * may quote an address or a header.
 */
export const defectReason = (said: string): string => {
  const [line = ""] = said.slice(0, 4 * longest).split("\n", 1)
  return `${internalError}${storable(withoutSecrets(line).slice(0, longest))}`
}

/** A defect in one line: `internal error: Maximum call stack size exceeded`. */
export const reasonOf = (defect: Cause.Cause<never>): string => {
  const thrown = Cause.squash(defect)
  return defectReason(
    thrown instanceof Error ? thrown.message === "" ? thrown.name : thrown.message : String(thrown)
  )
}

/** Where a defect happened: what was thrown by its reason alone, with the lines of its trace. */
export const traceOf = (defect: Cause.Cause<never>): Cause.Cause<never> => {
  const lines = Cause.pretty(defect).split("\n").filter((line) => /^ +at /.test(line)).map((line) =>
    withoutSecrets(line.slice(0, longest))
  )
  const told = new Error(reasonOf(defect))
  told.stack = [told.message, ...lines].join("\n")
  return Cause.die(told)
}
