/**
 * Delivering what the outbox holds, several at once, each under a lease: what a killed process had under way is delivered
 * again, under the same id.
 */
import { Clock, DateTime, Duration, Effect, Either, FiberSet, Option, Random, Schedule } from "effect"
import { deliveryDelay } from "../../domain/Backoff.js"
import { canonical } from "../../domain/ImageReference.js"
import { describeAction } from "../../domain/Watch.js"
import type { Attempt } from "../../domain/WatchDelivery.js"
import { contained } from "../../layers/contained.js"
import { type ActionResult, WatchActions } from "../../services/WatchActions.js"
import { type ClaimedDelivery, WatchStore } from "../../services/WatchStore.js"
import { databaseBackoff, isLost, isUnfit, unfitReason } from "../sync/outbox.js"
import { makeSignal, type Signal } from "./signal.js"
import type { WatchOptions, WatchSummary } from "./WatchOptions.js"

/** What a receiver asks for is believed up to here. */
const longestRetryAfter = Duration.toMillis(Duration.days(1))
/** Milliseconds: what is due and could not be claimed is being claimed by another process, or has lost its action. */
const shortest = 250
const lastRelease = Duration.millis(400)

const when = (result: ActionResult, attempts: number, at: number, jitter: number): number => {
  const asked = Option.map(result.retryAt, (until) => Math.min(until, at + longestRetryAfter))
  return Math.max(at + deliveryDelay(attempts, jitter), Option.getOrElse(asked, () => 0))
}

const words = ({ action, event }: ClaimedDelivery): string =>
  `${event.type} of ${canonical(event.reference)} to ${describeAction(action)}`

/** Delivers until nothing can be delivered now (`once`), or for ever. `news` says that there may be more. */
export const runDeliveries = Effect.fn("watch.deliveries")(function*(
  options: WatchOptions,
  count: (more: Partial<WatchSummary>) => Effect.Effect<void>,
  news: Signal
) {
  const store = yield* WatchStore
  const actions = yield* WatchActions
  const held = new Set<ClaimedDelivery>()
  const ended = yield* makeSignal
  const fibers = yield* FiberSet.make()

  const write = (claim: ClaimedDelivery, attempt: Attempt) =>
    Effect.suspend(() => store.settle([{ claim, attempt }], options.attempts)).pipe(
      Effect.tapError((error) => Effect.logWarning("watch: a delivery was not written", error.message)),
      Effect.retry({ schedule: databaseBackoff, while: isLost })
    )

  const settle = Effect.fnUntraced(function*(claim: ClaimedDelivery, result: ActionResult) {
    const at = yield* Clock.currentTimeMillis
    const notBefore = when(result, claim.attempts + 1, at, yield* Random.next)
    const attempt = { at, ok: result.ok, result: result.result, output: result.output, notBefore }
    // What the action said cannot be written: without it, the attempt counts as it ended, or it would be made for ever.
    const settled = yield* Effect.catchAllCause(write(claim, attempt), (cause) =>
      isUnfit(cause)
        ? Effect.flatMap(unfitReason("deliveries", words(claim), cause), (reason) =>
          write(claim, { ...attempt, result: reason, output: Option.none() }))
        : Effect.failCause(cause))
    yield* count(settled)
    if (settled.delivered > 0) return yield* Effect.logInfo(`delivered ${words(claim)}: ${result.result}`)
    if (settled.dead > 0) {
      return yield* Effect.logError(
        `set aside ${words(claim)}: ${result.result}; image-census watch retry ${claim.event.id} tries again`
      )
    }
    yield* Effect.logWarning(
      `${words(claim)} failed: ${result.result}; again at ${DateTime.formatIso(DateTime.unsafeMake(notBefore))}`
    )
  })

  const deliver = (claim: ClaimedDelivery) =>
    Effect.suspend(() => actions.deliver(claim.event, claim.action)).pipe(
      contained("deliveries", words(claim)),
      Effect.map(Either.getOrElse((result): ActionResult => ({
        ok: false,
        result,
        output: Option.none(),
        retryAt: Option.none()
      }))),
      Effect.flatMap((result) => Effect.uninterruptible(settle(claim, result))),
      // Its lease runs out, and it is delivered again.
      Effect.catchTag("TRANSIENT", (error) => Effect.logError("watch: a delivery was not written", error.message)),
      contained("deliveries", words(claim)),
      Effect.tap(() => Effect.sync(() => held.delete(claim))),
      Effect.ensuring(ended.give)
    )

  const release = Effect.suspend(() => held.size === 0 ? Effect.void : store.releaseDeliveries([...held])).pipe(
    Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("deliveries were not given back", error.message)),
    Effect.interruptible,
    Effect.timeoutOption(lastRelease)
  )
  yield* Effect.addFinalizer(() => Effect.zipRight(FiberSet.clear(fibers), release))

  const start = Effect.gen(function*() {
    const free = options.concurrency - held.size
    if (free <= 0) return 0
    const claims = yield* Effect.uninterruptible(Effect.tap(
      store.claimDeliveries({ limit: free, lease: options.deliveryLease }),
      (claims) => Effect.sync(() => claims.forEach((claim) => held.add(claim)))
    ))
    yield* Effect.forEach(claims, (claim) => FiberSet.run(fibers, deliver(claim)), { discard: true })
    return claims.length
  }).pipe(
    Effect.tapError((error) => Effect.logWarning("watch: the database does not answer", error.message)),
    Effect.retry(options.once ? Schedule.upTo(databaseBackoff, "10 minutes") : databaseBackoff)
  )

  const woken = (longest: Duration.Duration) => Effect.raceFirst(ended.wait(longest), news.wait(longest))

  const pause = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const poll = Duration.toMillis(options.poll)
    const next = held.size >= options.concurrency ? Option.none() : yield* store.nextDelivery
    const wait = Option.match(next, { onNone: () => poll, onSome: (at) => Math.max(at - now, shortest) })
    yield* woken(Duration.millis(Math.min(wait, poll)))
  }).pipe(Effect.catchTag("TRANSIENT", () => woken(options.poll)))

  const untilNothingIsLeft: Effect.Effect<void, Effect.Effect.Error<typeof start>> = Effect.flatMap(start, (count) => {
    if (count > 0) return untilNothingIsLeft
    return held.size === 0 ? Effect.void : Effect.zipRight(woken(options.poll), untilNothingIsLeft)
  })

  return yield* options.once
    ? untilNothingIsLeft
    : Effect.forever(Effect.flatMap(start, (count) => count > 0 ? Effect.void : pause))
}, Effect.scoped)
