/**
 * Limits, one lane per registry: how many requests are in flight, how fast they follow each other, and the park when a
 * registry asks to wait. A park is a gate in `RateBudgets`; nobody sleeps while holding a place in the lane.
 */
import { Clock, DateTime, Duration, Effect, Option, Random } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { RateLimit } from "../../domain/Errors.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import { clampPark, type HeaderValues, retryAfterOf, unnamedPark } from "../../domain/RetryAfter.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import { type FairSemaphore, unsafeMakeFairSemaphore } from "../fairSemaphore.js"
import { getOrMake } from "../getOrMake.js"
import type { Endpoint } from "./endpoints.js"
import type { Settled } from "./options.js"

/** What all requests to one registry with one credential share. */
export interface Lane {
  readonly key: BudgetKey
  readonly places: FairSemaphore
  /** Milliseconds between two requests; 0 without a limit of ours. */
  readonly spacing: number
  nextAt: number
  /** Limits in a row that named no time. */
  unnamed: number
  parkReason: string
  toldUntil: number
  /** The park as it was last asked for (epoch milliseconds, 0 for none), and when that was. */
  parkedUntil: number
  askedAt: number
  /** Requests that `RateBudgets` was not told of yet. */
  unspent: number
  /** Attempts under way. */
  flying: number
  /** Before that (epoch milliseconds) a registry in trouble does not want to be asked again. */
  resumeAt: number
}

/**
 * How long (milliseconds) a park that another process made may go unnoticed. Requests are told of as often, and when
 * none is under way.
 */
const askEvery = 100

const firstBackoff = 500
const longestBackoff = 8_000

const iso = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

// Milliseconds until the next attempt after so many failures: as the registry asked, or longer each time.
const pauseAfter = (lane: Lane, failures: number): Effect.Effect<number> =>
  Effect.zipWith(
    Random.next,
    Clock.currentTimeMillis,
    (random, now) =>
      Math.max(Math.min(longestBackoff, firstBackoff * 2 ** (failures - 1)) * (0.75 + random / 2), lane.resumeAt - now)
  )

/** The lanes of one client. */
export const makeLanes = (budgets: typeof RateBudgets.Service, options: Settled) => {
  const lanes = new Map<string, Lane>()
  const places = new Map<string, FairSemaphore>()
  const longestWait = Duration.toMillis(options.longestWait)

  const placesOf = (host: string): FairSemaphore =>
    getOrMake(places, host, () => unsafeMakeFairSemaphore(options.concurrency))

  /** The lane of a server and who pays. Lanes to one host share its places. */
  const laneOf = ({ budget, host, registry }: Endpoint, payer: string): Lane => {
    const id = `${budget} ${payer}`
    const known = lanes.get(id)
    if (known !== undefined) return known
    const perSecond = options.requestsPerSecond[registry.toLowerCase()] ?? options.requestsPerSecond[host]
    const lane: Lane = {
      key: { service: budget, payer },
      places: placesOf(host),
      spacing: perSecond === undefined || perSecond <= 0 ? 0 : 1000 / perSecond,
      nextAt: 0,
      unnamed: 0,
      parkReason: "",
      toldUntil: 0,
      parkedUntil: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      unspent: 0,
      flying: 0,
      resumeAt: 0
    }
    lanes.set(id, lane)
    return lane
  }

  const tell = (lane: Lane): Effect.Effect<void> =>
    Effect.suspend(() => {
      const spent = lane.unspent
      lane.unspent = 0
      return spent === 0 ? Effect.void : budgets.spend(lane.key, spent, spent)
    })

  // How long (milliseconds) the lane is parked yet; 0 where it is not. The service is shared and may be a database's: it
  // is not asked for each of thousands of requests.
  const parkOf = (lane: Lane): Effect.Effect<number> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (lane.parkedUntil > now || now - lane.askedAt < askEvery) {
        return Effect.succeed(Math.max(lane.parkedUntil - now, 0))
      }
      lane.askedAt = now
      return Effect.map(Effect.zipRight(tell(lane), budgets.parkedUntil(lane.key)), (until) => {
        lane.parkedUntil = until
        return Math.max(until - now, 0)
      })
    })

  const paced = (lane: Lane): Effect.Effect<void> =>
    lane.spacing === 0 ? Effect.void : Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const at = Math.max(now, lane.nextAt)
      lane.nextAt = at + lane.spacing
      return at > now ? Effect.sleep(at - now) : Effect.void
    })

  const rateLimit = (lane: Lane, until: number): RateLimit =>
    new RateLimit({
      budget: lane.key,
      until: DateTime.unsafeMake(until),
      reason: lane.parkReason === "" ? "parked" : lane.parkReason
    })

  /** Parks the registry as its 429 asks, and gives the error that says so. */
  const parkFor = Effect.fn("OciRegistry.park")(function*(lane: Lane, headers: HeaderValues, reason: string) {
    const now = yield* Clock.currentTimeMillis
    const named = retryAfterOf(headers, now)
    // Those who were under way together are limited together: that is one limit.
    if (now >= lane.parkedUntil) lane.unnamed = Option.isSome(named) ? 0 : lane.unnamed + 1
    const until = Option.isSome(named) ? clampPark(named.value, now) : unnamedPark(lane.unnamed, now)
    lane.parkReason = reason
    lane.parkedUntil = Math.max(until, lane.parkedUntil)
    yield* budgets.park(lane.key, until, reason)
    return rateLimit(lane, lane.parkedUntil)
  })

  /** Takes in when a registry in trouble (5xx) wants to be asked again: its own time instead of ours. */
  const resumeAfter = (lane: Lane, headers: HeaderValues): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      lane.resumeAt = Option.getOrElse(retryAfterOf(headers, now), () => 0)
    })

  // Resolves to what the wait took, in milliseconds.
  const pass = (lane: Lane, waited: number): Effect.Effect<number, RateLimit> =>
    Effect.flatMap(parkOf(lane), (wait) => {
      if (wait <= 0) return Effect.succeed(0)
      const until = lane.parkedUntil
      if (waited + wait > longestWait) return Effect.fail(rateLimit(lane, until))
      const told = lane.toldUntil === until
      lane.toldUntil = until
      return (told ? Effect.void : Effect.logWarning(`${lane.key.service} asks to wait until ${iso(until)}`)).pipe(
        Effect.zipRight(budgets.gate(lane.key)),
        Effect.as(wait)
      )
    })

  const still = (lane: Lane): Effect.Effect<void, RateLimit> =>
    Effect.flatMap(parkOf(lane), (wait) => wait > 0 ? Effect.fail(rateLimit(lane, lane.parkedUntil)) : paced(lane))

  // Runs in one of the lane's places.
  const placed = <A>(lane: Lane, attempt: Effect.Effect<A, CensusError>): Effect.Effect<A, CensusError> =>
    lane.places.withPermit(Effect.acquireUseRelease(
      Effect.sync(() => {
        lane.flying += 1
        // The queue for a place may have been longer than it took to be parked.
        return lane.parkedUntil === 0 && lane.spacing === 0
      }),
      (free) => free ? attempt : Effect.zipRight(still(lane), attempt),
      () =>
        Effect.sync(() => {
          lane.flying -= 1
        })
      // Telling may be a write: the next request does not wait for it.
    )).pipe(Effect.ensuring(Effect.suspend(() => lane.flying === 0 ? tell(lane) : Effect.void)))

  /**
   * Runs an attempt within the lane's limits, and again within bounds where that can help: after a park that is short
   * enough, and after timeouts, broken connections and server errors. Other ends are final.
   */
  const run = <A>(
    lane: Lane,
    attempt: Effect.Effect<A, CensusError>,
    retries: number = options.retries
  ): Effect.Effect<A, CensusError> => {
    const go = (waited: number, failures: number): Effect.Effect<A, CensusError> =>
      Effect.flatMap(
        pass(lane, waited),
        (wait) =>
          Effect.catchAll(placed(lane, attempt), (error): Effect.Effect<A, CensusError> => {
            if (error._tag === "RATE_LIMIT") return go(waited + wait, failures)
            const again = error._tag === "TRANSIENT" && failures < retries &&
              (error.reason === "timeout" || error.reason === "network" || error.reason === "server")
            if (!again) return Effect.fail(error)
            return Effect.flatMap(pauseAfter(lane, failures + 1), (pause) =>
              pause > Math.max(longestWait, longestBackoff * 2)
                ? Effect.fail(error)
                : Effect.zipRight(Effect.sleep(pause), go(waited + wait, failures + 1)))
          })
      )
    return go(0, 0)
  }

  return { laneOf, parkFor, resumeAfter, run }
}

/** A registry that answers again has no row of limits behind it. */
export const relax = (lane: Lane): void => {
  lane.unnamed = 0
}

export type Lanes = ReturnType<typeof makeLanes>
