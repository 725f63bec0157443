/**
 * Between looks and store: holds what is claimed, writes findings in bulk, and on the way out writes what was seen and
 * gives the rest back.
 */
import { Duration, Effect, Ref, Schedule, type Scope } from "effect"
import { canonical } from "../../domain/ImageReference.js"
import type { WatchEvent } from "../../domain/WatchEvent.js"
import { type ClaimedWatch, type Recorded, type WatchFinding, WatchStore } from "../../services/WatchStore.js"
import { databaseBackoff } from "../sync/outbox.js"
import type { Signal } from "./signal.js"
import { plus, type WatchSummary } from "./WatchOptions.js"

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

const rowsPerWrite = 500
const flushEvery = Duration.millis(200)
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

/** Starts writing, for as long as the scope lives. `moved` is given when there is something to deliver. */
export const makeFindings = Effect.fn("watch.findings")(function*(
  summary: Ref.Ref<WatchSummary>,
  moved: Signal
): Effect.fn.Return<Findings, never, WatchStore | Scope.Scope> {
  const store = yield* WatchStore
  const held = new Map<string, ClaimedWatch>()
  const counts = new Map<string, number>()
  const waiting: Array<WatchFinding> = []
  const writing = yield* Effect.makeSemaphore(1)

  const letGo = ({ watch }: ClaimedWatch) => {
    if (!held.delete(watch.id)) return
    const { registry } = watch.reference
    const left = (counts.get(registry) ?? 0) - 1
    if (left > 0) counts.set(registry, left)
    else counts.delete(registry)
  }

  const write = Effect.suspend(() => {
    const batch = waiting.splice(0, rowsPerWrite)
    if (batch.length === 0) return Effect.void
    return store.record(batch).pipe(
      Effect.tapError((error) => Effect.logWarning("watch: a write failed", error.message)),
      Effect.retry({
        schedule: databaseBackoff,
        while: ({ reason }) => reason === "network" || reason === "timeout"
      }),
      Effect.matchEffect({
        // The watches of this write stay as they were: what moved is seen again when their leases have run out.
        onFailure: (error) => Effect.logError(`watch: ${batch.length} looks are lost`, error.message),
        onSuccess: (recorded) =>
          Ref.update(summary, (all) => plus(all, counted(batch, recorded))).pipe(
            Effect.zipRight(Effect.forEach(recorded.events, tell, { discard: true })),
            Effect.zipRight(recorded.events.length > 0 ? moved.give : Effect.void)
          )
      }),
      Effect.tap(() => Effect.sync(() => batch.forEach(({ claim }) => letGo(claim)))),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          waiting.unshift(...batch)
        })
      )
    )
  })
  const flush = writing.withPermits(1)(Effect.repeat(write, { while: () => waiting.length > 0 })).pipe(Effect.asVoid)

  const release = Effect.suspend(() => held.size === 0 ? Effect.void : store.release([...held.values()])).pipe(
    Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("watches were not given back", error.message))
  )
  yield* Effect.addFinalizer(() =>
    Effect.zipRight(
      Effect.interruptible(flush).pipe(Effect.timeoutOption(lastWrite)),
      Effect.interruptible(release).pipe(Effect.timeoutOption(lastRelease))
    )
  )
  yield* flush.pipe(Effect.repeat(Schedule.spaced(flushEvery)), Effect.forkScoped)

  return {
    hold: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) {
          const { registry } = claim.watch.reference
          if (!held.has(claim.watch.id)) counts.set(registry, (counts.get(registry) ?? 0) + 1)
          held.set(claim.watch.id, claim)
        }
      }),
    add: (findings) =>
      Effect.suspend(() => {
        waiting.push(...findings)
        return waiting.length >= rowsPerWrite ? flush : Effect.void
      }),
    held: (registry) => counts.get(registry) ?? 0,
    busy: () => [...counts.keys()],
    flush
  }
})
