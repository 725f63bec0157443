/**
 * What a fuzzer is: generated input, and what must hold of each. A target is run for a time or for a count of cases; the
 * same seed makes the same cases.
 */
import { Cause, Clock, Effect, Exit, FastCheck as fc, Runtime, type Scope } from "effect"
import { makeWatchdog } from "./watchdog.js"

/** Files that the caller gives: real ones to start from. */
export interface Given {
  /** Texts of workflow files; may be empty. */
  readonly workflows: ReadonlyArray<string>
}

/** How long a target is run: until `seconds` have passed or so many cases were tried, whichever comes first. */
export interface Run extends Given {
  readonly seed: number
  readonly seconds?: number
  readonly cases?: number
  /** Where fast-check found a failure: that case alone is run. */
  readonly path?: string
}

/** An input for which something did not hold, as small as it could be made. */
export interface Failure {
  /** The seed and the path that lead fast-check to the input. */
  readonly seed: number
  readonly path: string
  readonly input: string
  readonly error: string
}

export interface Report {
  readonly name: string
  readonly cases: number
  readonly seconds: number
  /** Milliseconds of the slowest case. */
  readonly slowest: number
  readonly failure: Failure | undefined
}

export interface Target {
  readonly name: string
  /** One line: what is fed with what, and what must hold. */
  readonly about: string
  /** Cases of the run that is part of the tests. */
  readonly brief: number
  readonly run: (run: Run) => Effect.Effect<Report>
}

interface Definition<A> extends Pick<Target, "name" | "about" | "brief"> {
  readonly input: (given: Given) => fc.Arbitrary<A>
  /** Made once for a run. Checks one input: dies or throws where something does not hold. */
  readonly check: Effect.Effect<(input: A) => Effect.Effect<void>, never, Scope.Scope>
}

/** Cases between two looks at the time. */
const batch = 200
/** Milliseconds that fast-check may take to make a failing input smaller. */
const shrinking = 60_000

const seconds = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e9)

/** A target out of its parts. */
export const target = <A>({ about, brief, check, input, name }: Definition<A>): Target => ({
  name,
  about,
  brief,
  run: Effect.fn(`fuzz.${name}`)(function*(run: Run) {
    const runtime = yield* Effect.runtime<never>()
    const watched = yield* makeWatchdog(name)
    const holds = yield* check
    const inputs = input(run)
    const begun = yield* seconds
    const end = run.seconds === undefined ? Infinity : begun + run.seconds
    const most = run.path === undefined ? run.cases ?? Infinity : 1
    let cases = 0
    let slowest = 0
    let failure: Failure | undefined
    const wanted = () => failure === undefined && cases < most
    while (wanted() && (yield* seconds) < end) {
      const seed = run.path === undefined ? run.seed + cases : run.seed
      const one = (input: A) =>
        Effect.gen(function*() {
          const from = yield* seconds
          yield* holds(input)
          slowest = Math.max(slowest, 1000 * ((yield* seconds) - from))
          cases += 1
        })
      const property = fc.asyncProperty(inputs, async (input) => {
        const exit = await watched(seed, () => Runtime.runPromiseExit(runtime)(one(input)))
        if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
      })
      const details = yield* Effect.promise(() =>
        fc.check(property, {
          seed,
          numRuns: Math.min(batch, most - cases),
          interruptAfterTimeLimit: Math.min(2 ** 31 - 1, 1000 * (run.seconds ?? 3_600) + shrinking),
          ...(run.path === undefined ? {} : { path: run.path })
        })
      )
      if (details.counterexample !== null) {
        const [input] = details.counterexample
        failure = {
          seed: details.seed,
          path: details.counterexamplePath ?? "0",
          input: fc.stringify(input),
          error: String(details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance)
        }
      }
    }
    const report: Report = { name, cases, seconds: (yield* seconds) - begun, slowest, failure }
    return report
  }, Effect.scoped)
})

/** A check of a pure function: it throws where something does not hold. */
export const pure = <A>(check: (input: A) => void): Effect.Effect<(input: A) => Effect.Effect<void>> =>
  Effect.succeed((input) => Effect.sync(() => check(input)))

/** Throws where it does not hold. The message says what was expected. */
export const must = (holds: boolean, message: string): void => {
  if (!holds) throw new Error(message)
}
