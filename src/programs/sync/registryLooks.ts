/**
 * One look for an image at its registry: from a claim to a finding.
 */
import { Clock, Effect, Either, Option, Random, Ref, Stream } from "effect"
import type { Auth, CensusError } from "../../domain/Errors.js"
import { dockerHub, type ImageReference, parseNormalized } from "../../domain/ImageReference.js"
import type { CheckFinding, CheckResult, ClaimedCheck } from "../../domain/RegistryCheck.js"
import { addDays, dayOf, startOf } from "../../domain/UtcDay.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import type { QuayApi } from "../../services/QuayApi.js"
import type { Guard } from "./breaker.js"
import type { AskHub } from "./looks.js"
import { deferredFor } from "./outbox.js"

/** The registry with an API of its own beside the one that all have. */
const quayHost = "quay.io"

const absent: CheckResult = { _tag: "Absent" }
const notVisible: CheckResult = { _tag: "NotVisible" }
const there: CheckResult = { _tag: "Found", facts: Option.none(), lastUpdated: Option.none(), activity: [] }

/** Quay's counts of a day are whole when it is over; the looks of a day are spread over its first hours. */
const spread = 4 * 3_600_000

/** Who is asked. */
export interface Asked {
  /** Docker Hub's lane, which has the pulls and knows a whole namespace at once. */
  readonly ask: AskHub
  readonly registry: OciRegistry["Type"]
  readonly quay: QuayApi["Type"]
  readonly guard: Guard
}

/**
 * Looks at a registry.
 * @param interval milliseconds until what was not found, and what does not change daily, is looked for again.
 */
export const makeCheck = Effect.fn("registryLooks.makeCheck")(function*(
  { ask, guard, quay, registry }: Asked,
  interval: number
) {
  // A credential under which something was seen is good: what it does not see is not visible.
  const trusted = yield* Ref.make(false)

  // What strangers are refused is missing or private. What a credential is refused may be the credential's own fault.
  const refused = (error: Auth): Effect.Effect<CheckResult, Auth> =>
    error.scope === "one"
      ? Effect.succeed(notVisible)
      : Effect.flatMap(Ref.get(trusted), (trusted) => trusted ? Effect.succeed(notVisible) : Effect.fail(error))

  const definite = (look: Effect.Effect<CheckResult, CensusError>): Effect.Effect<CheckResult, CensusError> =>
    Effect.catchTags(look, { NOT_FOUND: () => Effect.succeed(absent), AUTH: refused })

  // A request, and one for a token. A listing without tags is how some registries speak of what does not exist.
  const listed = ({ registry: host, repository }: ImageReference): Effect.Effect<CheckResult, CensusError> =>
    registry.tags({ registry: host, repository }, { pageSize: 1 }).pipe(
      Stream.take(1),
      Stream.runHead,
      Effect.tap((tag) => Option.isSome(tag) ? Ref.set(trusted, true) : Effect.void),
      Effect.map((tag) => Option.isSome(tag) ? there : absent),
      definite
    )

  const onHub = (image: string): Effect.Effect<CheckResult, CensusError> =>
    Effect.map(
      ask("discovery", image),
      Option.match({
        onNone: () => absent,
        onSome: (facts): CheckResult => ({
          _tag: "Found",
          facts: Option.some(facts),
          lastUpdated: facts.lastUpdated,
          activity: []
        })
      })
    )

  const elsewhere = (named: ImageReference): Effect.Effect<CheckResult, CensusError> => {
    const [namespace = "", name = "", ...deeper] = named.repository.split("/")
    return named.registry === quayHost && deeper.length === 0
      ? quay.repository(namespace, name).pipe(
        Effect.map(({ activity, lastUpdated }): CheckResult => ({
          _tag: "Found",
          facts: Option.none(),
          lastUpdated,
          activity
        })),
        definite
      )
      : listed(named)
  }

  // Of a stored name that cannot be read nothing is known; nor is it the registry's trouble.
  const look = (claim: ClaimedCheck): Effect.Effect<CheckFinding["result"]> => {
    const { attempts, image, registry: host } = claim
    if (host === dockerHub) return guard(claim, Effect.suspend(() => onHub(image)))
    return Either.match(parseNormalized(image), {
      onLeft: ({ message }) => deferredFor(attempts, `the stored name cannot be read: ${message}`),
      onRight: (named) => guard(claim, Effect.suspend(() => elsewhere(named)))
    })
  }

  const dueAfter = ({ registry: host }: ClaimedCheck, at: number, found: boolean, jitter: number): number => {
    // Refresh goes on from here.
    if (found && host === dockerHub) return Infinity
    return found && host === quayHost ? startOf(addDays(dayOf(at), 1)) + jitter * spread : at + interval
  }

  return Effect.fn("registry.look")(function*(claim: ClaimedCheck): Effect.fn.Return<CheckFinding> {
    const result = yield* look(claim)
    const at = yield* Clock.currentTimeMillis
    const dueAt = dueAfter(claim, at, result._tag === "Found", yield* Random.next)
    return { claim, at, dueAt, result }
  })
})
