/**
 * Looking at what is due: claims flow into groups by registry, which run beside each other, so a registry that is slow or
 * asks to wait delays its own references alone.
 */
import { Array as Arr, Clock, DateTime, Duration, Effect, Either, FiberSet, Option, Random, Schedule } from "effect"
import { lookDelay } from "../../domain/Backoff.js"
import type { RateLimit } from "../../domain/Errors.js"
import { canonical } from "../../domain/ImageReference.js"
import type { LookResult } from "../../domain/WatchState.js"
import { contained } from "../../layers/contained.js"
import { DigestWatcher } from "../../services/DigestWatcher.js"
import { type ClaimedWatch, type WatchFinding, WatchStore } from "../../services/WatchStore.js"
import { databaseBackoff } from "../sync/outbox.js"
import type { Findings } from "./findings.js"
import { makeSignal } from "./signal.js"
import type { WatchOptions } from "./WatchOptions.js"

const rowsPerClaim = 250
/** Claimed watches of one registry; what is behind them waits in the database, where other processes can take it. */
const heldPerRegistry = 250
/** What was put off to one instant is spread over so much longer, as a share of the wait. */
const spread = 0.1

/** A run that is to end does not wait for ever for a database that is lost. */
const patience = Duration.minutes(10)

type Group = Arr.NonEmptyReadonlyArray<ClaimedWatch>

/** When to look again. `stray` is drawn from -1 to 1. */
const nextLook = (claim: ClaimedWatch, at: number, result: LookResult, jitter: number, stray: number): number => {
  const interval = Duration.toMillis(claim.watch.every)
  return result._tag === "Deferred"
    ? at + lookDelay(interval, claim.state.attempts + 1, jitter === 0 ? 0 : Math.abs(stray))
    : at + Math.round(interval * (1 + stray * jitter))
}

const groupsOf = (claims: ReadonlyArray<ClaimedWatch>, key: (claim: ClaimedWatch) => string): ReadonlyArray<Group> =>
  Object.values(Arr.groupBy(claims, key))

/** Looks at everything once (`once`), or for ever at what is due. Interrupted, it lets go of what it holds. */
export const runLooks = Effect.fn("watch.looks")(function*(options: WatchOptions, findings: Findings) {
  const store = yield* WatchStore
  const watcher = yield* DigestWatcher
  const since = options.once ? yield* Clock.currentTimeMillis : undefined
  const parked = new Map<string, number>()
  const changed = yield* makeSignal
  const groups = yield* FiberSet.make()

  const finding = Effect.fnUntraced(function*(claim: ClaimedWatch, result: LookResult) {
    const at = yield* Clock.currentTimeMillis
    const stray = yield* Random.nextRange(-1, 1)
    return { claim, observation: { at, next: nextLook(claim, at, result, options.jitter, stray), result } }
  })

  // The registry says when: nobody asks before, and not all at that very instant.
  const putOff = Effect.fnUntraced(function*(claim: ClaimedWatch, until: number) {
    const at = yield* Clock.currentTimeMillis
    const later = options.jitter === 0 ? 0 : yield* Random.nextRange(0, (until - at) * spread)
    const problem = `${claim.watch.reference.registry} asks to wait until ${
      DateTime.formatIso(DateTime.unsafeMake(until))
    }`
    const result: LookResult = { _tag: "Deferred", problem, parked: true }
    return { claim, observation: { at, next: Math.round(until + later), result } } satisfies WatchFinding
  })

  const park = (registry: string, { until }: RateLimit) =>
    Effect.sync(() => {
      const end = Math.max(DateTime.toEpochMillis(until), parked.get(registry) ?? 0)
      parked.set(registry, end)
      return end
    })

  const lookAt = Effect.fnUntraced(function*(group: Group) {
    const { registry } = group[0].watch.reference
    const now = yield* Clock.currentTimeMillis
    const end = parked.get(registry) ?? 0
    if (end > now) return yield* Effect.flatMap(Effect.forEach(group, (claim) => putOff(claim, end)), findings.add)
    const found = yield* Effect.suspend(() => watcher.look(group)).pipe(
      contained("watch", canonical(group[0].watch.reference)),
      Effect.matchEffect({
        onFailure: (error) =>
          Effect.flatMap(park(registry, error), (until) => Effect.forEach(group, (claim) => putOff(claim, until))),
        onSuccess: Either.match({
          onLeft: (problem) =>
            Effect.forEach(group, (claim) => finding(claim, { _tag: "Deferred", problem, parked: false })),
          onRight: (results) => Effect.forEach(Arr.zip(group, results), ([claim, result]) => finding(claim, result))
        })
      })
    )
    yield* findings.add(found)
  })

  const lookAtRegistry = (claims: ReadonlyArray<ClaimedWatch>) =>
    Effect.forEach(groupsOf(claims, ({ watch }) => canonical(watch.reference)), lookAt, {
      concurrency: options.looksPerRegistry,
      discard: true
    }).pipe(Effect.ensuring(changed.give))

  const crowded = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const [registry, until] of parked) if (until <= now) parked.delete(registry)
    const full = findings.busy().filter((registry) => findings.held(registry) >= heldPerRegistry)
    return [...new Set([...parked.keys(), ...full])]
  })

  const claim = Effect.gen(function*() {
    const without = yield* crowded
    const claims = yield* Effect.uninterruptible(Effect.tap(
      store.claim({ limit: rowsPerClaim, lease: options.lease, without, since }),
      findings.hold
    ))
    yield* Effect.forEach(
      groupsOf(claims, ({ watch }) => watch.reference.registry),
      (group) => FiberSet.run(groups, lookAtRegistry(group)),
      { discard: true }
    )
    return claims.length
  }).pipe(
    Effect.tapError((error) => Effect.logWarning("watch: the database does not answer", error.message)),
    Effect.retry(options.once ? Schedule.upTo(databaseBackoff, patience) : databaseBackoff)
  )

  const pause = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const due = yield* store.nextDue(yield* crowded)
    const ends = [...parked.values()]
    const next = Math.min(...ends, ...Option.toArray(due), now + Duration.toMillis(options.poll))
    yield* changed.wait(Duration.millis(Math.max(next - now, 1)))
  }).pipe(Effect.catchTag("TRANSIENT", () => Effect.sleep(options.poll)))

  const settled = FiberSet.awaitEmpty(groups).pipe(Effect.zipRight(findings.flush))

  const untilNothingIsDue: Effect.Effect<void, Effect.Effect.Error<typeof claim>> = Effect.flatMap(claim, (count) => {
    if (count > 0) return untilNothingIsDue
    return findings.busy().length === 0
      ? Effect.void
      : Effect.zipRight(settled, untilNothingIsDue)
  })

  return yield* options.once
    ? untilNothingIsDue
    : Effect.forever(Effect.flatMap(claim, (count) => count > 0 ? Effect.void : pause))
}, Effect.scoped)
