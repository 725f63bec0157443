/**
 * `/metrics`: what is counted as it happens, and what can be said of the census when somebody asks.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Metric, MetricLabel, Option } from "effect"
import { LiveStatus, type StatusValue } from "../live/LiveStatus.js"
import { contentType, render } from "./prometheus.js"

const gauge = (name: string, description: string) => Metric.gauge(`image_census_${name}`, { description })

const buildInfo = gauge("build_info", "1, with the program's version and Node's.")
const backlog = gauge("backlog_repositories", "Repositories that were never checked.")
const dueRepositories = gauge("due_repositories", "Repositories that are due.")
const dueImages = gauge("due_images", "Images that are due.")
const oldestDue = gauge("oldest_due_seconds", "For how long the row that is due longest has been due; 0 where none is.")
const deferred = gauge("deferred_rows", "Rows that are put off.")
const leased = gauge("leased_rows", "Rows that are being looked at.")
const rows = gauge("rows", "Rows by table.")
const today = gauge("today_images", "Images to be refreshed today, and those that were.")
const completeDay = gauge("last_complete_day_timestamp_seconds", "The last day of which every image has its row.")
const parked = gauge("parked_seconds", "For how long a budget is waited for; 0 where it is not.")
const remaining = gauge("budget_remaining", "What remains of a budget.")
const limit = gauge("budget_limit", "How large a budget is.")
const resident = gauge("resident_memory_bytes", "Resident memory of this process.")

const labelled = (metric: Metric.Metric.Gauge<number>, labels: Readonly<Record<string, string>>) =>
  Metric.taggedWithLabels(metric, Object.entries(labels).map(([key, value]) => MetricLabel.make(key, value)))

const setCensus = (status: StatusValue) =>
  Effect.all([
    Metric.set(backlog, status.backlog),
    Metric.set(dueRepositories, status.due.repositories),
    Metric.set(dueImages, status.due.images),
    Metric.set(
      oldestDue,
      Option.match(status.oldestDue, { onNone: () => 0, onSome: (at) => Math.max(0, (status.now - at) / 1000) })
    ),
    Metric.set(deferred, status.deferred),
    Metric.set(leased, status.leased),
    ...Object.entries(status.rows).map(([table, count]) => Metric.set(labelled(rows, { table }), count)),
    Metric.set(labelled(today, { state: "known" }), status.today.images),
    Metric.set(labelled(today, { state: "done" }), status.today.done),
    ...Option.match(status.lastCompleteDay, {
      onNone: () => [],
      onSome: (day) => [Metric.set(completeDay, Date.parse(day) / 1000)]
    })
  ], { discard: true })

// A budget that is no longer parked says so: a gauge keeps its last value.
const setBudgets = (status: StatusValue) =>
  Effect.forEach(status.budgets, ({ limit: size, payer, remaining: left, service }) => {
    const labels = { service, payer }
    const park = status.parks.find((one) => one.service === service && one.payer === payer)
    return Effect.all([
      Metric.set(labelled(parked, labels), park?.secondsLeft ?? 0),
      left === null ? Effect.void : Metric.set(labelled(remaining, labels), left),
      size === null ? Effect.void : Metric.set(labelled(limit, labels), size)
    ])
  }, { discard: true })

/** What the process knows of itself. */
export interface ProcessFacts {
  readonly version: string
  readonly node: string
  readonly residentBytes: Effect.Effect<number>
}

/** The page. Where the database does not answer, what is counted in the process is shown all the same. */
export const metrics = ({ node, residentBytes, version }: ProcessFacts) =>
  Effect.gen(function*() {
    const { current } = yield* LiveStatus
    yield* Metric.set(labelled(buildInfo, { version, node }), 1)
    yield* Metric.set(resident, yield* residentBytes)
    yield* Effect.flatMap(current, (status) => Effect.zipRight(setCensus(status), setBudgets(status))).pipe(
      Effect.timeout("5 seconds"),
      Effect.catchAll((error) => Effect.logWarning("metrics without the database", error.message))
    )
    return HttpServerResponse.text(render(yield* Metric.snapshot), {
      contentType,
      headers: { "cache-control": "no-store" }
    })
  })
