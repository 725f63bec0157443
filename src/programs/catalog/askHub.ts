/**
 * Asking Docker Hub for the catalog: limits are waited out, a fault is tried again, and while the Hub fails as a whole one
 * probe at a time goes out.
 */
import { Effect, Ref } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { makeCircuit } from "../../layers/circuit.js"
import { unsafeMakeFairSemaphore } from "../../layers/fairSemaphore.js"

/** Makes a call until it is answered, or until it is at fault itself. */
export type Persist = <A>(call: Effect.Effect<A, CensusError>) => Effect.Effect<A, CensusError>

// At the circuit's steps this is some seven seconds without an answer to anybody: an image can wait, a person cannot.
const mostFailures = 4

/** One circuit for all calls of this process's catalog. */
export const makePersist: Effect.Effect<Persist> = Effect.gen(function*() {
  const { run } = yield* makeCircuit("Docker Hub, for the catalog,", { threshold: 1, firstInterval: 1000 })
  // Turns at the Hub are given in the order in which they are asked for: of the catalog one call waits for its own, so
  // that the census has every other one.
  const { withPermit } = unsafeMakeFairSemaphore(1)
  // Failures of anybody's calls since the last answer: together they tell an outage as soon as one call's alone would.
  const inRow = yield* Ref.make(0)
  return <A>(call: Effect.Effect<A, CensusError>) => {
    const attempt = (failures: number): Effect.Effect<A, CensusError> =>
      withPermit(run(call)).pipe(
        Effect.tap(() => Ref.set(inRow, 0)),
        Effect.tapError(({ _tag }) => _tag === "TRANSIENT" ? Effect.void : Ref.set(inRow, 0)),
        Effect.catchTags({
          // The next call waits at the park's gate.
          RATE_LIMIT: () => attempt(failures),
          TRANSIENT: (error) =>
            Effect.flatMap(Ref.updateAndGet(inRow, (count) => count + 1), (count) =>
              Math.max(failures + 1, count) < mostFailures ? attempt(failures + 1) : Effect.fail(error))
        })
      )
    return attempt(0)
  }
})
