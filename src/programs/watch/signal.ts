/**
 * A tap on the shoulder: who waits is woken, and several taps count as one.
 */
import { Duration, Effect, Queue } from "effect"

export interface Signal {
  readonly give: Effect.Effect<void>
  /** Waits for a signal (also one that was given before), but no longer than this. */
  readonly wait: (longest: Duration.Duration) => Effect.Effect<void>
}

export const makeSignal: Effect.Effect<Signal> = Effect.map(Queue.sliding<void>(1), (queue) => ({
  give: Effect.asVoid(Queue.offer(queue, undefined)),
  wait: (longest) =>
    Duration.isFinite(longest) ? Effect.raceFirst(Queue.take(queue), Effect.sleep(longest)) : Queue.take(queue)
}))
