/**
 * One look at a repository, one look at a known image: from a claim to a finding. Only AUTH for everything ends a run.
 */
import { Clock, Effect, Either, Option, Random } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import { hubCandidate } from "../../domain/Candidates.js"
import type { DefectJob } from "../../domain/Defect.js"
import type { Auth, CensusError } from "../../domain/Errors.js"
import type {
  ClaimedImage,
  ClaimedRepository,
  Deferral,
  DiscoveryFinding,
  DiscoveryResult,
  ImageFacts,
  RefreshFinding,
  RepositoryProbe
} from "../../domain/Finding.js"
import { fullName, key } from "../../domain/GitHubRepository.js"
import type { RepositoryReading } from "../../domain/ImageClaim.js"
import { dockerHub } from "../../domain/ImageReference.js"
import { addDays, dayOf, startOf } from "../../domain/UtcDay.js"
import { contained } from "../../layers/contained.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import type { LaneKind } from "./LaneQueue.js"
import { keptReading, readFiles } from "./readFiles.js"

/** Asks the Hub for an image: none is a definite "there is no such image". */
export type AskHub = (kind: LaneKind, image: string) => Effect.Effect<Option.Option<ImageFacts>, CensusError>

/** A row that is looked at. */
export interface LookedAt {
  readonly job: DefectJob
  /** For people. */
  readonly subject: string
  readonly attempts: number
  /** The instant to which to put off at most, where the server names no later one. */
  readonly latest?: (now: number) => number
}

/**
 * Turns what is no definite answer into a deferral, a defect too; AUTH that concerns everything goes on to end the run.
 */
export const orDefer =
  ({ attempts, job, latest = () => Number.POSITIVE_INFINITY, subject }: LookedAt) =>
  <A, R>(look: Effect.Effect<A, CensusError, R>): Effect.Effect<A | Deferral, Auth, R> => {
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
    return look.pipe(
      contained(job, subject),
      Effect.flatMap(Either.match({
        onLeft: (reason): Effect.Effect<A | Deferral> => deferred(reason, 0),
        onRight: (answer): Effect.Effect<A | Deferral> => Effect.succeed(answer)
      })),
      Effect.catchTags({
        AUTH: (error) => error.scope === "all" ? Effect.fail(error) : deferred(error.message, 0),
        RATE_LIMIT: (error) => deferred(error.message, error.until.epochMillis),
        NOT_FOUND: (error) => deferred(`unexpected: ${error.message}`, 0),
        TRANSIENT: (error) => deferred(`${error.reason}: ${error.message}`, 0)
      })
    )
  }

/** What a look at a repository asks for. */
export interface LookOptions {
  /** The registries where its images are looked for (`DISCOVERY_REGISTRIES`). */
  readonly registries: ReadonlyArray<string>
}

interface Look {
  readonly probe: RepositoryProbe
  /** Fails like the probe: what could not be read is not known. None where only Dockerfiles were asked for. */
  readonly reading: Effect.Effect<Option.Option<RepositoryReading>, CensusError, GitHubProbe>
}

// One alias where nothing has changed since the repository was read as a whole.
const lookOnGitHub = Effect.fnUntraced(function*(
  { known, repository }: ClaimedRepository,
  { registries }: LookOptions
): Effect.fn.Return<Look, CensusError, GitHubProbe> {
  const github = yield* GitHubProbe
  const changed = known?.headOid === undefined
    ? Option.some(yield* github.probe(repository))
    : yield* github.probeIfChanged(repository, known.headOid)
  if (Option.isNone(changed) && known !== undefined) {
    const probe = { repository, headOid: Option.fromNullable(known.headOid), dockerfiles: known.dockerfiles }
    return { probe, reading: Effect.succeedSome(keptReading(probe, known, registries)) }
  }
  const probe = Option.isSome(changed) ? changed.value : yield* github.probe(repository)
  // Names stand in workflows: under another one nothing of what was read holds.
  const same = key(probe.repository) === key(repository) ? known : undefined
  return {
    probe,
    reading: probe.files === undefined
      ? Effect.succeedNone
      : Effect.asSome(readFiles(probe, probe.files, same, registries))
  }
})

/** The name on Docker Hub, where a Dockerfile makes it likely. */
const lookOnHub = Effect.fnUntraced(function*(probe: RepositoryProbe, ask: AskHub, { registries }: LookOptions) {
  const candidate = registries.includes(dockerHub) ? hubCandidate(probe.repository) : Option.none()
  if (probe.dockerfiles.length === 0) return { _tag: "NoDockerfile", probe } satisfies DiscoveryResult
  if (Option.isNone(candidate)) return { _tag: "Miss", probe, candidate } satisfies DiscoveryResult
  const facts = yield* ask("discovery", candidate.value)
  return Option.isSome(facts)
    ? ({ _tag: "Hit", probe, facts: facts.value } satisfies DiscoveryResult)
    : ({ _tag: "Miss", probe, candidate } satisfies DiscoveryResult)
})

/**
 * Looks at a repository: GitHub first, the Hub only where a Dockerfile makes an image likely, and while the Hub is asked
 * the workflows are read. NOT_FOUND of GitHub is a finding. A file that GitHub does not let us read puts off the whole
 * look; a Hub that does not answer puts off its own part alone.
 */
export const lookAtRepository = (ask: AskHub, options: LookOptions) =>
  Effect.fn("discovery.look")(
    function*(claim: ClaimedRepository): Effect.fn.Return<DiscoveryFinding, Auth, GitHubProbe> {
      const { attempts, repository } = claim
      const defer = orDefer({ job: "discovery", subject: fullName(repository), attempts })
      const look = Effect.gen(function*() {
        const { probe, reading } = yield* lookOnGitHub(claim, options)
        const [result, read] = yield* Effect.all(
          [defer(lookOnHub(probe, ask, options)), reading],
          { concurrency: "unbounded" }
        )
        return { result, reading: Option.getOrUndefined(read) }
      }).pipe(
        Effect.catchTag(
          "NOT_FOUND",
          () => Effect.succeed({ result: { _tag: "NotFound" } satisfies DiscoveryResult, reading: undefined })
        ),
        defer
      )
      const found = yield* look
      const at = yield* Clock.currentTimeMillis
      if ("_tag" in found) return { claim, at, result: found }
      return found.reading === undefined
        ? { claim, at, result: found.result }
        : { claim, at, result: found.result, reading: found.reading }
    }
  )

/** The next day's beginning: what kept an image from one day's row must not cost it the next one's too. */
export const nextDay = (now: number): number => startOf(addDays(dayOf(now), 1))

/** Looks at a known image again. */
export const lookAtImage = (ask: AskHub) =>
  Effect.fn("refresh.look")(function*(claim: ClaimedImage): Effect.fn.Return<RefreshFinding, Auth> {
    const result = yield* Effect.suspend(() => ask("refresh", claim.image)).pipe(
      Effect.map((facts): RefreshFinding["result"] =>
        Option.isSome(facts) ? { _tag: "Refreshed", facts: facts.value } : { _tag: "Gone" }
      ),
      orDefer({ job: "refresh", subject: claim.image, attempts: claim.attempts, latest: nextDay })
    )
    return { claim, at: yield* Clock.currentTimeMillis, result }
  })
