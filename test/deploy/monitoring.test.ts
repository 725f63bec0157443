/**
 * The Grafana dashboard and the alert rules: every metric that they name is one that `/metrics` shows, with the labels
 * that they use.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, Schema, TestClock } from "effect"
import { Transient } from "../../src/domain/Errors.js"
import * as Telemetry from "../../src/domain/telemetry.js"
import { dayOf } from "../../src/domain/UtcDay.js"
import { metrics } from "../../src/programs/server/http/metrics.js"
import { LiveStatus, type StatusValue } from "../../src/programs/server/live/LiveStatus.js"
import { CensusPages } from "../../src/services/CensusPages.js"
import { textOf, yamlOf } from "./files.js"

const status: StatusValue = {
  now: 1_000,
  countedAt: 1_000,
  backlog: 1,
  due: { repositories: 1, images: 1 },
  oldestDue: Option.some(0),
  deferred: 1,
  leased: 1,
  lastCompleteDay: Option.some(dayOf(0)),
  today: { day: dayOf(86_400_000), images: 2, done: 1 },
  rows: { repositories: 1, images: 1, gone: 1, snapshots: 1 },
  defects: { rows: 0, newest: [] },
  waitingJobs: [],
  parks: [{ service: "dockerhub", payer: "vm", until: 2_000, secondsLeft: 1, reason: null }],
  budgets: [{
    service: "dockerhub",
    payer: "vm",
    limit: 180,
    remaining: 3,
    resetsAt: Option.none(),
    requests: 1,
    points: 1,
    requestsPerMinute: 1,
    observedAt: 1_000
  }],
  processes: []
}

/** What `/metrics` shows of a program that serves, asks and runs a job, and to which little has happened yet. */
const page = (
  schema: CensusPages["Type"]["schema"] = Effect.succeed({ current: 1, known: 1 }),
  current: LiveStatus["Type"]["current"] = Effect.succeed(status)
) =>
  Effect.gen(function*() {
    yield* Telemetry.countingBegins
    Telemetry.measured("github")
    yield* Telemetry.jobsBegin(["sync"])
    yield* Telemetry.jobRuns("sync", true)
    yield* Telemetry.answered("GET", 200, Duration.millis(1))
    const response = yield* metrics({
      version: "1.2.3",
      node: "v20",
      residentBytes: Effect.succeed(1),
      loopDelay: Effect.succeed({ median: 0.001, p99: 0.01, longest: 0.02 })
    })
    return yield* Effect.promise(() => HttpServerResponse.toWeb(response).text())
  }).pipe(
    Effect.provideService(LiveStatus, { current }),
    Effect.provide(Layer.mock(CensusPages, { schema }))
  )

/** Names of labels, and their values as `name="value"`, by the name of each metric. Prometheus adds the target's names. */
const shown = (text: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const metrics = new Map<string, Set<string>>()
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    const known = metrics.get(name) ?? new Set(["instance", "job"])
    for (const [whole, label = ""] of labels.matchAll(/([a-z_]+)="[^"]*"/g)) known.add(label).add(whole)
    metrics.set(name, known)
  }
  return metrics
}

const Rules = Schema.Struct({
  groups: Schema.Array(Schema.Struct({
    name: Schema.String,
    rules: Schema.Array(Schema.Struct({
      alert: Schema.String,
      expr: Schema.String,
      for: Schema.optional(Schema.String.pipe(Schema.pattern(/^\d+[smhd]$/))),
      labels: Schema.Struct({ severity: Schema.Literal("info", "warning", "critical") }),
      annotations: Schema.Struct({ summary: Schema.String, description: Schema.String })
    }))
  }))
})

const Dashboard = Schema.parseJson(Schema.Struct({
  title: Schema.String,
  panels: Schema.Array(Schema.Struct({
    id: Schema.Int,
    title: Schema.String,
    gridPos: Schema.Struct({ x: Schema.Int, y: Schema.Int, w: Schema.Int, h: Schema.Int }),
    targets: Schema.optionalWith(Schema.Array(Schema.Struct({ expr: Schema.String, legendFormat: Schema.String })), {
      default: () => []
    })
  }))
}))

const rules = yamlOf("deploy/prometheus/rules.yaml", Rules).groups.flatMap(({ rules }) => rules)
const { panels } = Schema.decodeSync(Dashboard)(textOf("deploy/grafana/image-census.json"))

const expressions = [
  ...rules.map(({ alert, annotations: { description, summary }, expr }) => ({
    where: alert,
    expr,
    said: `${summary} ${description}`
  })),
  ...panels.flatMap(({ targets, title }) =>
    targets.map(({ expr, legendFormat }) => ({ where: title, expr, said: legendFormat }))
  )
]

/** What is shown of the database, one gauge of the census and one of the budgets. */
const some = (text: string) => text.match(/^image_census_(?:database_up|backlog_repositories|parked_seconds)\b.*$/gm)

const lost = new Transient({ service: "database", reason: "network", message: "lost" })

describe("what is monitored", () => {
  it.effect("leaves the labels to Prometheus that it sets itself", () =>
    Effect.gen(function*() {
      // It would call ours `exported_job`, and say the name of the target wherever an alert says `job`.
      assert.notMatch(yield* page(), /[{,](?:job|instance)="/)
    }))

  it.effect("shows what is counted before anything has happened", () =>
    Effect.gen(function*() {
      const text = yield* page()
      for (
        const series of [
          "event_deliveries_total{outcome=\"dead\"}",
          "event_deliveries_total{outcome=\"delivered\"}",
          "event_deliveries_total{outcome=\"failed\"}",
          "job_failures_total{name=\"sync\"}",
          "requests_total{service=\"github\",outcome=\"refused\"}",
          "rows_written_total{table=\"repos\"}"
        ]
      ) assert.include(text, `\nimage_census_${series} 0\n`)
    }))

  it.effect("shows nothing of the census that is not known now", () =>
    Effect.gen(function*() {
      const parked = "image_census_parked_seconds{service=\"dockerhub\",payer=\"vm\"} 1"
      assert.deepStrictEqual(some(yield* page()), [
        "image_census_backlog_repositories 1",
        "image_census_database_up 1",
        parked
      ])
      assert.deepStrictEqual(some(yield* page(Effect.fail(lost), Effect.fail(lost))), ["image_census_database_up 0"])
      // Counts that are remembered are not shown either where the database is gone.
      assert.deepStrictEqual(some(yield* page(Effect.fail(lost))), ["image_census_database_up 0"])
      assert.deepStrictEqual(some(yield* page(undefined, Effect.fail(lost))), ["image_census_database_up 1"])
      const hanging = yield* Effect.fork(page(Effect.never, Effect.never))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(some(yield* Fiber.join(hanging)), ["image_census_database_up 0"])
    }))

  it.effect("names only metrics that are shown, with labels that they have", () =>
    Effect.gen(function*() {
      const metrics = shown(yield* page())
      assert.isAbove(metrics.size, 15)
      for (const { expr, said, where } of expressions) {
        const names = expr.match(/image_census_[a-z_]+/g) ?? []
        const labels = new Set<string>()
        for (const name of names) {
          assert.isTrue(metrics.has(name), `${where}: /metrics shows no ${name}`)
          for (const label of metrics.get(name) ?? []) labels.add(label)
        }
        labels.add("le")
        const used = [
          ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */)),
          ...[...expr.matchAll(/[{,]\s*([a-z_]+)\s*[!=]~?"/g)].map(([, label = ""]) => label),
          ...[...said.matchAll(/\{\{ *(?:\$labels\.)?([a-z_]+) *\}\}/g)].map(([, label = ""]) => label)
        ]
        const values = [...expr.matchAll(/[{,]\s*([a-z_]+)=~?"([a-z_|]+)"/g)]
          .flatMap(([, label = "", list = ""]) => list.split("|").map((value) => `${label}="${value}"`))
        for (const label of [...used, ...values]) {
          assert.isTrue(labels.has(label) || names.length === 0, `${where}: there is no label ${label}`)
        }
      }
    }))

  it("tells every alert's name, and what to do, once", () => {
    assert.strictEqual(new Set(rules.map(({ alert }) => alert)).size, rules.length)
    for (const { alert, annotations } of rules) assert.isAbove(annotations.description.length, 20, alert)
  })

  it("leaves each panel its own place", () => {
    assert.strictEqual(new Set(panels.map(({ id }) => id)).size, panels.length)
    const taken = new Set<string>()
    for (const { gridPos: { h, w, x, y }, title } of panels) {
      assert.isAtMost(x + w, 24, title)
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const cell = `${column},${line}`
          assert.isFalse(taken.has(cell), `${title} lies on another panel`)
          taken.add(cell)
        }
      }
    }
  })
})
