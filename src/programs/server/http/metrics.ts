/**
 * `/metrics`: what is counted as it happens, and what can be said of the census when somebody asks.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Duration, Effect, Either, Metric, MetricKey, MetricLabel, MetricPair, MetricState, Option } from "effect"
import { CensusPages } from "../../../services/CensusPages.js"
import type { LoopDelay } from "../../node/eventLoop.js"
import { LiveStatus, type StatusValue } from "../live/LiveStatus.js"
import { contentType, render } from "./prometheus.js"

type Pair = MetricPair.MetricPair.Untyped

/**
 * A gauge that is true at the moment of asking. It is no `Metric.gauge`, because that keeps its last value: what is not
 * known now is not shown.
 */
const gauge = (name: string, description: string) => {
  const key = MetricKey.gauge(`image_census_${name}`, { description })
  return (value: number, labels: Readonly<Record<string, string>> = {}): Pair =>
    MetricPair.unsafeMake(
      MetricKey.taggedWithLabels(key, Object.entries(labels).map(([name, text]) => MetricLabel.make(name, text))),
      MetricState.gauge(value)
    )
}

const buildInfo = gauge("build_info", "1, with the program's version and Node's.")
const databaseUp = gauge("database_up", "1 where the database answers, else 0; then nothing is shown of the census.")
const countedAgo = gauge("counted_seconds_ago", "How old the counts of rows are.")
const backlog = gauge("backlog_repositories", "Repositories that were never checked.")
const dueRepositories = gauge("due_repositories", "Repositories that are due.")
const dueImages = gauge("due_images", "Images that are due.")
const oldestDue = gauge("oldest_due_seconds", "For how long the row that is due longest has been due; 0 where none is.")
const deferred = gauge("deferred_rows", "Rows that are put off.")
const defects = gauge("defect_rows", "Rows whose last look died of a defect of the program.")
const leased = gauge("leased_rows", "Rows that are being looked at.")
const rows = gauge("rows", "Rows by table.")
const today = gauge("today_images", "Images to be refreshed today, and those that were.")
const completeDay = gauge("last_complete_day_timestamp_seconds", "The last day of which every image has its row.")
const parked = gauge("parked_seconds", "For how long a budget is waited for; 0 where it is not.")
const remaining = gauge("budget_remaining", "What remains of a budget.")
const limit = gauge("budget_limit", "How large a budget is.")
const resident = gauge("resident_memory_bytes", "Resident memory of this process.")
const loop = gauge(
  "event_loop_delay_seconds",
  "How late the event loop was in the last half minute to minute, by quantile; 1 is the longest delay."
)

const census = (status: StatusValue): ReadonlyArray<Pair> => [
  countedAgo(Math.max(0, (status.now - status.countedAt) / 1000)),
  backlog(status.backlog),
  dueRepositories(status.due.repositories),
  dueImages(status.due.images),
  oldestDue(
    Option.match(status.oldestDue, { onNone: () => 0, onSome: (at) => Math.max(0, (status.now - at) / 1000) })
  ),
  deferred(status.deferred),
  defects(status.defects.rows),
  leased(status.leased),
  ...Object.entries(status.rows).map(([table, count]) => rows(count, { table })),
  today(status.today.images, { state: "known" }),
  today(status.today.done, { state: "done" }),
  ...Option.match(status.lastCompleteDay, {
    onNone: () => [],
    onSome: (day) => [completeDay(Date.parse(day) / 1000)]
  })
]

const budgets = (status: StatusValue): ReadonlyArray<Pair> =>
  status.budgets.flatMap(({ limit: size, payer, remaining: left, service }) => {
    const labels = { service, payer }
    const park = status.parks.find((one) => one.service === service && one.payer === payer)
    return [
      parked(park?.secondsLeft ?? 0, labels),
      ...(left === null ? [] : [remaining(left, labels)]),
      ...(size === null ? [] : [limit(size, labels)])
    ]
  })

/** What the process knows of itself. */
export interface ProcessFacts {
  readonly version: string
  readonly node: string
  readonly residentBytes: Effect.Effect<number>
  readonly loopDelay: Effect.Effect<LoopDelay>
}

const patience = Duration.seconds(4)

// Two questions: rows of large tables take long to be counted for the first time, which is no fault of the database. A
// silent connection is slow to be interrupted, and who scrapes does not wait for long.
const fromDatabase = Effect.gen(function*() {
  const { schema } = yield* CensusPages
  const { current } = yield* LiveStatus
  const [answers, status] = yield* Effect.all([
    Effect.either(Effect.timeout(Effect.disconnect(schema), patience)),
    Effect.either(Effect.timeout(current, patience))
  ], { concurrency: "unbounded" })
  if (Either.isLeft(answers)) {
    yield* Effect.logWarning("metrics without the database", answers.left.message)
    return [databaseUp(0)]
  }
  if (Either.isLeft(status)) {
    yield* Effect.logWarning("metrics without the census", status.left.message)
    return [databaseUp(1)]
  }
  return [databaseUp(1), ...census(status.right), ...budgets(status.right)]
})

/** The page. Where the database does not answer, what is counted in the process is shown all the same. */
export const metrics = ({ loopDelay, node, residentBytes, version }: ProcessFacts) =>
  Effect.gen(function*() {
    const { longest, median, p99 } = yield* loopDelay
    const now = [
      buildInfo(1, { version, node }),
      resident(yield* residentBytes),
      loop(median, { quantile: "0.5" }),
      loop(p99, { quantile: "0.99" }),
      loop(longest, { quantile: "1" }),
      ...(yield* fromDatabase)
    ]
    return HttpServerResponse.text(render([...now, ...(yield* Metric.snapshot)]), {
      contentType,
      headers: { "cache-control": "no-store" }
    })
  })
