import type { Effect } from "effect"
import { Context } from "effect"
import type { BudgetKey, BudgetReading, BudgetState } from "../domain/RateBudget.js"

/**
 * What remains of every budget, and until when it is parked. Clients tell it what headers and errors said and ask it
 * before they spend; `status` and the page show it; on a shared Postgres, processes share it.
 */
export class RateBudgets extends Context.Tag("image-census/RateBudgets")<RateBudgets, {
  /** Waits until the budget is not parked. Interruptible; a park that is lengthened meanwhile is waited out too. */
  readonly gate: (key: BudgetKey) => Effect.Effect<void>
  /** Parks a budget until an instant (epoch milliseconds). A park is never shortened by a later one. */
  readonly park: (key: BudgetKey, until: number, reason: string) => Effect.Effect<void>
  /** Until when this budget is parked (epoch milliseconds); 0 when it is not. */
  readonly parkedUntil: (key: BudgetKey) => Effect.Effect<number>
  /** Takes in what a server said. */
  readonly observe: (key: BudgetKey, reading: BudgetReading) => Effect.Effect<void>
  /** Counts what was sent: requests, and points where a request costs other than one. */
  readonly spend: (key: BudgetKey, requests: number, points: number) => Effect.Effect<void>
  /**
   * Runs an effect while holding the only turn of this budget, in this process and in all that share it (through the
   * database, where there is one). A holder that dies gives the turn back. Waiting is interruptible.
   */
  readonly turn: (key: BudgetKey) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Every budget that this process has seen. */
  readonly snapshot: Effect.Effect<ReadonlyArray<BudgetState>>
}>() {}
