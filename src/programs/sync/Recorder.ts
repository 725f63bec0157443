/**
 * Between the looks and the store: holds what is claimed, lengthens its leases, writes findings in bulk, and on the way
 * out writes what was learnt and gives the rest back.
 */
import { Duration, Effect, Ref, Schedule, type Scope } from "effect"
import type { ClaimedImage, ClaimedRepository, DiscoveryFinding, RefreshFinding } from "../../domain/Finding.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { contained } from "../../layers/contained.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { count } from "./counts.js"
import * as Outbox from "./outbox.js"
import { SyncProgress } from "./SyncProgress.js"

interface Claims {
  readonly repositories: ReadonlyArray<ClaimedRepository>
  readonly images: ReadonlyArray<ClaimedImage>
}

/** Takes claims and findings; everything else happens behind it. */
export interface Recorder {
  readonly holdRepositories: (claims: ReadonlyArray<ClaimedRepository>) => Effect.Effect<void>
  readonly holdImages: (claims: ReadonlyArray<ClaimedImage>) => Effect.Effect<void>
  readonly discovery: (finding: DiscoveryFinding) => Effect.Effect<void>
  readonly refresh: (finding: RefreshFinding) => Effect.Effect<void>
  /** Gives back what was claimed and not looked at; where the database does not answer, its leases lapse. */
  readonly giveBack: (claims: Claims) => Effect.Effect<void>
  /** How many rows are claimed and not yet written: the store does not count them as due. */
  readonly held: Effect.Effect<{ readonly repositories: number; readonly images: number }>
  /** Writes everything that was handed in so far; waits out a lost database. */
  readonly drain: Effect.Effect<void>
}

/** How often findings are written, and how long the last write and the giving back of leases may take. */
export const flushEvery = Duration.seconds(1)
export const lastWrite = Duration.millis(800)
export const lastRelease = Duration.millis(400)

/** Starts a recorder that lives as long as the scope. `lease` is what claims are lengthened to. */
export const make = Effect.fn("Recorder.make")(function*(lease: Duration.Duration): Effect.fn.Return<
  Recorder,
  never,
  RepoDockerStore | SyncProgress | Scope.Scope
> {
  const store = yield* RepoDockerStore
  const progress = yield* SyncProgress
  const heldRepositories = new Map<string, ClaimedRepository>()
  const heldImages = new Map<string, ClaimedImage>()
  const writing = yield* Effect.makeSemaphore(1)

  const discovery = Outbox.make<DiscoveryFinding>({
    job: "discovery",
    record: store.recordDiscovery,
    written: (findings) => Ref.update(progress, count.discovery(findings)),
    letGo: ({ claim }) => heldRepositories.delete(claim.id),
    rowOf: ({ claim }) => ({ subject: fullName(claim.repository), attempts: claim.attempts }),
    deferred: ({ at, claim }, result) => ({ at, claim, result })
  })
  const refresh = Outbox.make<RefreshFinding>({
    job: "refresh",
    record: store.recordRefresh,
    written: (findings) => Ref.update(progress, count.refresh(findings)),
    letGo: ({ claim }) => heldImages.delete(claim.image),
    rowOf: ({ claim }) => ({ subject: claim.image, attempts: claim.attempts }),
    deferred: ({ at, claim }, result) => ({ at, claim, result })
  })

  const held = () => ({ repositories: [...heldRepositories.values()], images: [...heldImages.values()] })
  const drain = writing.withPermits(1)(Effect.zipRight(discovery.flush, refresh.flush))

  const giveBack = (claims: Claims) =>
    Effect.suspend(() => {
      for (const { id } of claims.repositories) heldRepositories.delete(id)
      for (const { image } of claims.images) heldImages.delete(image)
      return claims.repositories.length + claims.images.length === 0 ? Effect.void : store.releaseLeases(claims)
    }).pipe(Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("leases were not given back", error.message)))

  const leave = Effect.gen(function*() {
    yield* Effect.interruptible(drain).pipe(Effect.timeoutOption(lastWrite))
    yield* Effect.interruptible(Effect.suspend(() => giveBack(held()))).pipe(Effect.timeoutOption(lastRelease))
  })

  yield* Effect.addFinalizer(() => leave)
  yield* drain.pipe(
    contained("sync", "writing findings"),
    Effect.repeat(Schedule.spaced(flushEvery)),
    Effect.forkScoped
  )
  yield* Effect.suspend(() => store.extendLeases(held(), lease)).pipe(
    Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("leases were not lengthened", error.message)),
    contained("sync", "lengthening leases"),
    Effect.schedule(Schedule.spaced(Duration.times(lease, 1 / 3))),
    Effect.forkScoped
  )

  return {
    holdRepositories: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) heldRepositories.set(claim.id, claim)
      }),
    holdImages: (claims) =>
      Effect.sync(() => {
        for (const claim of claims) heldImages.set(claim.image, claim)
      }),
    discovery: discovery.add,
    refresh: refresh.add,
    giveBack,
    held: Effect.sync(() => ({ repositories: heldRepositories.size, images: heldImages.size })),
    drain
  }
})
