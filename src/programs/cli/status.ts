/**
 * `status`: what is left to do, what is waited for, what runs.
 */
import { Command } from "@effect/cli"
import { Clock, Effect, Option } from "effect"
import { waitingJobs } from "../../domain/JobState.js"
import type { BudgetState } from "../../domain/RateBudget.js"
import { aheadOfDatabase } from "../../layers/store/offsetClock.js"
import { LinkStore, type RegistryStatus } from "../../services/LinkStore.js"
import { ProcessBoard, type RunningProcess } from "../../services/ProcessBoard.js"
import { type DefectRow, RepoDockerStore, type StoreStatus } from "../../services/RepoDockerStore.js"
import { Settings } from "../settings/Settings.js"
import type { CommandLayers } from "./CommandLayers.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"
import { clockText, counted, grouped, instant, iso, orDash, span, table } from "./text.js"

interface Status {
  readonly now: number
  /** Milliseconds by which this machine's clock is ahead of the database's, where that is gone by; else 0. */
  readonly ahead: number
  readonly store: StoreStatus
  readonly registries: ReadonlyArray<RegistryStatus>
  readonly processes: ReadonlyArray<RunningProcess>
  readonly budgets: ReadonlyArray<BudgetState>
}

const isoOrNull = (millis: number | undefined) => millis === undefined ? null : iso(millis)

const isParked = ({ now }: Status) => (budget: BudgetState) => (budget.parkedUntil ?? 0) > now

const record = (status: Status) => ({
  clockAheadSeconds: Math.round(status.ahead / 1000),
  backlog: status.store.backlog,
  due: { repositories: status.store.repositoriesDue, images: status.store.imagesDue },
  oldestDue: Option.getOrNull(Option.map(status.store.oldestDue, iso)),
  deferred: status.store.deferred,
  leased: status.store.leased,
  lastCompleteDay: Option.getOrNull(status.store.lastCompleteDay),
  rows: {
    repositories: status.store.repositories,
    images: status.store.images,
    gone: status.store.gone,
    snapshots: status.store.snapshots
  },
  defects: {
    rows: status.store.defects.rows,
    newest: status.store.defects.newest.map(({ at, retryAt, since, ...defect }) => ({
      ...defect,
      since: iso(since),
      at: iso(at),
      retryAt: Option.getOrNull(Option.map(retryAt, iso))
    }))
  },
  waitingJobs: status.processes.flatMap(({ id, progress }) =>
    waitingJobs(progress).map(({ again, ...job }) => ({ process: id, ...job, again: iso(again) }))
  ),
  registries: status.registries,
  parks: status.budgets.filter(isParked(status)).map((budget) => ({
    service: budget.key.service,
    payer: budget.key.payer,
    until: isoOrNull(budget.parkedUntil),
    secondsLeft: Math.ceil(((budget.parkedUntil ?? status.now) - status.now) / 1000),
    reason: budget.parkReason ?? null
  })),
  budgets: status.budgets.map((budget) => ({
    service: budget.key.service,
    payer: budget.key.payer,
    limit: budget.limit ?? null,
    remaining: budget.remaining ?? null,
    resetsAt: isoOrNull(budget.resetsAt),
    requests: budget.requests,
    points: budget.points,
    observedAt: iso(budget.observedAt)
  })),
  processes: status.processes.map(({ command, heartbeatAt, host, id, pid, progress, startedAt }) => ({
    id,
    host,
    pid,
    command,
    startedAt: iso(startedAt),
    heartbeatAt: iso(heartbeatAt),
    progress
  }))
})

const facts = ({ ahead, now, store }: Status): ReadonlyArray<readonly [string, string]> => [
  ...(ahead === 0 ? [] : [["clock", clockText(ahead)] as const]),
  ["backlog", `${counted(store.backlog, "repository", "repositories")} never checked`],
  [
    "due",
    `${counted(store.repositoriesDue, "repository", "repositories")}, ${counted(store.imagesDue, "image")}`
  ],
  ["oldest due", orDash(Option.map(store.oldestDue, (at) => `${instant(at)} UTC, ${span(now - at)} ago`))],
  ["put off", `${counted(store.deferred, "row")}, ${grouped(store.leased)} being looked at`],
  ["last complete day", orDash(store.lastCompleteDay)],
  [
    "rows",
    `${counted(store.repositories, "repository", "repositories")}, ${counted(store.images, "image")} ` +
    `(${grouped(store.gone)} gone), ${counted(store.snapshots, "snapshot")}`
  ]
]

const parkLine = (status: Status, budget: BudgetState): readonly [string, string] => [
  "parked",
  `${budget.key.service} (${budget.key.payer}) for ${span((budget.parkedUntil ?? status.now) - status.now)}` +
  (budget.parkReason === undefined ? "" : `: ${budget.parkReason}`)
]

const resetOf = ({ now }: Status, { resetsAt }: BudgetState): string =>
  resetsAt === undefined || resetsAt <= now ? "" : `, anew in ${span(resetsAt - now)}`

const budgetLine = (status: Status) => (budget: BudgetState): readonly [string, string] => [
  "budget",
  `${budget.key.service} (${budget.key.payer}): ${
    budget.remaining === undefined
      ? "remaining not known"
      : `${grouped(budget.remaining)}${budget.limit === undefined ? "" : ` of ${grouped(budget.limit)}`} left${
        resetOf(status, budget)
      }`
  }, ${counted(budget.requests, "request")}, seen ${instant(budget.observedAt)} UTC`
]

const processLine = (now: number, running: RunningProcess): readonly [string, string] => [
  "running",
  `${running.command} on ${running.host} (pid ${running.pid}), for ${span(now - running.startedAt)}, ` +
  `heartbeat ${span(now - running.heartbeatAt)} ago`
]

const isIdle = (status: RegistryStatus) =>
  Object.values(status).every((value) => typeof value === "string" || value === 0)

const registryLine = (status: RegistryStatus): readonly [string, string] => [
  status.registry,
  `${counted(status.checksDue, "image")} to look for, ${grouped(status.sourcesDue)} to verify, ` +
  `${grouped(status.deferred)} put off; ${grouped(status.found)} found, ${grouped(status.absent)} absent, ` +
  `${grouped(status.notVisible)} not visible, ${grouped(status.read)} read`
]

const defectLine = (now: number) => (defect: DefectRow): readonly [string, string] => [
  "defect",
  `${defect.job}: ${defect.subject}: ${defect.reason}; ${counted(defect.times, "time")}, last ${
    span(now - defect.at)
  } ago${Option.match(defect.retryAt, { onNone: () => "", onSome: (at) => `, again at ${instant(at)} UTC` })}`
]

const jobLines = (now: number, { host, pid, progress }: RunningProcess) =>
  waitingJobs(progress).map(({ again, failures, name, problem }): readonly [string, string] => [
    "job failed",
    `${name} on ${host} (pid ${pid}), ${counted(failures, "time")} in a row: ${problem ?? ""}; starts again in ${
      span(Math.max(0, again - now))
    }`
  ])

const linesOf = (status: Status): ReadonlyArray<readonly [string, string]> => [
  ...facts(status),
  ...(status.store.defects.rows === 0
    ? []
    : [
      [
        "defects",
        `${counted(status.store.defects.rows, "row")} whose last look died of a defect of the program`
      ] as const
    ]),
  ...status.store.defects.newest.map(defectLine(status.now)),
  ...status.processes.flatMap((running) => jobLines(status.now, running)),
  ...status.registries.filter((registry) => !isIdle(registry)).map(registryLine),
  ...status.budgets.filter(isParked(status)).map((budget) => parkLine(status, budget)),
  ...status.budgets.map(budgetLine(status)),
  ...status.processes.map((running) => processLine(status.now, running))
]

/** `status`. */
export const status = (layers: CommandLayers) =>
  Command.make("status", { json: Output.json }, ({ json }) =>
    Effect.gen(function*() {
      const { discovery, dockerhub } = yield* Settings
      const store = yield* RepoDockerStore
      const links = yield* LinkStore
      const board = yield* ProcessBoard
      const state: Status = {
        now: yield* Clock.currentTimeMillis,
        ahead: yield* aheadOfDatabase,
        store: yield* store.status({ discovery: dockerhub.discoveryInterval, refresh: dockerhub.refreshInterval }),
        registries: yield* links.status(discovery.registries),
        processes: yield* board.running,
        budgets: yield* board.budgets
      }
      yield* json
        ? Output.printJson(record(state))
        : Output.printLines(
          table([{ title: "", align: "left" }, { title: "", align: "left" }], linesOf(state), undefined).slice(1)
        )
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(described(
        "Shows what is left to do and how true the database is: backlog, due rows, the last complete day, parks and " +
          "budgets, running processes, rows.",
        [["image-census status", "for people"], ["image-census status --json", "for monitoring"]]
      ))
    )
