/**
 * When a service keeps failing, asking it as before wastes requests: a circuit opens, and single probes test the
 * service at growing intervals. Here is the state machine alone; `layers/circuit.ts` makes callers wait on it.
 *
 *     closed ──threshold failures in a row──▶ open ──its interval has passed──▶ half-open: one probe is under way
 *       ▲                                      ▲                                  │            │
 *       │                                      └──the probe failed: a longer one──┘            │
 *       └───────────────────────── any definite answer ────────────────────────────────────────┘
 */

/** Times are epoch milliseconds. */
export type CircuitState =
  | { readonly _tag: "Closed"; readonly failures: number; readonly failingSince: number | undefined }
  | { readonly _tag: "Open"; readonly step: number; readonly until: number; readonly failingSince: number }
  | { readonly _tag: "HalfOpen"; readonly step: number; readonly failingSince: number }

export interface CircuitOptions {
  /** So many failures in a row open the circuit. Default 3. */
  readonly threshold?: number
  /** Milliseconds from opening to the first probe; doubled after every probe that fails. Default 5 s. */
  readonly firstInterval?: number
  /** Milliseconds: intervals do not grow beyond it. Default 5 minutes. */
  readonly longestInterval?: number
}

/**
 * What a call says of its service. `answered`: it works (whatever the answer was). `failed`: it does not.
 * `unknown`: neither, such as a rate limit (its park says when to ask again) or a call that was interrupted.
 */
export type Verdict = "answered" | "failed" | "unknown"

/** May a call be made now? `until` is absent while the outcome of a probe has to be awaited. */
export type Admission =
  | { readonly _tag: "Go"; readonly probe: boolean; readonly state: CircuitState }
  | { readonly _tag: "Wait"; readonly until: number | undefined }

export const closed: CircuitState = { _tag: "Closed", failures: 0, failingSince: undefined }

/** How far an interval may stray to either side of its length, so that many processes do not probe in step. */
const jitterShare = 0.1

/**
 * Milliseconds to wait before the probe of this step (0 is the first).
 * @param jitter from 0 to 1, drawn by the caller; 0.5 leaves the interval as it is.
 */
export const interval = (step: number, jitter: number, options: CircuitOptions = {}): number => {
  const { firstInterval = 5_000, longestInterval = 300_000 } = options
  const length = Math.min(longestInterval, firstInterval * 2 ** Math.min(step, 50))
  return Math.min(longestInterval, Math.max(1, Math.round(length * (1 + (jitter * 2 - 1) * jitterShare))))
}

/** Asks for a call at `now`. On `Go` the returned state holds: where `probe` is true, no other call goes until it ends. */
export const admit = (state: CircuitState, now: number): Admission => {
  switch (state._tag) {
    case "Closed":
      return { _tag: "Go", probe: false, state }
    case "Open":
      return now < state.until
        ? { _tag: "Wait", until: state.until }
        : { _tag: "Go", probe: true, state: { _tag: "HalfOpen", step: state.step, failingSince: state.failingSince } }
    case "HalfOpen":
      return { _tag: "Wait", until: undefined }
  }
}

/**
 * A call that was let go has ended. An answer always closes the circuit. Failures of calls that began before it opened
 * change nothing: they say what is known already.
 * @param jitter from 0 to 1, as for `interval`.
 */
export const settle = (
  state: CircuitState,
  call: { readonly probe: boolean; readonly verdict: Verdict },
  now: number,
  jitter: number,
  options: CircuitOptions = {}
): CircuitState => {
  if (call.verdict === "answered") return closed
  switch (state._tag) {
    case "Closed": {
      if (call.verdict === "unknown") return state
      const failures = state.failures + 1
      const failingSince = state.failingSince ?? now
      return failures >= (options.threshold ?? 3)
        ? { _tag: "Open", step: 0, until: now + interval(0, jitter, options), failingSince }
        : { _tag: "Closed", failures, failingSince }
    }
    case "Open":
      return state
    case "HalfOpen": {
      if (!call.probe) return state
      const { failingSince, step } = state
      return call.verdict === "failed"
        ? { _tag: "Open", step: step + 1, until: now + interval(step + 1, jitter, options), failingSince }
        : { _tag: "Open", step, until: now, failingSince }
    }
  }
}
