/**
 * Limits as values: who pays for a request, what remains, and until when to wait.
 */
import { Schema } from "effect"

/**
 * Who pays, and to whom. GitHub: one key per token or installation (`token:1`, `installation:123`).
 * Docker Hub's API: one per egress address. Registries: (registry host, credential).
 */
export const BudgetKey = Schema.Struct({
  service: Schema.String,
  payer: Schema.String
})
export type BudgetKey = typeof BudgetKey.Type

/** One string for a key, for maps and for the database's primary key. */
export const budgetId = (key: BudgetKey): string => `${key.service}/${key.payer}`

/** What a server's headers or body said of a budget. Times are epoch milliseconds; absent means not said. */
export interface BudgetReading {
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  readonly resetsAt?: number | undefined
}

/** A budget as it is known now. Times are epoch milliseconds. */
export interface BudgetState {
  readonly key: BudgetKey
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly resetsAt: number | undefined
  /** Present and in the future while parked. */
  readonly parkedUntil: number | undefined
  readonly parkReason: string | undefined
  /** Requests sent since this process started. */
  readonly requests: number
  /** Points spent since this process started (GitHub's GraphQL cost; elsewhere equal to requests). */
  readonly points: number
  /** When any of this was last true. */
  readonly observedAt: number
}
