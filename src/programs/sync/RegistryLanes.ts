/**
 * Looks at registries, beside discovery and refresh: a lane for each registry, and one for what its images say of their
 * origin. A registry that is slow, parked or down holds up its own lanes and nobody else's.
 */
import { Duration, Effect, Option, type Scope } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"
import { dockerHub } from "../../domain/ImageReference.js"
import type { ClaimedCheck, ClaimedSource } from "../../domain/RegistryCheck.js"
import type { GitHubProbe } from "../../services/GitHubProbe.js"
import { LinkStore } from "../../services/LinkStore.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import { QuayApi } from "../../services/QuayApi.js"
import * as Breaker from "./breaker.js"
import type { AskHub } from "./looks.js"
import { type Lane, pass } from "./Pass.js"
import { makeCheck } from "./registryLooks.js"
import * as RegistryRecorder from "./RegistryRecorder.js"
import { makeSourceLook } from "./sourceLooks.js"
import type { SyncOptions } from "./SyncOptions.js"
import type { SyncProgress } from "./SyncProgress.js"

// Docker Hub's own lane decides how fast it is asked, and needs neighbours of one namespace side by side.
const hubAhead = 400
const ahead = 6
const readAhead = 2
// What is claimed counts as spent until it was read, so little is claimed at a time.
const mostRead = 20

/** Works until nothing of it is due; `once` as for `pass`. Returns how many rows there were. */
export type RegistryLane = (once: boolean) => Effect.Effect<number, Auth | Transient>

/** Everything that runs beside discovery and refresh. */
export interface RegistryLanes {
  readonly lanes: ReadonlyArray<RegistryLane>
  /** Writes everything that was found so far. */
  readonly drain: Effect.Effect<void>
}

/** What of a run's options concerns registries. */
export interface RegistryLanesOptions extends
  Pick<
    SyncOptions,
    | "batchSize"
    | "discovery"
    | "discoveryInterval"
    | "includeDeferred"
    | "lease"
    | "registries"
    | "verifyPullsPerDay"
  >
{
  /** Only images of these repositories (ids). Default: of all. */
  readonly repositories?: ReadonlyArray<string>
}

const none: RegistryLanes = { lanes: [], drain: Effect.void }

interface Services {
  readonly store: LinkStore["Type"]
  readonly registry: OciRegistry["Type"]
  readonly quay: QuayApi["Type"]
  /** Shared by the lanes: what images of one registry name at another is that other's to answer. */
  readonly guards: Breaker.Guards
}

const lanesOf = Effect.fn("RegistryLanes.lanesOf")(function*(
  name: string,
  ask: AskHub,
  recorder: RegistryRecorder.RegistryRecorder,
  options: RegistryLanesOptions,
  { guards, quay, registry, store }: Services
): Effect.fn.Return<ReadonlyArray<RegistryLane>, never, GitHubProbe> {
  const { batchSize: limit, lease, repositories } = options
  const pullsPerDay = options.verifyPullsPerDay ?? 0
  const look = yield* makeCheck(
    { ask, registry, quay, guard: yield* Breaker.make(name) },
    Duration.toMillis(options.discoveryInterval)
  )
  const read = yield* makeSourceLook(registry, guards)
  const checks: Lane<ClaimedCheck, never> = {
    name,
    claim: Effect.uninterruptible(
      Effect.tap(store.claimChecks({ registry: name, limit, lease, repositories }), recorder.holdChecks)
    ),
    work: (claim) => Effect.flatMap(look(claim), recorder.check),
    ahead: name === dockerHub ? hubAhead : ahead
  }
  const sources: Lane<ClaimedSource, never> = {
    name: `verification at ${name}`,
    claim: Effect.uninterruptible(Effect.tap(
      store.claimSources({ registry: name, limit: Math.min(limit, mostRead), lease, pullsPerDay, repositories }),
      recorder.holdSources
    )),
    work: (claim) => Effect.flatMap(read(claim), recorder.source),
    ahead: readAhead
  }
  return [
    (once) => pass(checks, once),
    ...(pullsPerDay > 0 ? [(once: boolean) => pass(sources, once)] : [])
  ]
})

/**
 * The lanes of the registries that the options name, for as long as the scope. Who gives no `LinkStore`, `OciRegistry`
 * and `QuayApi` (a user of the library) has none: names are then guessed on Docker Hub alone.
 */
export const make = Effect.fn("RegistryLanes.make")(function*(
  ask: AskHub,
  options: RegistryLanesOptions
): Effect.fn.Return<RegistryLanes, Transient, GitHubProbe | SyncProgress | Scope.Scope> {
  const given = Option.all({
    store: yield* Effect.serviceOption(LinkStore),
    registry: yield* Effect.serviceOption(OciRegistry),
    quay: yield* Effect.serviceOption(QuayApi)
  })
  if (Option.isNone(given) || !options.discovery) return none
  const services = { ...given.value, guards: Breaker.makeGuards("verification") }
  const registries = options.registries ?? [dockerHub]
  if (options.includeDeferred) yield* services.store.undefer(registries)
  const recorder = yield* RegistryRecorder.make(options.lease).pipe(Effect.provideService(LinkStore, services.store))
  const lanes = yield* Effect.forEach(registries, (name) => lanesOf(name, ask, recorder, options, services))
  return { lanes: lanes.flat(), drain: recorder.drain }
})
