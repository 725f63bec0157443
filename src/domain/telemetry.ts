/**
 * What the program counts of itself, under the names by which `/metrics` shows it. Layers and programs update these
 * where things happen; nobody reads them for control flow.
 */
import { Duration, Effect, Metric, MetricBoundaries, MetricLabel } from "effect"
import type { Transient } from "./Errors.js"

const seconds = MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])

const requests = Metric.counter("image_census_requests_total", {
  description: "Requests sent to other services, by service and by what came of them.",
  incremental: true
})
const requestSeconds = Metric.histogram(
  "image_census_request_duration_seconds",
  seconds,
  "How long services took to answer."
)
const rowsWritten = Metric.counter("image_census_rows_written_total", {
  description: "Rows that were written, by table.",
  incremental: true
})
const deliveries = Metric.counter("image_census_event_deliveries_total", {
  description: "Attempts to deliver an event to an action, by what came of them.",
  incremental: true
})
const served = Metric.counter("image_census_http_requests_total", {
  description: "Requests that the HTTP server answered, by method and status.",
  incremental: true
})
const servedSeconds = Metric.histogram(
  "image_census_http_request_duration_seconds",
  seconds,
  "How long the HTTP server took to answer."
)
const jobsUp = Metric.gauge("image_census_job_up", {
  description: "1 while a job runs, 0 while it waits to start again."
})
const jobFailures = Metric.counter("image_census_job_failures_total", {
  description: "How often a job failed and was started again.",
  incremental: true
})

// Never `job` or `instance`, which are Prometheus' own.
const label = (key: string, value: string) => MetricLabel.make(key, value)

const outcomeOf = (status: number): string => {
  if (status === 404) return "not_found"
  if (status === 429) return "rate_limited"
  if (status === 401 || status === 403) return "refused"
  if (status >= 500) return "server_error"
  return status >= 400 ? "client_error" : "ok"
}

/** Counts a request to a service, and how long its answer took. */
export const measured =
  (service: string) =>
  <A extends { readonly status: number }, R>(request: Effect.Effect<A, Transient, R>): Effect.Effect<A, Transient, R> =>
    Effect.flatMap(Effect.clock, (clock) => {
      const started = clock.unsafeCurrentTimeNanos()
      // A thousand requests a second pass here: no effects for what are two additions.
      const ended = (outcome: string) =>
        Effect.sync(() => {
          const to = label("service", service)
          requests.unsafeUpdate(1, [to, label("outcome", outcome)])
          requestSeconds.unsafeUpdate(Number(clock.unsafeCurrentTimeNanos() - started) / 1e9, [to])
        })
      return Effect.tapBoth(request, {
        onFailure: ({ reason }) => ended(reason),
        onSuccess: ({ status }) => ended(outcomeOf(status))
      })
    })

/** Counts rows that were written to a table. */
export const wrote = (table: string, rows: number): Effect.Effect<void> =>
  rows === 0 ? Effect.void : Metric.incrementBy(Metric.taggedWithLabels(rowsWritten, [label("table", table)]), rows)

/** Counts attempts to deliver events, by what came of them: `delivered`, `failed` or `dead`. */
export const attemptsEnded = (outcomes: Readonly<Record<string, number>>): Effect.Effect<void> =>
  Effect.forEach(
    Object.entries(outcomes).filter(([, count]) => count > 0),
    ([outcome, count]) => Metric.incrementBy(Metric.taggedWithLabels(deliveries, [label("outcome", outcome)]), count),
    { discard: true }
  )

/** Counts an answer of the HTTP server. */
export const answered = (method: string, status: number, took: Duration.Duration): Effect.Effect<void> =>
  Effect.zipRight(
    Metric.increment(Metric.taggedWithLabels(served, [label("method", method), label("status", String(status))])),
    Metric.update(Metric.taggedWithLabels(servedSeconds, [label("method", method)]), Duration.toSeconds(took))
  )

/** Says whether a job runs. */
export const jobRuns = (job: string, runs: boolean): Effect.Effect<void> =>
  Metric.set(Metric.taggedWithLabels(jobsUp, [label("name", job)]), runs ? 1 : 0)

/** Counts a job's failure. */
export const jobFailed = (job: string): Effect.Effect<void> =>
  Metric.increment(Metric.taggedWithLabels(jobFailures, [label("name", job)]))
