/**
 * Discovery and refresh, together, as streams: claims flow into looks, looks share the Hub's lane, findings flow into
 * bulk writes. GitHub runs ahead so that the Hub is never idle while there is work for it.
 */
import { Chunk, Clock, Duration, Effect, Option, Ref, Schedule, type Scope, Stream } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"
import { dockerHub } from "../../domain/ImageReference.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import * as HubLane from "./HubLane.js"
import { lookAtImage, lookAtRepository } from "./looks.js"
import * as Recorder from "./Recorder.js"
import type { SyncOptions, SyncSummary } from "./SyncOptions.js"
import { SyncProgress } from "./SyncProgress.js"

// How many rows of a kind are under way at once. Discovery needs several GitHub batches per credential and, behind them,
// the candidates that wait for the Hub; refresh needs neighbours of one namespace side by side.
const discoveryAhead = 1000
const refreshAhead = 400

/** A run that is to end does not wait for ever for a database that is lost. */
const patience = Duration.minutes(10)

interface Job<C> {
  readonly name: string
  readonly claim: Effect.Effect<ReadonlyArray<C>, Transient>
  readonly work: (claim: C) => Effect.Effect<void, Auth, GitHubProbe>
  readonly ahead: number
}

// Claims page after page into one stream of looks; ends when a claim comes back empty. Returns how many were claimed.
const pass = <C>(job: Job<C>, once: boolean) => {
  const claim = job.claim.pipe(
    Effect.tapError((error) => Effect.logWarning(`${job.name}: the database does not answer`, error.message)),
    Effect.retry(once ? Schedule.upTo(Recorder.databaseBackoff, patience) : Recorder.databaseBackoff)
  )
  return Stream.repeatEffectChunkOption(
    claim.pipe(
      Effect.mapError(Option.some),
      Effect.flatMap((rows) => rows.length > 0 ? Effect.succeed(Chunk.fromIterable(rows)) : Effect.fail(Option.none()))
    )
  ).pipe(
    Stream.mapEffect((row) => job.work(row), { concurrency: job.ahead, unordered: true }),
    Stream.runCount
  )
}

/** What the run in progress has done so far: the summary at its end, also where a signal ended it. */
export const summarize = Effect.fn("Sync.summarize")(function*(): Effect.fn.Return<
  SyncSummary,
  never,
  RateBudgets | SyncProgress
> {
  const budgets = yield* RateBudgets
  const { discovery, refresh, startedAt } = yield* Ref.get(yield* SyncProgress)
  const states = yield* budgets.snapshot
  const sum = (service: string, of: "requests" | "points") =>
    states.filter((state) => state.key.service === service).reduce((total, state) => total + state[of], 0)
  return {
    discovery,
    refresh,
    requests: {
      github: { requests: sum("github", "requests"), points: sum("github", "points") },
      dockerhub: { requests: sum("dockerhub", "requests") }
    },
    seconds: ((yield* Clock.currentTimeMillis) - startedAt) / 1000
  }
})

/**
 * Runs discovery and refresh until nothing is due now (`once`), or for ever. Interrupting it writes what was learnt and
 * gives leases back, within two seconds. Fails with AUTH when a service refuses our credentials for everything, and with
 * TRANSIENT only where a run that is to end has lost its database for ten minutes.
 */
export const sync = Effect.fn("sync")(
  function*(options: SyncOptions): Effect.fn.Return<
    SyncSummary,
    Auth | Transient,
    GitHubProbe | DockerHubRegistry | RepoDockerStore | RateBudgets | ProcessBoard | SyncProgress | Scope.Scope
  > {
    const store = yield* RepoDockerStore
    const board = yield* ProcessBoard
    const progress = yield* SyncProgress
    const phase = (phase: string) => Ref.update(progress, (state) => ({ ...state, phase }))
    yield* Effect.addFinalizer(() => phase("stopped"))
    yield* Effect.addFinalizer(() => Effect.flatMap(Ref.get(progress), (state) => board.report("sync", state)))

    const recorder = yield* Recorder.make(options.lease)
    const lane = yield* HubLane.make()
    if (options.includeDeferred) yield* store.undefer({ repositories: options.discovery, images: options.refresh })

    const countDue = store.status({ discovery: options.discoveryInterval, refresh: options.refreshInterval }).pipe(
      Effect.zip(recorder.held),
      Effect.flatMap(([status, held]) =>
        Ref.update(progress, (state) => ({
          ...state,
          repositoriesDue: status.repositoriesDue + held.repositories,
          imagesDue: status.imagesDue + held.images
        }))
      ),
      Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("due rows were not counted", error.message))
    )
    // The first claims go before: counting a large table takes a moment.
    yield* countDue.pipe(Effect.repeat(Schedule.spaced("1 minute")), Effect.delay("1 second"), Effect.forkScoped)
    yield* Effect.flatMap(Ref.get(progress), (state) => board.report("sync", state)).pipe(
      Effect.repeat(Schedule.spaced("1 second")),
      Effect.forkScoped
    )

    const look = lookAtRepository(lane.ask, { registries: options.registries ?? [dockerHub] })
    // What is claimed is held at once: nothing may come between, or it would stay leased after a stop.
    const discovery: Job<Effect.Effect.Success<ReturnType<typeof store.claimRepositories>>[number]> = {
      name: "discovery",
      claim: Effect.tap(
        store.claimRepositories({
          limit: options.batchSize,
          lease: options.lease,
          interval: options.discoveryInterval
        }),
        recorder.holdRepositories
      ),
      work: (claim) => Effect.flatMap(look(claim), recorder.discovery),
      ahead: discoveryAhead
    }
    const refresh: Job<Effect.Effect.Success<ReturnType<typeof store.claimImages>>[number]> = {
      name: "refresh",
      claim: Effect.uninterruptible(Effect.tap(
        store.claimImages({ limit: options.batchSize, lease: options.lease, interval: options.refreshInterval }),
        recorder.holdImages
      )),
      work: (claim) => Effect.flatMap(lookAtImage(lane.ask)(claim), recorder.refresh),
      ahead: refreshAhead
    }

    const round = Effect.gen(function*() {
      yield* phase("working")
      const claimed = yield* Effect.all([
        options.discovery ? pass(discovery, options.once) : Effect.succeed(0),
        options.refresh ? pass(refresh, options.once) : Effect.succeed(0)
      ], { concurrency: "unbounded" })
      yield* recorder.drain
      return claimed[0] + claimed[1]
    })
    // A pass may outlast midnight or bring what is due at once; the run ends with a round that finds nothing.
    const untilNothingIsDue = Effect.repeat(round, { while: (claimed) => claimed > 0 })
    const busy = yield* Ref.make(0)
    const forEver = <C>(job: Job<C>) =>
      Effect.forever(
        Ref.update(busy, (jobs) => jobs + 1).pipe(
          Effect.zipRight(phase("working")),
          Effect.zipRight(pass(job, false)),
          Effect.zipRight(recorder.drain),
          Effect.zipRight(Ref.updateAndGet(busy, (jobs) => jobs - 1)),
          Effect.tap((jobs) => jobs === 0 ? phase("idle") : Effect.void),
          Effect.zipRight(Effect.sleep(options.idleSleep))
        )
      )
    yield* Effect.raceFirst(
      options.once
        ? untilNothingIsDue
        : Effect.all([
          options.discovery ? forEver(discovery) : Effect.void,
          options.refresh ? forEver(refresh) : Effect.void
        ], { concurrency: "unbounded", discard: true }),
      lane.serve
    )
    yield* recorder.drain

    return yield* summarize()
  },
  Effect.scoped
)
