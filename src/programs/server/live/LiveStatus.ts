/**
 * The status of the census for any number of readers at the price of one: rows of large tables are counted in the
 * background and never more of the time than a twentieth, budgets and processes are read once a second at most.
 */
import { Clock, Context, Duration, Effect, Fiber, Layer, Option, Ref, type Scope } from "effect"
import { Transient } from "../../../domain/Errors.js"
import { waitingJobs } from "../../../domain/JobState.js"
import { budgetId, type BudgetState } from "../../../domain/RateBudget.js"
import { makeFlights } from "../../../layers/flights.js"
import { ProcessBoard, type RunningProcess } from "../../../services/ProcessBoard.js"
import { RepoDockerStore, type StoreStatus } from "../../../services/RepoDockerStore.js"
import type { Status } from "../api/status.js"
import * as RequestRates from "./requestRates.js"

/** The status as the API answers it. */
export type StatusValue = typeof Status.Type

/** What everybody reads. */
export class LiveStatus extends Context.Tag("image-census/LiveStatus")<LiveStatus, {
  /**
   * Not older than a second, with row counts that are a little older. Fails after eight seconds at most, also where a
   * connection says nothing any more.
   */
  readonly current: Effect.Effect<StatusValue, Transient>
}>() {}

/** The intervals after which rows are due. */
export interface LiveStatusOptions {
  readonly discovery: Duration.Duration
  readonly refresh: Duration.Duration
}

interface Counted {
  readonly at: number
  readonly took: number
  readonly store: StoreStatus
}

const freshFor = Duration.toMillis(Duration.seconds(1))
const countEvery = Duration.toMillis(Duration.seconds(5))
/** Counting may take this part of the time. */
const countShare = 1 / 20

// Less than a request has until it is answered.
const patience = Duration.seconds(8)
// Large tables take long, but what takes longer than this has lost its connection without a word.
const countPatience = Duration.minutes(5)

// What waits for a silent connection is slow to be interrupted, so it is left behind.
const within =
  (limit: Duration.Duration) => <A, R>(effect: Effect.Effect<A, Transient, R>): Effect.Effect<A, Transient, R> =>
    Effect.timeoutFail(Effect.disconnect(effect), {
      duration: limit,
      onTimeout: () =>
        new Transient({
          service: "database",
          reason: "timeout",
          message: `the status was not read within ${Duration.format(limit)}`
        })
    })

const budgetOf = (rates: ReadonlyMap<string, number>) => (state: BudgetState) => ({
  service: state.key.service,
  payer: state.key.payer,
  limit: state.limit ?? null,
  remaining: state.remaining ?? null,
  resetsAt: Option.fromNullable(state.resetsAt),
  requests: state.requests,
  points: state.points,
  requestsPerMinute: rates.get(budgetId(state.key)) ?? null,
  observedAt: state.observedAt
})

const statusOf = (
  now: number,
  { at, store }: Counted,
  budgets: ReadonlyArray<BudgetState>,
  rates: ReadonlyMap<string, number>,
  processes: ReadonlyArray<RunningProcess>
): StatusValue => ({
  now,
  countedAt: at,
  backlog: store.backlog,
  due: { repositories: store.repositoriesDue, images: store.imagesDue },
  oldestDue: store.oldestDue,
  deferred: store.deferred,
  leased: store.leased,
  lastCompleteDay: store.lastCompleteDay,
  today: store.today,
  rows: { repositories: store.repositories, images: store.images, gone: store.gone, snapshots: store.snapshots },
  defects: store.defects,
  waitingJobs: processes.flatMap(({ id, progress }) =>
    waitingJobs(progress).map(({ again, failures, name, problem }) => ({ process: id, name, failures, problem, again }))
  ),
  parks: budgets.flatMap(({ key, parkReason, parkedUntil }) =>
    parkedUntil === undefined || parkedUntil <= now ? [] : [{
      service: key.service,
      payer: key.payer,
      until: parkedUntil,
      secondsLeft: Math.ceil((parkedUntil - now) / 1000),
      reason: parkReason ?? null
    }]
  ),
  budgets: budgets.map(budgetOf(rates)),
  processes
})

/**
 * One run for all who ask while it lasts, of whom any may leave before it ends. They do not queue: a thousand who wake each
 * other one by one take seconds, and hundreds of megabytes.
 */
const shared = (scope: Scope.Scope) => <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const fly = makeFlights<A, E>()
  return Effect.flatMap(Effect.forkIn(fly("one", effect), scope), Fiber.join)
}

/** A status that is read as long as the scope lasts. */
export const make = Effect.fn("LiveStatus.make")(function*(options: LiveStatusOptions) {
  const store = yield* RepoDockerStore
  const board = yield* ProcessBoard
  const scope = yield* Effect.scope
  const counted = yield* Ref.make(Option.none<Counted>())
  const rates = yield* Ref.make(RequestRates.none)
  const last = yield* Ref.make(Option.none<StatusValue>())

  const count = shared(scope)(
    Effect.gen(function*() {
      const before = yield* Clock.currentTimeMillis
      const status = yield* store.status(options)
      const at = yield* Clock.currentTimeMillis
      const fresh: Counted = { at, took: at - before, store: status }
      yield* Ref.set(counted, Option.some(fresh))
      return fresh
    }).pipe(within(countPatience))
  )

  const recount = shared(scope)(
    Effect.catchTag(count, "TRANSIENT", (error) => Effect.logWarning("rows were not counted", error.message))
  )

  // Large tables may take longer to be counted for the first time than anybody waits; that goes on.
  const counts = Effect.gen(function*() {
    const known = yield* Ref.get(counted)
    if (Option.isNone(known)) return yield* count
    const { at, took } = known.value
    const now = yield* Clock.currentTimeMillis
    if (now - at >= Math.max(countEvery, took / countShare)) {
      yield* Effect.forkIn(recount, scope)
    }
    return known.value
  })

  const read = shared(scope)(
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const budgets = yield* board.budgets
      const processes = yield* board.running
      const spent = yield* Ref.updateAndGet(
        rates,
        RequestRates.seen(now, new Map(budgets.map((state) => [budgetId(state.key), state.requests])))
      )
      const status = statusOf(now, yield* counts, budgets, RequestRates.perMinute(spent), processes)
      yield* Ref.set(last, Option.some(status))
      return status
    }).pipe(within(patience))
  )

  const current = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const fresh = Option.filter(yield* Ref.get(last), (status) => now - status.now < freshFor)
    return Option.isSome(fresh) ? fresh.value : yield* read
  })

  return LiveStatus.of({ current })
})

/** The status as long as the scope lasts. */
export const layer = (
  options: LiveStatusOptions
): Layer.Layer<LiveStatus, never, RepoDockerStore | ProcessBoard> => Layer.scoped(LiveStatus, make(options))
