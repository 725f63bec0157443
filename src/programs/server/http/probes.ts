/**
 * What watches over the program asks: does it live, and can it work?
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Metric, MetricState } from "effect"
import type { Transient, TransientReason } from "../../../domain/Errors.js"
import { CensusPages } from "../../../services/CensusPages.js"

const uncached = { "cache-control": "no-store" }

/** `/healthz`: the process answers. */
export const health = HttpServerResponse.text("ok\n", { headers: uncached })

const patience = "3 seconds"

/** Jobs of this process that failed and wait to start again. */
const deadJobs = Effect.map(
  Metric.snapshot,
  (pairs) =>
    pairs.flatMap(({ metricKey, metricState }) =>
      metricKey.name === "image_census_job_up" && MetricState.isGaugeState(metricState) &&
        Number(metricState.value) === 0
        ? metricKey.tags.filter(({ key }) => key === "name").map(({ value }) => value)
        : []
    )
)

// Everybody may ask, and is not told where the database is: the log is.
const failures: Readonly<Record<TransientReason, string>> = {
  network: "the database is not reached",
  timeout: "the database did not answer in time",
  server: "the database answers with an error",
  malformed: "the database answers what this program does not know",
  limits: "the database is busy"
}

/** Why the database does not answer, for everybody. */
export const databaseProblem = ({ reason }: Transient): string => `${failures[reason]}; the log says more`

const database = (check: Effect.Effect<{ readonly current: number; readonly known: number }, Transient>) =>
  check.pipe(
    Effect.map(({ current, known }) =>
      current === known ? [] : [`the database has schema version ${current}, this program works with ${known}`]
    ),
    Effect.catchTag("TRANSIENT", (error) =>
      Effect.as(Effect.logWarning("not ready", error.message), [databaseProblem(error)])),
    // A silent connection is slow to be interrupted.
    Effect.disconnect,
    Effect.timeoutTo({
      duration: patience,
      onSuccess: (problems) =>
        problems,
      onTimeout: () => [`the database did not answer within ${patience}`]
    })
  )

/** `/readyz`: the database answers, its schema is ours, and no job is dead. Says what is not so, a line each. */
export const ready = Effect.gen(function*() {
  const pages = yield* CensusPages
  const problems = [
    ...(yield* database(pages.schema)),
    ...(yield* deadJobs).map((job) => `the job ${job} failed and waits to start again`)
  ]
  return problems.length === 0
    ? HttpServerResponse.text("ready\n", { headers: uncached })
    : HttpServerResponse.text(`${problems.join("\n")}\n`, { status: 503, headers: uncached })
})
