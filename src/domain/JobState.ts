/**
 * What the daemon says of its jobs, among what its process says of itself (`jobs`).
 */
import { Schema } from "effect"

/** A job that runs, or that waits to start again. */
export const JobState = Schema.Struct({
  name: Schema.String,
  /** Failures in a row. */
  failures: Schema.Int,
  /** Why the last run failed; null while it runs. */
  problem: Schema.NullOr(Schema.String),
  /** When it starts again (epoch milliseconds); null while it runs. */
  again: Schema.NullOr(Schema.Number)
})
export type JobState = typeof JobState.Type

const decode = Schema.decodeUnknownOption(Schema.Struct({ jobs: Schema.Array(JobState) }))

/** The jobs that wait to start again, of what a process says of itself. */
export const waitingJobs = (progress: unknown): ReadonlyArray<JobState & { readonly again: number }> => {
  const said = decode(progress)
  return said._tag === "None"
    ? []
    : said.value.jobs.flatMap(({ again, ...job }) => again === null ? [] : [{ ...job, again }])
}
