/**
 * Looks at one registry, so that its trouble is its own: no definite answer becomes a deferral, short parks are waited
 * out, and while a registry keeps failing, rows are put off without asking.
 */
import { Cause, Clock, Duration, Effect, Either, Exit, Option, Random, Ref } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import { admit, type CircuitState, closed, settle, type Verdict } from "../../domain/Circuit.js"
import type { DefectJob } from "../../domain/Defect.js"
import type { CensusError } from "../../domain/Errors.js"
import type { Deferral } from "../../domain/Finding.js"
import { contained } from "../../layers/contained.js"

/** A row that is looked at; `attempts`: how often it was put off before. */
export interface GuardedRow {
  readonly image: string
  readonly attempts: number
}

/**
 * Makes a look; every end but an interruption is an answer or a deferral. Parks up to `longest` are waited out (default: a
 * minute).
 */
export type Guard = <A, R>(
  row: GuardedRow,
  look: Effect.Effect<A, CensusError, R>,
  longest?: Duration.Duration
) => Effect.Effect<A | Deferral, never, R>

/** Parks up to this length are waited out; longer ones put the row off until they end. */
export const longestPark = Duration.minutes(1)
const mostParks = 5
/** While a probe is under way, others are put off by this much. */
const probing = Duration.seconds(30)

const circuit = { threshold: 3, firstInterval: 60_000, longestInterval: 900_000 }

const verdictOf = <A>(exit: Exit.Exit<A, CensusError>): Verdict => {
  if (Exit.isSuccess(exit)) return "answered"
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure === undefined || failure._tag === "RATE_LIMIT") return "unknown"
  return failure._tag === "TRANSIENT" && failure.scope === "all" ? "failed" : "answered"
}

/** A guard of its own for a registry; `job`: where its looks may die. */
export const make = Effect.fn("breaker.make")(function*(
  registry: string,
  job: DefectJob = "registries"
): Effect.fn.Return<Guard> {
  const state = yield* Ref.make<CircuitState>(closed)

  const putOff = Effect.fnUntraced(function*(attempts: number, reason: string, until: number) {
    const now = yield* Clock.currentTimeMillis
    const delay = deferralDelay(attempts + 1, yield* Random.next)
    const deferral: Deferral = { _tag: "Deferred", reason, notBefore: Math.max(now + delay, until) }
    return deferral
  })

  const settled = <A>(probe: boolean, exit: Exit.Exit<A, CensusError>) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const jitter = yield* Random.next
      const [before, after] = yield* Ref.modify(state, (before) => {
        const after = settle(before, { probe, verdict: verdictOf(exit) }, now, jitter, circuit)
        return [[before, after] as const, after]
      })
      if (after._tag === "Open" && before._tag !== "Open" && after.until > now) {
        yield* Effect.logWarning(`${registry} keeps failing; its images are put off`)
      } else if (after._tag === "Closed" && before._tag !== "Closed") yield* Effect.logInfo(`${registry} answers again`)
    })

  return <A, R>({ attempts, image }: GuardedRow, look: Effect.Effect<A, CensusError, R>, longest = longestPark) => {
    const go = (parks: number): Effect.Effect<A | Deferral, never, R> =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const admission = yield* Ref.modify(state, (before) => {
          const admission = admit(before, now)
          return [admission, admission._tag === "Go" ? admission.state : before]
        })
        if (admission._tag === "Wait") {
          const until = admission.until ?? now + Duration.toMillis(probing)
          return yield* putOff(attempts, `${registry} keeps failing`, until)
        }
        return yield* look.pipe(
          Effect.onExit((exit) => settled(admission.probe, exit)),
          contained(job, image),
          Effect.flatMap(Either.match({
            onLeft: (reason): Effect.Effect<A | Deferral> => putOff(attempts, reason, 0),
            onRight: (answer): Effect.Effect<A | Deferral> => Effect.succeed(answer)
          })),
          Effect.catchTags({
            AUTH: (error) => putOff(attempts, error.message, 0),
            NOT_FOUND: (error) => putOff(attempts, `unexpected: ${error.message}`, 0),
            TRANSIENT: (error) => putOff(attempts, `${error.reason}: ${error.message}`, 0),
            RATE_LIMIT: (error) =>
              Effect.flatMap(Clock.currentTimeMillis, (now) => {
                const wait = error.until.epochMillis - now
                return wait > Duration.toMillis(longest) || parks >= mostParks
                  ? putOff(attempts, error.message, error.until.epochMillis)
                  : Effect.zipRight(Effect.sleep(Math.max(wait, 0)), go(parks + 1))
              })
          })
        )
      })
    return go(0)
  }
})

/** Guards by what they are for; whoever looks at the same has the same guard. */
export type Guards = (name: string) => Effect.Effect<Guard>

/** Guards that are made as they are asked for. */
export const makeGuards = (job: DefectJob): Guards => {
  const known = new Map<string, Guard>()
  return (name) =>
    Effect.suspend(() => {
      const guard = known.get(name)
      if (guard !== undefined) return Effect.succeed(guard)
      return Effect.tap(make(name, job), (made) => Effect.sync(() => known.set(name, made)))
    })
}
