/**
 * What people ask for out of turn: a repository's check, an image's refresh. Taken in at once and done one after the
 * other, with the budgets and parks of everybody else, so that nobody waits for a park at an open connection.
 */
import { Context, Effect, Layer, Queue, Ref } from "effect"
import type { Duration } from "effect"
import { Transient } from "../../domain/Errors.js"
import type { RepositoryName } from "../../domain/GitHubRepository.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { contained } from "../../layers/contained.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import type { LinkStore } from "../../services/LinkStore.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import type { QuayApi } from "../../services/QuayApi.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { discover, type DiscoverOptions } from "../sync/Discover.js"
import * as HubLane from "../sync/HubLane.js"
import { lookAtImage } from "../sync/looks.js"
import * as SyncProgress from "../sync/SyncProgress.js"
import { Conflict } from "./api/problems.js"

/** Takes requests; each answer is how many are done before this one. */
export class OnDemand extends Context.Tag("image-census/OnDemand")<OnDemand, {
  readonly check: (repository: RepositoryName) => Effect.Effect<number, Conflict | Transient>
  readonly refresh: (image: string, registry: string) => Effect.Effect<number, Conflict | Transient>
}>() {}

/** How requests are done. */
export interface OnDemandOptions {
  /** How long a repository that is being looked at is claimed. */
  readonly lease: Duration.Duration
  /** Is there a credential for GitHub? */
  readonly github: boolean
  /** Where images of a repository are looked for. */
  readonly discover: DiscoverOptions
}

const longestQueue = 1000
const dockerHub = "docker.io"

const full = new Transient({
  service: "image-census",
  reason: "limits",
  message: `${longestQueue} requests are waiting already; try again later`
})

const refreshNow = (image: string) =>
  Effect.gen(function*() {
    const store = yield* RepoDockerStore
    const lane = yield* HubLane.make()
    const finding = yield* Effect.raceFirst(lookAtImage(lane.ask)({ image, attempts: 0 }), lane.serve)
    // What brought no definite answer changes nothing; the image is due as it was.
    if (finding.result._tag === "Deferred") yield* Effect.logWarning("no definite answer", finding.result.reason)
    else yield* store.recordRefresh([finding])
  })

type World = GitHubProbe | DockerHubRegistry | OciRegistry | QuayApi | RepoDockerStore | LinkStore

/** Does requests as long as the scope lasts. */
export const layer = (options: OnDemandOptions): Layer.Layer<OnDemand, never, World> =>
  Layer.scoped(
    OnDemand,
    Effect.gen(function*() {
      const world = yield* Effect.context<World>()
      const waiting = yield* Queue.dropping<Effect.Effect<void>>(longestQueue)
      const pending = yield* Ref.make<ReadonlySet<string>>(new Set())

      yield* Queue.take(waiting).pipe(Effect.flatten, Effect.forever, Effect.forkScoped)

      // What is asked for twice before it was done is done once.
      const enqueue = Effect.fn("OnDemand.enqueue")(
        function*<E>(what: string, work: Effect.Effect<void, E, World | SyncProgress.SyncProgress>) {
          const ahead = yield* Queue.size(waiting)
          if ((yield* Ref.get(pending)).has(what)) return Math.max(0, ahead - 1)
          const task = Effect.zipRight(
            Ref.update(pending, (names) => new Set([...names].filter((name) => name !== what))),
            work
          ).pipe(
            contained("requests", what),
            Effect.catchAllCause((cause) => Effect.logWarning("a request could not be done", cause)),
            Effect.annotateLogs("request", what),
            Effect.provide(Layer.merge(Layer.succeedContext(world), SyncProgress.layer))
          )
          yield* Ref.update(pending, (names) => new Set([...names, what]))
          if (yield* Queue.offer(waiting, task)) return Math.max(0, ahead)
          yield* Ref.update(pending, (names) => new Set([...names].filter((name) => name !== what)))
          return yield* full
        }
      )

      return OnDemand.of({
        check: (repository) =>
          options.github
            ? enqueue(
              `check ${fullName(repository)}`,
              Effect.asVoid(discover([repository], options.lease, options.discover))
            )
            : new Conflict({ message: "this server has no credential for GitHub; set GITHUB_TOKEN where it runs" }),
        refresh: (image, registry) =>
          registry === dockerHub
            ? enqueue(`refresh ${image}`, refreshNow(image))
            : new Conflict({ message: `pulls are known of images on ${dockerHub} alone` })
      })
    })
  )
