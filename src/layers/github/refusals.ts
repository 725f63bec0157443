/**
 * What a credential is refused is believed on the second time: a single 401 may be a fault on the way. A credential that
 * is refused twice leaves the pool, and is tried again hours later, for what was wrong may be mended at GitHub.
 */
import { Clock, Duration, Effect, Ref } from "effect"
import { refusalDelay } from "../../domain/Backoff.js"
import type { Auth } from "../../domain/Errors.js"
import { parkCeiling } from "../../domain/RetryAfter.js"
import { credentialRefused } from "../../domain/telemetry.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import type { Payer } from "./api.js"

/** From a first refusal to the request that confirms it. */
export const confirmAfter = Duration.seconds(10)

/** Waits until a credential that was refused is worth a request again. */
export type Rest = (payer: Payer, why: Auth) => Effect.Effect<void>

/** Who may answer questions. */
export interface Pool {
  readonly join: (id: string) => Effect.Effect<void>
  /** Goes on without this member; where there is no other, all questions fail with `why` until one joins. */
  readonly leave: (id: string, why: Auth) => Effect.Effect<void>
}

/** Rests for the members of a pool. */
export const makeRest = (pool: Pool, budgets: RateBudgets["Type"]): Rest =>
  Effect.fn("GitHub.rest")(function*(payer, why) {
    const id = payer.key.payer
    const refusals = yield* Ref.updateAndGet(payer.refusals, (count) => count + 1)
    if (refusals === 1) {
      yield* Effect.logWarning(`${why.message}. Asking once more in ${Duration.format(confirmAfter)}.`)
      return yield* Effect.sleep(confirmAfter)
    }
    const rest = refusalDelay(refusals - 1)
    yield* Effect.logWarning(
      `${why.message}. Going on without it; it is tried again in ${Duration.format(Duration.millis(rest))}.`
    )
    yield* credentialRefused(payer.key, true)
    yield* pool.leave(id, why)
    const until = (yield* Clock.currentTimeMillis) + rest
    // Shown as a park, which is never longer than an hour.
    for (let now = yield* Clock.currentTimeMillis; now < until; now = yield* Clock.currentTimeMillis) {
      const shown = Math.min(until, now + parkCeiling)
      yield* budgets.park(payer.key, shown, `refused: ${why.message}`)
      yield* Effect.sleep(shown - now)
    }
    yield* pool.join(id)
  })
