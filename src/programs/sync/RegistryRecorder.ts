/**
 * As `Recorder`, for looks at registries and at what images say: holds what is claimed, lengthens its leases, writes
 * findings in bulk, and on the way out writes what was learnt and gives the rest back.
 */
import { Duration, Effect, Ref, Schedule, type Scope } from "effect"
import type { CheckFinding, ClaimedCheck, ClaimedSource, SourceFinding } from "../../domain/RegistryCheck.js"
import { contained } from "../../layers/contained.js"
import { LinkStore } from "../../services/LinkStore.js"
import { count } from "./counts.js"
import * as Outbox from "./outbox.js"
import { flushEvery, lastRelease, lastWrite } from "./Recorder.js"
import { SyncProgress } from "./SyncProgress.js"

/** Takes claims and findings; everything else happens behind it. */
export interface RegistryRecorder {
  readonly holdChecks: (claims: ReadonlyArray<ClaimedCheck>) => Effect.Effect<void>
  readonly holdSources: (claims: ReadonlyArray<ClaimedSource>) => Effect.Effect<void>
  readonly check: (finding: CheckFinding) => Effect.Effect<void>
  readonly source: (finding: SourceFinding) => Effect.Effect<void>
  /** Writes everything that was handed in so far; waits out a lost database. */
  readonly drain: Effect.Effect<void>
}

const rowOf = ({ claim }: CheckFinding | SourceFinding) => ({ subject: claim.image, attempts: claim.attempts })

/** Starts a recorder that lives as long as the scope. `lease` is what claims are lengthened to. */
export const make = Effect.fn("RegistryRecorder.make")(function*(lease: Duration.Duration): Effect.fn.Return<
  RegistryRecorder,
  never,
  LinkStore | SyncProgress | Scope.Scope
> {
  const store = yield* LinkStore
  const progress = yield* SyncProgress
  const checks = new Map<string, ClaimedCheck>()
  const sources = new Map<string, ClaimedSource>()
  const writing = yield* Effect.makeSemaphore(1)

  const check = Outbox.make<CheckFinding>({
    job: "registries",
    record: store.recordChecks,
    written: (findings) => Ref.update(progress, count.checks(findings)),
    letGo: ({ claim }) => checks.delete(claim.image),
    rowOf,
    deferred: (finding, result) => ({ ...finding, result })
  })
  const source = Outbox.make<SourceFinding>({
    job: "verification",
    record: store.recordSources,
    written: (findings) => Ref.update(progress, count.sources(findings)),
    letGo: ({ claim }) => sources.delete(claim.image),
    rowOf,
    deferred: (finding, result) => ({ ...finding, result })
  })

  const held = () => ({ checks: [...checks.values()], sources: [...sources.values()] })
  const onHeld = (
    change: (claims: ReturnType<typeof held>) => ReturnType<typeof store.releaseLeases>,
    failed: string
  ) =>
    Effect.suspend(() => checks.size + sources.size === 0 ? Effect.void : change(held())).pipe(
      Effect.catchTag("TRANSIENT", (error) => Effect.logWarning(failed, error.message))
    )
  const drain = writing.withPermits(1)(Effect.zipRight(check.flush, source.flush))

  yield* Effect.addFinalizer(() =>
    Effect.interruptible(drain).pipe(
      Effect.timeoutOption(lastWrite),
      Effect.zipRight(
        Effect.interruptible(onHeld(store.releaseLeases, "leases were not given back")).pipe(
          Effect.timeoutOption(lastRelease)
        )
      )
    )
  )
  yield* drain.pipe(
    contained("sync", "writing findings of registries"),
    Effect.repeat(Schedule.spaced(flushEvery)),
    Effect.forkScoped
  )
  yield* onHeld((claims) => store.extendLeases(claims, lease), "leases were not lengthened").pipe(
    contained("sync", "lengthening leases of registries"),
    Effect.schedule(Schedule.spaced(Duration.times(lease, 1 / 3))),
    Effect.forkScoped
  )

  return {
    holdChecks: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) checks.set(claim.image, claim)
      }),
    holdSources: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) sources.set(claim.image, claim)
      }),
    check: check.add,
    source: source.add,
    drain
  }
})
