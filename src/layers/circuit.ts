/**
 * A circuit as a gate: callers wait while it is open, one of them at a time probes. See `domain/Circuit.ts`.
 */
import { Cause, Clock, Deferred, Effect, Exit, Option, Random, Ref } from "effect"
import { admit, type CircuitOptions, type CircuitState, closed, settle, type Verdict } from "../domain/Circuit.js"
import type { CensusError } from "../domain/Errors.js"

/** What a circuit shows of itself. Times are epoch milliseconds. */
export interface CircuitView {
  /** Open, or under a probe: callers wait. */
  readonly open: boolean
  /** When the next probe may be made; undefined while the circuit is closed or a probe is under way. */
  readonly openUntil: number | undefined
  /** Since when every call has failed; undefined after an answer. */
  readonly failingSince: number | undefined
  /**
   * Answers so far. A caller that remembers the count at its own last failure can tell a fault of what it asks for
   * (others were answered meanwhile: the count has grown) from an outage (nobody was).
   */
  readonly answers: number
}

export interface Circuit {
  /**
   * Waits until the circuit lets a call through, makes it once, and takes in how it ended: TRANSIENT is a failure,
   * RATE_LIMIT, an interruption or a defect says nothing, everything else (NOT_FOUND and AUTH too) is an answer. Fails as the effect
   * fails; never retries. Waiting is interruptible; an interrupted probe leaves its place to the next caller.
   *
   * What one caller asks for may be at fault itself (an image for which the Hub always answers 500). So a caller that
   * fails goes behind the others rather than asking again at once, and gives up on its own:
   *   - a failure with `answers` grown since its last failure is a strike; after three, put the row off to later;
   *   - without, the service is failing: keep the row, up to about twelve failures (20 minutes at the default steps);
   *   - `view.failingSince` long ago: put everything off, rather than hold leases.
   */
  readonly run: <A, E extends CensusError, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly view: Effect.Effect<CircuitView>
}

const verdictOf = <A, E extends CensusError>(exit: Exit.Exit<A, E>): Verdict => {
  if (Exit.isSuccess(exit)) return "answered"
  const failure = Cause.failureOption(exit.cause)
  if (Option.isNone(failure) || failure.value._tag === "RATE_LIMIT") return "unknown"
  return failure.value._tag === "TRANSIENT" ? "failed" : "answered"
}

interface Gate {
  readonly state: CircuitState
  readonly answers: number
  /** Done when a call has ended. */
  readonly changed: Deferred.Deferred<void>
}

/**
 * A circuit of its own, closed.
 * @param name who is behind it, for the log.
 */
export const makeCircuit = Effect.fn("makeCircuit")(function*(name: string, options: CircuitOptions = {}) {
  const gate = yield* Ref.make<Gate>({ state: closed, answers: 0, changed: yield* Deferred.make<void>() })

  const tell = (before: CircuitState, after: CircuitState, now: number) =>
    after._tag === "Open" && after.until > now
      ? Effect.logWarning(`${name} keeps failing; the next probe is in ${Math.ceil((after.until - now) / 1000)} s`)
      : after._tag === "Closed" && before._tag !== "Closed"
      ? Effect.logInfo(`${name} answers again`)
      : Effect.void

  const settled = Effect.fnUntraced(function*(probe: boolean, verdict: Verdict) {
    const now = yield* Clock.currentTimeMillis
    const jitter = yield* Random.next
    const changed = yield* Deferred.make<void>()
    const { after, before } = yield* Ref.modify(gate, (before) => {
      const state = settle(before.state, { probe, verdict }, now, jitter, options)
      const after = { state, answers: before.answers + (verdict === "answered" ? 1 : 0), changed }
      return [{ before, after }, after]
    })
    yield* Deferred.succeed(before.changed, undefined)
    if (after.state !== before.state) yield* tell(before.state, after.state, now)
  })

  const run: Circuit["run"] = (effect) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        // Only waiting can be interrupted: between taking the probe's place and running it nothing may come.
        while (true) {
          const now = yield* Clock.currentTimeMillis
          const { admission, changed } = yield* Ref.modify(gate, (gate) => {
            const admission = admit(gate.state, now)
            const next = admission._tag === "Go" ? { ...gate, state: admission.state } : gate
            return [{ admission, changed: gate.changed }, next]
          })
          if (admission._tag === "Go") {
            const exit = yield* Effect.exit(restore(effect))
            yield* settled(admission.probe, verdictOf(exit))
            return yield* exit
          }
          const change = Deferred.await(changed)
          yield* restore(
            admission.until === undefined ? change : Effect.raceFirst(change, Effect.sleep(admission.until - now))
          )
        }
      })
    )

  const view = Effect.map(Ref.get(gate), ({ answers, state }): CircuitView => ({
    open: state._tag !== "Closed",
    openUntil: state._tag === "Open" ? state.until : undefined,
    failingSince: state.failingSince,
    answers
  }))

  return { run, view } satisfies Circuit
})
