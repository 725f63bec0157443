/**
 * One look at a repository, one look at a known image: from a claim to a finding. Only AUTH for everything ends a run.
 */
import { Clock, Effect, Option, Random } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import { hubCandidate } from "../../domain/Candidates.js"
import type { Auth, CensusError } from "../../domain/Errors.js"
import type {
  ClaimedImage,
  ClaimedRepository,
  Deferral,
  DiscoveryFinding,
  DiscoveryResult,
  ImageFacts,
  RefreshFinding
} from "../../domain/Finding.js"
import { addDays, dayOf, startOf } from "../../domain/UtcDay.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import type { LaneKind } from "./LaneQueue.js"

/** Asks the Hub for an image: none is a definite "there is no such image". */
export type AskHub = (kind: LaneKind, image: string) => Effect.Effect<Option.Option<ImageFacts>, CensusError>

/**
 * Turns what is no definite answer into a deferral; AUTH that concerns everything goes on to end the run.
 * @param latest the instant to which to put off at most, where the server names no later one.
 */
const orDefer =
  (attempts: number, latest: (now: number) => number = () => Number.POSITIVE_INFINITY) =>
  <A>(look: Effect.Effect<A, CensusError>): Effect.Effect<A | Deferral, Auth> => {
    const deferred = Effect.fn("deferred")(function*(reason: string, until: number) {
      const delay = deferralDelay(attempts + 1, yield* Random.next)
      const now = yield* Clock.currentTimeMillis
      const deferral: Deferral = {
        _tag: "Deferred",
        reason,
        notBefore: Math.max(Math.min(now + delay, latest(now)), until)
      }
      return deferral
    })
    return look.pipe(Effect.catchTags({
      AUTH: (error) => error.scope === "all" ? Effect.fail(error) : deferred(error.message, 0),
      RATE_LIMIT: (error) => deferred(error.message, error.until.epochMillis),
      NOT_FOUND: (error) => deferred(`unexpected: ${error.message}`, 0),
      TRANSIENT: (error) => deferred(`${error.reason}: ${error.message}`, 0)
    }))
  }

/**
 * Looks at a repository: GitHub first, and the Hub only where a Dockerfile makes an image likely. NOT_FOUND of GitHub is
 * a finding.
 */
export const lookAtRepository = (ask: AskHub) =>
  Effect.fn("discovery.look")(
    function*(claim: ClaimedRepository): Effect.fn.Return<DiscoveryFinding, Auth, GitHubProbe> {
      const github = yield* GitHubProbe
      const look = Effect.gen(function*() {
        const probe = yield* github.probe(claim.repository)
        const candidate = hubCandidate(probe.repository)
        if (probe.dockerfiles.length === 0) return { _tag: "NoDockerfile", probe } satisfies DiscoveryResult
        if (Option.isNone(candidate)) return { _tag: "Miss", probe, candidate } satisfies DiscoveryResult
        const facts = yield* ask("discovery", candidate.value)
        return Option.isSome(facts)
          ? ({ _tag: "Hit", probe, facts: facts.value } satisfies DiscoveryResult)
          : ({ _tag: "Miss", probe, candidate } satisfies DiscoveryResult)
      }).pipe(
        Effect.catchTag("NOT_FOUND", () => Effect.succeed<DiscoveryResult>({ _tag: "NotFound" }))
      )
      const result = yield* look.pipe(orDefer(claim.attempts))
      return { claim, at: yield* Clock.currentTimeMillis, result }
    }
  )

// An image needs a row for every day: what kept it from one day's must not cost it the next one's too.
const nextDay = (now: number): number => startOf(addDays(dayOf(now), 1))

/** Looks at a known image again. */
export const lookAtImage = (ask: AskHub) =>
  Effect.fn("refresh.look")(function*(claim: ClaimedImage): Effect.fn.Return<RefreshFinding, Auth> {
    const result = yield* ask("refresh", claim.image).pipe(
      Effect.map((facts): RefreshFinding["result"] =>
        Option.isSome(facts) ? { _tag: "Refreshed", facts: facts.value } : { _tag: "Gone" }
      ),
      orDefer(claim.attempts, nextDay)
    )
    return { claim, at: yield* Clock.currentTimeMillis, result }
  })
