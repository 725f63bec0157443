/**
 * `ProcessBoard` in the database. One fiber writes, at most once a second: what this process reported, its heartbeat,
 * and the budgets it knows.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Duration, Effect, Layer, Ref, Schedule, Schema } from "effect"
import { budgetId, type BudgetState } from "../../domain/RateBudget.js"
import { parkCeiling } from "../../domain/RetryAfter.js"
import { storable } from "../../domain/StorableText.js"
import { ProcessBoard, type RunningProcess } from "../../services/ProcessBoard.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { instant, rowsOf, transient } from "./core.js"
import { inTransaction } from "./errors.js"
import { tolerated } from "./offsetClock.js"
import type { ProcessIdentity } from "./ProcessIdentity.js"

const writeEvery = Duration.seconds(1)
/** How often a process that has nothing new to say says that it lives. */
const heartbeatEvery = Duration.seconds(10)
/** A process whose heartbeat is older is not running. */
const silence = Duration.minutes(1)
const forgotten = Duration.days(1)
const longestPark = parkCeiling + Duration.toMillis(tolerated)
/** How long the last write may hold up the end of the program. */
const lastWrite = Duration.millis(500)

const Millis = Schema.Number
const MaybeMillis = Schema.transform(Schema.NullOr(Schema.Number), Schema.UndefinedOr(Schema.Number), {
  strict: true,
  decode: (value) => value ?? undefined,
  encode: (value) => value ?? null
})
const MaybeText = Schema.transform(Schema.NullOr(Schema.String), Schema.UndefinedOr(Schema.String), {
  strict: true,
  decode: (value) => value ?? undefined,
  encode: (value) => value ?? null
})

const ProcessRow = Schema.Struct({
  id: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  command: Schema.String,
  startedAt: Millis,
  heartbeatAt: Millis,
  progress: Schema.Unknown
})

const BudgetRow = Schema.Struct({
  service: Schema.String,
  payer: Schema.String,
  limit: MaybeMillis,
  remaining: MaybeMillis,
  resetsAt: MaybeMillis,
  parkedUntil: MaybeMillis,
  parkReason: MaybeText,
  requests: Schema.Number,
  points: Schema.Number,
  observedAt: Millis
})

interface Written {
  readonly reported: boolean
  readonly at: number
  /** The reports and budgets of the last write, to see whether there is anything new. */
  readonly text: string
  readonly states: ReadonlyMap<string, BudgetState>
}

// What jsonb can hold: no NUL in texts, no bigint.
const storableValue = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return value.toString()
  return typeof value === "string" ? storable(value) : value
}

const whole = (value: number | undefined) => value === undefined ? null : Math.round(value)

// A reading that was written before is not written again: by now another process may have had a newer one.
const readingOf = (state: BudgetState, before: BudgetState | undefined) =>
  state.limit === before?.limit && state.remaining === before?.remaining && state.resetsAt === before?.resetsAt
    ? {}
    : {
      limit: whole(state.limit),
      remaining: whole(state.remaining),
      resets: state.resetsAt === undefined ? null : state.resetsAt / 1000
    }

const budgetRow = (state: BudgetState, before: BudgetState | undefined) => ({
  id: budgetId(state.key),
  service: storable(state.key.service),
  payer: storable(state.key.payer),
  ...readingOf(state, before),
  parked: state.parkedUntil === undefined ? null : state.parkedUntil / 1000,
  reason: state.parkReason === undefined ? null : storable(state.parkReason),
  // What was spent since the last write: the row sums up over processes.
  requests: state.requests - (before?.requests ?? 0),
  points: state.points - (before?.points ?? 0),
  observed: state.observedAt / 1000
})

const makeReading = (sql: SqlClient) => {
  const running = Effect.fn("ProcessBoard.running")(function*() {
    const now = yield* Clock.currentTimeMillis
    const rows: ReadonlyArray<RunningProcess> = yield* rowsOf(ProcessRow)(sql`
      select id, host, pid, command, progress,
        round(extract(epoch from started_at) * 1000)::float8 as "startedAt",
        round(extract(epoch from heartbeat_at) * 1000)::float8 as "heartbeatAt"
      from image_census_processes
      where heartbeat_at > ${instant(sql, now - Duration.toMillis(silence))}
        and heartbeat_at <= ${instant(sql, now + Duration.toMillis(tolerated))} order by started_at, id`)
    return rows
  }, transient)

  const budgets = Effect.fn("ProcessBoard.budgets")(function*() {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* rowsOf(BudgetRow)(sql`
      select service, payer, budget_limit::float8 as "limit", remaining::float8 as remaining,
        case when isfinite(resets_at) then round(extract(epoch from resets_at) * 1000)::float8 end as "resetsAt",
        case when isfinite(parked_until) then round(extract(epoch from parked_until) * 1000)::float8 end as "parkedUntil",
        park_reason as "parkReason", requests::float8 as requests, points::float8 as points,
        round(extract(epoch from observed_at) * 1000)::float8 as "observedAt"
      from image_census_budgets order by budget_id`)
    return rows.map(({ parkReason, parkedUntil, payer, service, ...row }): BudgetState => {
      // What lies further ahead was written by a clock that is.
      const parked = parkedUntil !== undefined && parkedUntil > now && parkedUntil <= now + longestPark
      return {
        ...row,
        key: { service, payer },
        parkedUntil: parked ? parkedUntil : undefined,
        parkReason: parked ? parkReason : undefined
      }
    })
  }, transient)

  return { running: Effect.suspend(running), budgets: Effect.suspend(budgets) }
}

/** A board for this process. Its row goes with the scope. */
export const make = Effect.fn("ProcessBoard.make")(function*(self: ProcessIdentity) {
  const sql = yield* SqlClient
  const rateBudgets = yield* RateBudgets
  const reports = yield* Ref.make<Readonly<Record<string, unknown>>>({})
  const written = yield* Ref.make<Written>({ reported: false, at: 0, text: "", states: new Map() })

  const writeProcess = (now: number, progress: string) =>
    sql`insert into image_census_processes (id, host, pid, command, started_at, heartbeat_at, progress)
      values (${self.id}, ${self.host}, ${self.pid}, ${storable(self.command)}, ${
      instant(sql, Math.min(self.startedAt, now))
    },
        ${instant(sql, now)}, ${progress}::jsonb)
      on conflict (id) do update set heartbeat_at = excluded.heartbeat_at, progress = excluded.progress`

  const forget = (now: number) =>
    sql`delete from image_census_processes where heartbeat_at < ${instant(sql, now - Duration.toMillis(forgotten))}
      or heartbeat_at > ${instant(sql, now + Duration.toMillis(forgotten))}`

  // A park is never shortened, and what was observed later counts, whoever writes first; times of a clock that is ahead
  // do not.
  const writeBudgets = (now: number, states: ReadonlyArray<BudgetState>, before: ReadonlyMap<string, BudgetState>) => {
    const parkedUntil = sql`case when b.parked_until <= ${instant(sql, now + longestPark)} then b.parked_until end`
    const observedAt = sql`case when b.observed_at <= ${
      instant(sql, now + Duration.toMillis(tolerated))
    } then b.observed_at end`
    return sql`insert into image_census_budgets as b
        (budget_id, service, payer, budget_limit, remaining, resets_at, parked_until, park_reason, requests, points,
          observed_at, process)
      select id, service, payer, "limit", remaining, to_timestamp(resets), to_timestamp(parked), reason, requests, points,
        to_timestamp(observed), ${self.id}
      from jsonb_to_recordset(${
      JSON.stringify(states.map((state) => budgetRow(state, before.get(budgetId(state.key)))))
    }::jsonb) as x (id text, service text, payer text, "limit" bigint, remaining bigint, resets float8, parked float8,
        reason text, requests bigint, points bigint, observed float8)
      order by id
      on conflict (budget_id) do update set
        budget_limit = case when excluded.observed_at >= coalesce(${observedAt}, '-infinity')
          then coalesce(excluded.budget_limit, b.budget_limit) else b.budget_limit end,
        remaining = case when excluded.observed_at >= coalesce(${observedAt}, '-infinity')
          then coalesce(excluded.remaining, b.remaining) else b.remaining end,
        resets_at = case when excluded.observed_at >= coalesce(${observedAt}, '-infinity')
          then coalesce(excluded.resets_at, b.resets_at) else b.resets_at end,
        park_reason = case when excluded.parked_until > coalesce(${parkedUntil}, '-infinity')
          then excluded.park_reason else b.park_reason end,
        parked_until = greatest(${parkedUntil}, excluded.parked_until),
        requests = b.requests + excluded.requests,
        points = b.points + excluded.points,
        observed_at = greatest(${observedAt}, excluded.observed_at),
        process = excluded.process`
  }

  const write = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const last = yield* Ref.get(written)
    const jobs = yield* Ref.get(reports)
    const states = yield* rateBudgets.snapshot
    const reported = Object.keys(jobs).length > 0
    const progress = JSON.stringify(jobs, storableValue)
    const text = `${progress} ${JSON.stringify(states)}`
    const isNews = text !== last.text && (reported || states.length > 0)
    const isHeartbeat = reported && now - last.at >= Duration.toMillis(heartbeatEvery)
    if (!isNews && !isHeartbeat) return
    yield* inTransaction(sql)(Effect.gen(function*() {
      if (reported) yield* writeProcess(now, progress)
      if (reported && !last.reported) yield* forget(now)
      if (states.length > 0) yield* writeBudgets(now, states, last.states)
    }))
    yield* Ref.set(written, {
      reported,
      at: now,
      text,
      states: new Map(states.map((state) => [budgetId(state.key), state]))
    })
  }).pipe(
    Effect.catchAll((error) => Effect.logDebug("the process table was not written", error.message))
  )

  const leave = write.pipe(
    Effect.zipRight(Ref.get(written)),
    Effect.flatMap(({ reported }) =>
      reported ? Effect.asVoid(sql`delete from image_census_processes where id = ${self.id}`) : Effect.void
    ),
    Effect.catchAll((error) => Effect.logDebug("the process table still names this process", error.message)),
    Effect.disconnect,
    Effect.timeoutOption(lastWrite)
  )
  yield* Effect.addFinalizer(() => Effect.interruptible(leave))
  yield* Effect.forkScoped(Effect.repeat(write, Schedule.spaced(writeEvery)))

  return ProcessBoard.of({
    report: (job, progress) => Ref.update(reports, (jobs) => ({ ...jobs, [job]: progress })),
    ...makeReading(sql)
  })
})

/** `ProcessBoard` on the client in context, for this process. */
export const layer = (self: ProcessIdentity): Layer.Layer<ProcessBoard, never, SqlClient | RateBudgets> =>
  Layer.scoped(ProcessBoard, make(self))

/** What all processes wrote, for who has nothing to report. */
export const reading: Layer.Layer<ProcessBoard, never, SqlClient> = Layer.effect(
  ProcessBoard,
  Effect.map(SqlClient, (sql) => ProcessBoard.of({ report: () => Effect.void, ...makeReading(sql) }))
)
