/**
 * Between looks and store: holds what is claimed, writes findings in bulk, and on the way out writes what was seen and
 * gives the rest back.
 */
import { Duration, Effect, type Scope } from "effect"
import { canonical } from "../../domain/ImageReference.js"
import type { WatchEvent } from "../../domain/WatchEvent.js"
import { roundsOf } from "../../layers/contained.js"
import { type ClaimedWatch, type Recorded, type WatchFinding, WatchStore } from "../../services/WatchStore.js"
import * as Outbox from "../sync/outbox.js"
import { makeSignal, type Signal } from "./signal.js"
import type { WatchSummary } from "./WatchOptions.js"

export interface Findings {
  readonly hold: (claims: ReadonlyArray<ClaimedWatch>) => Effect.Effect<void>
  readonly add: (findings: ReadonlyArray<WatchFinding>) => Effect.Effect<void>
  /** How many watches of a registry are claimed and not yet written. */
  readonly held: (registry: string) => number
  /** Registries of which something is held. */
  readonly busy: () => ReadonlyArray<string>
  /** Writes everything that was handed in so far. */
  readonly flush: Effect.Effect<void>
}

/** What is seen within this time is written together. */
const gatherFor = Duration.millis(200)
const lastWrite = Duration.millis(800)
const lastRelease = Duration.millis(400)

const tell = ({ detail, reference }: WatchEvent) =>
  detail._tag === "Moved"
    ? Effect.logInfo(`${canonical(reference)} moved from ${detail.from} to ${detail.to}`)
    : Effect.void

const counted = (batch: ReadonlyArray<WatchFinding>, recorded: Recorded): Partial<WatchSummary> => {
  const count = (tag: string) => batch.filter(({ observation }) => observation.result._tag === tag).length
  return {
    looked: count("Seen") + count("Unseen"),
    unseen: count("Unseen"),
    deferred: count("Deferred"),
    seeded: recorded.seeded,
    moved: recorded.events.length,
    elsewhere: recorded.elsewhere
  }
}

/** Starts writing, for as long as the scope lives. `count` is told of what was written, `moved` given when there is something to deliver. */
export const makeFindings = Effect.fn("watch.findings")(function*(
  count: (more: Partial<WatchSummary>) => Effect.Effect<void>,
  moved: Signal
): Effect.fn.Return<Findings, never, WatchStore | Scope.Scope> {
  const store = yield* WatchStore
  const held = new Map<string, ClaimedWatch>()
  const counts = new Map<string, number>()
  const added = yield* makeSignal
  const writing = yield* Effect.makeSemaphore(1)

  const told = (batch: ReadonlyArray<WatchFinding>, recorded: Recorded) =>
    count(counted(batch, recorded)).pipe(
      Effect.zipRight(Effect.forEach(recorded.events, tell, { discard: true })),
      Effect.zipRight(recorded.events.length > 0 ? moved.give : Effect.void)
    )

  const letGo = ({ watch }: ClaimedWatch) => {
    if (!held.delete(watch.id)) return
    const { registry } = watch.reference
    const left = (counts.get(registry) ?? 0) - 1
    if (left > 0) counts.set(registry, left)
    else counts.delete(registry)
  }

  const waiting = Outbox.make<WatchFinding>({
    job: "watch",
    record: (batch) => Effect.tap(store.record(batch), (recorded) => told(batch, recorded)),
    written: () => Effect.void,
    letGo: ({ claim }) => letGo(claim),
    rowOf: ({ claim: { state, watch } }) => ({ subject: canonical(watch.reference), attempts: state.attempts }),
    deferred: ({ claim, observation: { at } }, { notBefore, reason }) => ({
      claim,
      observation: { at, next: notBefore, result: { _tag: "Deferred", problem: reason, parked: false } }
    })
  })
  const flush = writing.withPermits(1)(waiting.flush)

  const release = Effect.suspend(() => held.size === 0 ? Effect.void : store.release([...held.values()])).pipe(
    Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("watches were not given back", error.message))
  )
  yield* Effect.addFinalizer(() =>
    Effect.zipRight(
      Effect.interruptible(flush).pipe(Effect.timeoutOption(lastWrite)),
      Effect.interruptible(release).pipe(Effect.timeoutOption(lastRelease))
    )
  )
  yield* added.wait(Duration.infinity).pipe(
    Effect.zipRight(Effect.sleep(gatherFor)),
    Effect.zipRight(flush),
    roundsOf("watch", "writing what was seen"),
    Effect.forkScoped
  )

  return {
    hold: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) {
          const { registry } = claim.watch.reference
          if (!held.has(claim.watch.id)) counts.set(registry, (counts.get(registry) ?? 0) + 1)
          held.set(claim.watch.id, claim)
        }
      }),
    add: (findings) => Effect.zipRight(Effect.forEach(findings, waiting.add, { discard: true }), added.give),
    held: (registry) => counts.get(registry) ?? 0,
    busy: () => [...counts.keys()],
    flush
  }
})
