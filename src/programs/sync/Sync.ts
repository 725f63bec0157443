/**
 * Discovery, refresh and registries, together, as streams: claims flow into looks, looks share the Hub's lane, findings
 * flow into bulk writes. GitHub runs ahead so that the Hub is never idle while there is work for it.
 */
import { Clock, Deferred, Duration, Effect, Ref, Schedule, type Scope } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"
import type { ClaimedImage, ClaimedRepository } from "../../domain/Finding.js"
import { dockerHub } from "../../domain/ImageReference.js"
import { contained } from "../../layers/contained.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import * as HubLane from "./HubLane.js"
import { lookAtImage, lookAtRepository } from "./looks.js"
import { type Lane, pass } from "./Pass.js"
import * as Recorder from "./Recorder.js"
import * as RegistryLanes from "./RegistryLanes.js"
import type { SyncOptions, SyncSummary } from "./SyncOptions.js"
import { SyncProgress } from "./SyncProgress.js"
import { whileRefused } from "./whileRefused.js"

// How many rows of a kind are under way at once. Discovery needs several GitHub batches per credential and, behind them,
// the candidates that wait for the Hub; refresh needs neighbours of one namespace side by side.
const discoveryAhead = 500
const refreshAhead = 400

/** How often lanes look for new work while discovery runs. */
const laneSleep = Duration.seconds(1)

/** What the run in progress has done so far: the summary at its end, also where a signal ended it. */
export const summarize = Effect.fn("Sync.summarize")(function*(): Effect.fn.Return<
  SyncSummary,
  never,
  RateBudgets | SyncProgress
> {
  const budgets = yield* RateBudgets
  const { discovery, refresh, registries, startedAt } = yield* Ref.get(yield* SyncProgress)
  const states = yield* budgets.snapshot
  const sum = (service: string, of: "requests" | "points") =>
    states.filter((state) => state.key.service === service).reduce((total, state) => total + state[of], 0)
  return {
    discovery,
    refresh,
    registries,
    requests: {
      github: { requests: sum("github", "requests"), points: sum("github", "points") },
      dockerhub: { requests: sum("dockerhub", "requests") },
      registries: [...new Set(states.map(({ key }) => key.service))]
        .filter((service) => service !== "github" && service !== "dockerhub")
        .map((service) => ({ service, requests: sum(service, "requests") }))
    },
    seconds: ((yield* Clock.currentTimeMillis) - startedAt) / 1000
  }
})

/**
 * Runs discovery and refresh until nothing is due now (`once`), or for ever. Interrupting it writes what was learnt and
 * gives leases back, within two seconds. A run that is to end fails with AUTH when a service refuses our credentials for
 * everything, and with TRANSIENT where it has lost its database for ten minutes; any other goes on with the rest.
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

    const lane = yield* HubLane.make()
    // Both have the same short while to write what was learnt.
    const [recorder, registries] = yield* Effect.parallelFinalizers(
      Effect.all([Recorder.make(options.lease), RegistryLanes.make(lane.ask, options)])
    )
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
    yield* countDue.pipe(
      contained("sync", "counting due rows"),
      Effect.repeat(Schedule.spaced("1 minute")),
      Effect.delay("1 second"),
      Effect.forkScoped
    )
    yield* Effect.flatMap(Ref.get(progress), (state) => board.report("sync", state)).pipe(
      Effect.repeat(Schedule.spaced("1 second")),
      Effect.forkScoped
    )

    const look = lookAtRepository(lane.ask, { registries: options.registries ?? [dockerHub] })
    // What is claimed is held at once: nothing may come between, or it would stay leased after a stop.
    const discovery: Lane<ClaimedRepository, GitHubProbe> = {
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
    const refresh: Lane<ClaimedImage, never> = {
      name: "refresh",
      claim: Effect.uninterruptible(Effect.tap(
        store.claimImages({ limit: options.batchSize, lease: options.lease, interval: options.refreshInterval }),
        recorder.holdImages
      )),
      work: (claim) => Effect.flatMap(lookAtImage(lane.ask)(claim), recorder.refresh),
      ahead: refreshAhead
    }

    const drain = Effect.zipRight(recorder.drain, registries.drain)

    // What discovery reads in files is due at registries at once: lanes go on until it has ended, and once more.
    const beside = Effect.fnUntraced(function*(lane: RegistryLanes.RegistryLane, ended: Deferred.Deferred<void>) {
      let claimed = 0
      while (!(yield* Deferred.isDone(ended))) {
        const [took, count] = yield* Effect.timed(lane(true))
        claimed += count
        // On a large database, to find that nothing is due takes a while: that must not become its main work.
        const pause = count > 0 ? laneSleep : Duration.max(laneSleep, Duration.times(took, 20))
        yield* Effect.raceFirst(Deferred.await(ended), Effect.sleep(pause))
      }
      return claimed + (yield* lane(true))
    })
    const round = Effect.gen(function*() {
      yield* phase("working")
      const ended = yield* Deferred.make<void>()
      const main = Effect.all([
        options.discovery ? pass(discovery, options.once) : Effect.succeed(0),
        options.refresh ? pass(refresh, options.once) : Effect.succeed(0)
      ], { concurrency: "unbounded" }).pipe(
        Effect.zipLeft(recorder.drain),
        Effect.zipLeft(Deferred.succeed(ended, undefined))
      )
      const claimed = yield* Effect.all([
        Effect.map(main, ([repositories, images]) => repositories + images),
        ...registries.lanes.map((lane) => beside(lane, ended))
      ], { concurrency: "unbounded" })
      yield* drain
      return claimed.reduce((sum, count) => sum + count, 0)
    })
    // A pass may outlast midnight or bring what is due at once; the run ends with a round that finds nothing.
    const untilNothingIsDue = Effect.repeat(round, { while: (claimed) => claimed > 0 })
    const busy = yield* Ref.make(0)
    const forEver = <R>(work: Effect.Effect<number, Auth | Transient, R>) =>
      Effect.forever(
        Ref.update(busy, (jobs) => jobs + 1).pipe(
          Effect.zipRight(phase("working")),
          Effect.zipRight(work),
          Effect.zipRight(drain),
          Effect.zipRight(Ref.updateAndGet(busy, (jobs) => jobs - 1)),
          Effect.tap((jobs) => jobs === 0 ? phase("idle") : Effect.void),
          Effect.zipRight(Effect.sleep(options.idleSleep))
        )
      )
    const [patientDiscovery, patientRefresh] = yield* Effect.all([
      whileRefused(discovery, (claim) => recorder.giveBack({ repositories: [claim], images: [] })),
      whileRefused(refresh, (claim) => recorder.giveBack({ repositories: [], images: [claim] }))
    ])
    yield* Effect.raceFirst(
      options.once
        ? untilNothingIsDue
        : Effect.all([
          options.discovery ? forEver(pass(patientDiscovery, false)) : Effect.void,
          options.refresh ? forEver(pass(patientRefresh, false)) : Effect.void,
          ...registries.lanes.map((lane) => forEver(lane(false)))
        ], { concurrency: "unbounded", discard: true }),
      lane.serve
    )
    yield* drain

    return yield* summarize()
  },
  Effect.scoped
)
