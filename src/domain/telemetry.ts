/**
 * What the program counts of itself, under the names by which `/metrics` shows it. Layers and programs update these
 * where things happen; nobody reads them for control flow.
 */
import { Duration, Effect, Metric, MetricBoundaries, MetricLabel } from "effect"
import { defectJobs } from "./Defect.js"
import type { Transient, TransientReason } from "./Errors.js"
import type { BudgetKey } from "./RateBudget.js"

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

const credentialsRefused = Metric.gauge("image_census_credential_refused", {
  description: "1 while a service refuses a credential and it is not used, else 0."
})

const defects = Metric.counter("image_census_defects_total", {
  description: "Defects of the program that cost a row, or a job its run, by where they happened.",
  incremental: true
})

const clockAhead = Metric.gauge("image_census_clock_ahead_seconds", {
  description: "By how much this machine's clock is ahead of the database's; negative where it is behind."
})

// Never `job` or `instance`, which are Prometheus' own.
const label = (key: string, value: string) => MetricLabel.make(key, value)

/** Who asked, as far as an answer's status depends on it. */
export type Asker =
  /** Nobody yet: a registry tells by a 401 how it wants to be asked. */
  | "unnamed"
  /** A stranger, also one with a token that everybody gets. */
  | "stranger"
  /** What was sent is a credential of ours, or was made from one. */
  | "credential"

// Effect keeps what it looked up by the identity of these arrays.
const labelsOf = (service: string) => {
  const of = (outcome: string) => [label("service", service), label("outcome", outcome)]
  return {
    ok: of("ok"),
    not_found: of("not_found"),
    /** How to ask was told; the same is asked again. */
    challenged: of("challenged"),
    /** Strangers are not shown it: it is private, or there is none. */
    not_visible: of("not_visible"),
    /** A credential was refused. */
    refused: of("refused"),
    rate_limited: of("rate_limited"),
    client_error: of("client_error"),
    server_error: of("server_error"),
    timeout: of("timeout"),
    network: of("network"),
    server: of("server"),
    malformed: of("malformed"),
    limits: of("limits")
  } satisfies Readonly<Record<TransientReason, unknown>> & Readonly<Record<string, unknown>>
}

/** What came of a request. */
export type Outcome = keyof ReturnType<typeof labelsOf>

/** What an answer's status says to who asked. */
export const outcomeOf = (status: number, asker: Asker): Outcome => {
  if (status === 404) return "not_found"
  if (status === 429) return "rate_limited"
  if (status === 401 || status === 403) {
    if (asker === "credential") return "refused"
    return status === 401 && asker === "unnamed" ? "challenged" : "not_visible"
  }
  if (status >= 500) return "server_error"
  return status >= 400 ? "client_error" : "ok"
}

/** Counts a request, and how long its answer took. */
export type Meter = <A, R>(
  request: Effect.Effect<A, Transient, R>,
  outcome: (answer: A) => Outcome
) => Effect.Effect<A, Transient, R>

/**
 * The meter of a service, by the name that its budgets have. All outcomes are shown from now on: of a series that begins
 * with its first event, nobody can tell that it grew. To be made once and kept, with its labels.
 */
export const measured = (service: string): Meter => {
  const to = [label("service", service)]
  const labels = labelsOf(service)
  for (const each of Object.values(labels)) requests.unsafeValue(each)
  requestSeconds.unsafeValue(to)
  return (request, outcome) =>
    Effect.flatMap(Effect.clock, (clock) => {
      const started = clock.unsafeCurrentTimeNanos()
      // A thousand requests a second pass here: no effects for what are two additions.
      const ended = (outcome: Outcome) =>
        Effect.sync(() => {
          requests.unsafeUpdate(1, labels[outcome])
          requestSeconds.unsafeUpdate(Number(clock.unsafeCurrentTimeNanos() - started) / 1e9, to)
        })
      return Effect.tapBoth(request, {
        onFailure: ({ reason }) => ended(reason),
        onSuccess: (answer) => ended(outcome(answer))
      })
    })
}

const tables = ["repos", "repo_docker_pulls_daily"] as const

/** Counts rows that were written to a table. */
export const wrote = (table: (typeof tables)[number], rows: number): Effect.Effect<void> =>
  rows === 0 ? Effect.void : Metric.incrementBy(Metric.taggedWithLabels(rowsWritten, [label("table", table)]), rows)

interface Attempts {
  readonly delivered: number
  readonly failed: number
  readonly dead: number
}

/** Counts attempts to deliver events, by what came of them. */
export const attemptsEnded = (outcomes: Attempts): Effect.Effect<void> =>
  Effect.forEach(
    Object.entries(outcomes),
    ([outcome, count]) => Metric.incrementBy(Metric.taggedWithLabels(deliveries, [label("outcome", outcome)]), count),
    { discard: true }
  )

/** Counts an answer of the HTTP server. */
export const answered = (method: string, status: number, took: Duration.Duration): Effect.Effect<void> =>
  Effect.zipRight(
    Metric.increment(Metric.taggedWithLabels(served, [label("method", method), label("status", String(status))])),
    Metric.update(Metric.taggedWithLabels(servedSeconds, [label("method", method)]), Duration.toSeconds(took))
  )

const defectsOf = (job: string) => Metric.taggedWithLabels(defects, [label("name", job)])

/** Counts a defect. */
export const defectSeen = (job: string): Effect.Effect<void> => Metric.increment(defectsOf(job))

/** Shows from now on where defects may happen, none so far. */
export const defectsBegin: Effect.Effect<void> = Effect.forEach(
  defectJobs,
  (job) => Metric.incrementBy(defectsOf(job), 0),
  { discard: true }
)

/** Says whether a job runs. */
export const jobRuns = (job: string, runs: boolean): Effect.Effect<void> =>
  Metric.set(Metric.taggedWithLabels(jobsUp, [label("name", job)]), runs ? 1 : 0)

const failuresOf = (job: string) => Metric.taggedWithLabels(jobFailures, [label("name", job)])

/** Counts a job's failure. */
export const jobFailed = (job: string): Effect.Effect<void> => Metric.increment(failuresOf(job))

/** Says by how many seconds this machine's clock is ahead of the database's. */
export const clockIsAhead = (seconds: number): Effect.Effect<void> => Metric.set(clockAhead, seconds)

/** Says whether a service refuses a credential, by the name of the budget that it pays from. */
export const credentialRefused = ({ payer, service }: BudgetKey, refused: boolean): Effect.Effect<void> =>
  Metric.set(
    Metric.taggedWithLabels(credentialsRefused, [label("service", service), label("credential", payer)]),
    refused ? 1 : 0
  )

/** Shows these jobs' failures from now on, none so far: of a series that begins at 1 nobody can tell that it grew. */
export const jobsBegin = (jobs: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(jobs, (job) => Metric.incrementBy(failuresOf(job), 0), { discard: true })

/** Shows what is counted under labels that are known beforehand, none so far. */
export const countingBegins: Effect.Effect<void> = Effect.zipRight(
  Effect.zipRight(attemptsEnded({ delivered: 0, failed: 0, dead: 0 }), defectsBegin),
  Effect.sync(() => {
    for (const table of tables) rowsWritten.unsafeValue([label("table", table)])
    for (const method of ["GET", "POST"]) servedSeconds.unsafeValue([label("method", method)])
  })
)
