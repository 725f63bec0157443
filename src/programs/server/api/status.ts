/**
 * How far the census is: what is left to do, what is waited for, what runs.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { Transient } from "../../../domain/Errors.js"
import { Day, Instant, orNull, wholeNumber } from "./wire.js"

const maybeNumber = Schema.NullOr(Schema.Number)

/** A budget that is waited for. */
export const Park = Schema.Struct({
  service: Schema.String,
  payer: Schema.String,
  until: Instant,
  secondsLeft: Schema.Int,
  reason: Schema.NullOr(Schema.String)
}).annotations({ identifier: "Park" })

/** What is known of a budget. */
export const Budget = Schema.Struct({
  service: Schema.String,
  payer: Schema.String,
  limit: maybeNumber,
  remaining: maybeNumber,
  resetsAt: orNull(Instant),
  /** Sent by all processes since the database was made. */
  requests: Schema.Number,
  points: Schema.Number,
  /** Requests per minute over the last minute; none where it was not watched for so long. */
  requestsPerMinute: maybeNumber,
  observedAt: Instant
}).annotations({ identifier: "Budget" })

/** A process that works on this database. */
export const Process = Schema.Struct({
  id: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  command: Schema.String,
  startedAt: Instant,
  heartbeatAt: Instant,
  /** What its jobs say of themselves. */
  progress: Schema.Unknown
}).annotations({ identifier: "Process" })

/** A row whose last look died of a defect of the program; it is tried again later and later. */
export const Defect = Schema.Struct({
  /** The job, as `image_census_defects_total` names it. */
  job: Schema.String,
  /** A repository, an image or a watched reference. */
  subject: Schema.String,
  reason: Schema.String,
  /** Since when it dies of this, when it did last, and how often. */
  since: Instant,
  at: Instant,
  times: Schema.Int,
  retryAt: orNull(Instant)
}).annotations({ identifier: "Defect" })

/** A job of a process that failed, and waits to start again. */
export const WaitingJob = Schema.Struct({
  process: Schema.String,
  name: Schema.String,
  /** Failures in a row. */
  failures: Schema.Int,
  problem: Schema.NullOr(Schema.String),
  again: Instant
}).annotations({ identifier: "WaitingJob" })

/** As `image-census status --json`, with the time, rates, and when rows were last counted. */
export const Status = Schema.Struct({
  now: Instant,
  /** Rows of large tables are counted every few seconds, not for every reader. */
  countedAt: Instant,
  backlog: Schema.Int,
  due: Schema.Struct({ repositories: Schema.Int, images: Schema.Int }),
  oldestDue: orNull(Instant),
  deferred: Schema.Int,
  leased: Schema.Int,
  lastCompleteDay: orNull(Day),
  /** Images that get a row today (of Docker Hub, and not missing there), and how many of them have it. */
  today: Schema.Struct({ day: Day, images: Schema.Int, done: Schema.Int }),
  rows: Schema.Struct({
    repositories: Schema.Int,
    images: Schema.Int,
    gone: Schema.Int,
    snapshots: Schema.Int
  }),
  /** Rows that hold a defect, and the ten newest of them. */
  defects: Schema.Struct({ rows: Schema.Int, newest: Schema.Array(Defect) }),
  waitingJobs: Schema.Array(WaitingJob),
  parks: Schema.Array(Park),
  budgets: Schema.Array(Budget),
  processes: Schema.Array(Process)
}).annotations({ identifier: "Status" })

/** One day of the census. */
export const CensusDay = Schema.Struct({
  date: Day,
  /** Images whose first link to a repository is of this day. */
  found: Schema.Int,
  /** As they were when last counted on this day; none where nothing ran. `snapshots`: images that had a row for it. */
  snapshots: orNull(Schema.Int),
  repositories: orNull(Schema.Int),
  images: orNull(Schema.Int),
  backlog: orNull(Schema.Int)
}).annotations({ identifier: "CensusDay" })

const History = Schema.Struct({ days: Schema.Array(CensusDay) }).annotations({ identifier: "StatusHistory" })

/**
 * Beside these, `GET /api/v1/live` sends the same status as server-sent events: `event: status`, whenever it changes,
 * and again every 15 seconds where it does not.
 */
export const status = HttpApiGroup.make("status")
  .add(HttpApiEndpoint.get("get", "/status").addSuccess(Status))
  .add(
    HttpApiEndpoint.get("history", "/status/history")
      .setUrlParams(Schema.Struct({ days: Schema.optionalWith(wholeNumber(1, 366), { default: () => 90 }) }))
      .addSuccess(History)
  )
  .addError(Transient, { status: 503 })
