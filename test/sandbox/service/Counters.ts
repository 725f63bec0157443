/**
 * What reached a service, counted as it came in.
 */
import { Clock, Effect } from "effect"

export interface ServiceCounts {
  readonly requests: number
  /** Requests that are being answered now. */
  readonly open: number
  /** The most that were ever open at once. */
  readonly maxOpen: number
  /** The sum of what the requests took, in milliseconds: for a service that is asked one at a time, its busy time. */
  readonly busyMillis: number
  /** When the first request came and the last one ended (epoch milliseconds); 0 before. */
  readonly firstAt: number
  readonly lastAt: number
  /** By method and path, without the query. */
  readonly byPath: Readonly<Record<string, number>>
  /** By who asked: `token:1`, `installation:101`, `app`, `user:name`, `anonymous`. Never a secret. */
  readonly byCredential: Readonly<Record<string, number>>
  /** By status; `reset` and `gone` (the caller hung up first) stand beside the numbers. */
  readonly byStatus: Readonly<Record<string, number>>
  /** Other things worth counting: `points`, `objects`, `aliases`. */
  readonly totals: Readonly<Record<string, number>>
}

const increase = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** Counts the requests of one service. */
export const makeCounters = () => {
  const byPath = new Map<string, number>()
  const byCredential = new Map<string, number>()
  const byStatus = new Map<string, number>()
  const totals = new Map<string, number>()
  const state = { requests: 0, open: 0, maxOpen: 0, busyMillis: 0, firstAt: 0, lastAt: 0 }
  return {
    /** Counts a request from its beginning to its end, however it ends. */
    track: <A extends { readonly status: string }>(path: string, credential: string, answer: Effect.Effect<A>) =>
      Effect.gen(function*() {
        const begin = yield* Clock.currentTimeMillis
        state.requests++
        state.open++
        state.maxOpen = Math.max(state.maxOpen, state.open)
        if (state.firstAt === 0) state.firstAt = begin
        increase(byPath, path)
        increase(byCredential, credential)
        const settle = (status: string) =>
          Effect.map(Clock.currentTimeMillis, (end) => {
            state.open--
            state.busyMillis += end - begin
            state.lastAt = end
            increase(byStatus, status)
          })
        return yield* answer.pipe(
          Effect.tap(({ status }) => settle(status)),
          Effect.onInterrupt(() => settle("gone"))
        )
      }),
    add: (name: string, by: number): void => increase(totals, name, by),
    read: (): ServiceCounts => ({
      ...state,
      byPath: Object.fromEntries(byPath),
      byCredential: Object.fromEntries(byCredential),
      byStatus: Object.fromEntries(byStatus),
      totals: Object.fromEntries(totals)
    }),
    /** Starts again from nothing; what is open stays open. */
    reset: (): void => {
      for (const counts of [byPath, byCredential, byStatus, totals]) counts.clear()
      Object.assign(state, { requests: 0, maxOpen: state.open, busyMillis: 0, firstAt: 0, lastAt: 0 })
    }
  }
}

export type Counters = ReturnType<typeof makeCounters>
