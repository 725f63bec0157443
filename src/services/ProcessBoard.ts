import type { Effect } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { BudgetState } from "../domain/RateBudget.js"

/** A process that runs jobs on this database. Times are epoch milliseconds. */
export interface RunningProcess {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly command: string
  readonly startedAt: number
  readonly heartbeatAt: number
  /** What the jobs of the process say of themselves, as JSON. */
  readonly progress: unknown
}

/** The table in which processes show themselves to each other, and to `status`. */
export class ProcessBoard extends Context.Tag("image-census/ProcessBoard")<ProcessBoard, {
  /** Says what a job is doing. Kept in memory and written at most once a second, with budgets and heartbeat. */
  readonly report: (job: string, progress: unknown) => Effect.Effect<void>
  /** Processes whose heartbeat is younger than a minute. */
  readonly running: Effect.Effect<ReadonlyArray<RunningProcess>, Transient>
  /** Budgets and parks as all processes have written them. */
  readonly budgets: Effect.Effect<ReadonlyArray<BudgetState>, Transient>
}>() {}
