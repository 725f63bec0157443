/**
 * Defects that a run has met: each told once, and at the end of a run that ends.
 */
import { Effect } from "effect"
import { makeJournal } from "../../layers/contained.js"
import { DefectJournal } from "../../services/DefectJournal.js"
import { Failure } from "./errors.js"
import * as Output from "./output.js"
import { counted } from "./text.js"

/** Tells each defect once, for what runs for ever. */
export const tellingDefects = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.flatMap(makeJournal, (journal) => Effect.provideService(run, DefectJournal, journal))

/** Tells each defect once, and again at the end: a run that met one was not whole, and has failed (exit code 1). */
export const failingForDefects = Effect.fnUntraced(function*<A, E, R>(run: Effect.Effect<A, E, R>) {
  const journal = yield* makeJournal
  const result = yield* Effect.provideService(run, DefectJournal, journal)
  const met = yield* journal.met
  if (met.length === 0) return result
  for (const { job, reason, subject } of met) yield* Output.tell(`${job}: ${subject}: ${reason}`)
  return yield* new Failure({
    message: `${counted(met.length, "defect")} of the program; what is concerned is tried again later, all else is done`
  })
})
