/**
 * How many repositories one request asks for: a pure state machine, one per credential.
 *
 * It starts small, so that the first answers come early, and doubles up to the largest size. What was too much is halved,
 * and from then on the size grows by a tenth with every full batch that succeeds. After three failures in
 * a row the service was down rather than overtaxed, so that the size starts again from the first one.
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

/** A batch of `sent` was answered. Only a full one says that more may be asked. */
export const grown = (state: BatchSize, sent: number): BatchSize => {
  if (recovers(state)) return { ...state, size: Math.max(state.size, state.first), halvings: 0 }
  if (sent < state.size) return { ...state, halvings: 0 }
  const next = state.ramping ? state.size * 2 : state.size + Math.max(1, Math.floor(state.size / 10))
  return { ...state, size: Math.min(state.largest, next), halvings: 0 }
}
