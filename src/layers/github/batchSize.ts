/**
 * How many questions one request asks: a pure state machine, one per credential and kind of question.
 *
 * It starts small, so that the first answers come early, and doubles up to the largest size. What was too much is halved,
 * and from then on the size grows by a tenth with every full batch that succeeds. After three failures in
 * a row the service was down rather than overtaxed, so that the size starts again from the first one.
 *
 * GitHub gives up after ten seconds, and counts how long it works for a caller in each minute. An answer that took long
 * says so before it fails: the next batch is as much smaller as to take the time that is aimed at.
 */

export interface BatchSize {
  readonly size: number
  readonly first: number
  readonly largest: number
  /** Nothing was too much so far: sizes double. */
  readonly ramping: boolean
  /** Batches in a row that were too much. */
  readonly halvings: number
}

/** So many halvings in a row speak for an outage, not for a batch that was too large. */
const outage = 3

/** In milliseconds: an answer that takes longer than `slow` was too much, one below `aim` lets the next batch grow. */
export const pace = { slow: 5_000, aim: 3_000 } as const

export const initial = (largest: number, first: number): BatchSize => ({
  size: Math.min(first, largest),
  first: Math.min(first, largest),
  largest,
  ramping: true,
  halvings: 0
})

/** A batch of `sent` was too much. */
export const halved = (state: BatchSize, sent: number): BatchSize => ({
  ...state,
  size: Math.max(1, Math.floor(Math.min(sent, state.size) / 2)),
  ramping: false,
  halvings: state.halvings + 1
})

/** True when a success now ends what looked like an outage. */
export const recovers = (state: BatchSize): boolean => state.halvings >= outage

/** A batch of `sent` was answered after `millis`. Only a full one that was fast says that more may be asked. */
export const grown = (state: BatchSize, sent: number, millis: number): BatchSize => {
  if (recovers(state)) return { ...state, size: Math.max(state.size, state.first), halvings: 0 }
  if (millis > pace.slow) {
    const bearable = Math.max(1, Math.floor(sent * pace.aim / millis))
    return { ...state, size: Math.min(state.size, bearable), ramping: false, halvings: 0 }
  }
  if (sent < state.size || millis > pace.aim) return { ...state, halvings: 0 }
  const next = state.ramping ? state.size * 2 : state.size + Math.max(1, Math.floor(state.size / 10))
  // Twice as many take about twice as long.
  const bound = state.ramping && millis > 0 ? Math.max(state.size, Math.floor(sent * pace.aim / millis)) : next
  return { ...state, size: Math.min(state.largest, next, bound), halvings: 0 }
}
