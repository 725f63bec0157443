/**
 * An event on its way to one action: at least once, one after another for each action of a reference, later and later
 * after failures, and set aside after so many of them.
 */
import { Option } from "effect"

/** `dead`: it failed too often, and waits for a person. */
export type DeliveryStatus = "pending" | "delivered" | "dead"

/** Times are epoch milliseconds. */
export interface DeliveryState {
  readonly status: DeliveryStatus
  /** Attempts since it was written, or since a person last asked to try again. */
  readonly attempts: number
  readonly notBefore: number
  readonly attemptedAt: Option.Option<number>
  readonly deliveredAt: Option.Option<number>
  /** What the last attempt said in one line: `HTTP 204`, `exit code 1`. */
  readonly result: Option.Option<string>
  /** What the program printed last, or the end of the answer's body. */
  readonly output: Option.Option<string>
}

/** A delivery that was not tried yet. */
export const untried: DeliveryState = {
  status: "pending",
  attempts: 0,
  notBefore: 0,
  attemptedAt: Option.none(),
  deliveredAt: Option.none(),
  result: Option.none(),
  output: Option.none()
}

/** Of an event. `dead`: one of its deliveries is; `pending`: one is; `delivered`: all are; `kept`: there is none. */
export type EventStatus = DeliveryStatus | "kept"

/** What became of an event, by its deliveries. */
export const eventStatus = (deliveries: ReadonlyArray<{ readonly status: DeliveryStatus }>): EventStatus => {
  const statuses = new Set(deliveries.map(({ status }) => status))
  return (["dead", "pending", "delivered"] as const).find((status) => statuses.has(status)) ?? "kept"
}

/** How an attempt ended. Times are epoch milliseconds. */
export interface Attempt {
  readonly at: number
  readonly ok: boolean
  readonly result: string
  readonly output: Option.Option<string>
  /** When to try again after a failure. */
  readonly notBefore: number
}

/** Applies an attempt. The `bound`-th failure in a row sets the delivery aside. */
export const attempted = (state: DeliveryState, attempt: Attempt, bound: number): DeliveryState => {
  if (state.status === "delivered") return state
  const attempts = state.attempts + 1
  const told = {
    ...state,
    attempts,
    attemptedAt: Option.some(attempt.at),
    result: Option.some(attempt.result),
    output: attempt.output
  }
  if (attempt.ok) return { ...told, status: "delivered", deliveredAt: Option.some(attempt.at) }
  return { ...told, notBefore: attempt.notBefore, status: attempts >= bound ? "dead" : "pending" }
}

/** A person asks to try again what was set aside: its attempts are forgotten. */
export const revived = (state: DeliveryState): DeliveryState =>
  state.status === "dead" ? { ...state, status: "pending", attempts: 0, notBefore: 0 } : state

/** Actions on an update are not tried more often than this until a person asks. */
export const updateAttempts = 3
