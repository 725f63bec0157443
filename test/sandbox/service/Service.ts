/**
 * A simulated service: what it answers, wrapped in the counters and the faults that all services have.
 */
import { Clock, Effect, Option } from "effect"
import type { Counters } from "./Counters.js"
import { makeCounters } from "./Counters.js"
import { type Answer, type Handler, json, type Request, text } from "./Exchange.js"
import type { Fault, Faults } from "./Faults.js"

/** What a kind of service brings along. */
export interface Definition {
  readonly name: string
  /** Who asks, for the counters: `token:1`, `anonymous`. Never a secret. */
  readonly credential: (request: Request) => string
  readonly handle: Handler
  /** How this service says these faults, in its own words. `now` in epoch milliseconds. */
  readonly refuse: (fault: Fault, request: Request, now: number) => Answer
}

export interface Service {
  readonly name: string
  readonly handle: Handler
  readonly counters: Counters
}

const page = (status: number): Answer =>
  text(
    status,
    `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>We will be right back</h1></body></html>\n`,
    "text/html; charset=utf-8"
  )

const halved = (answer: Answer, cut: boolean): Answer => {
  if (answer._tag === "Reset") return answer
  const half = Math.floor(answer.body.length / 2)
  return cut ? { ...answer, cut: half } : { ...answer, body: answer.body.slice(0, half) }
}

const faulty = (definition: Definition, request: Request, fault: Fault): Effect.Effect<Answer> => {
  switch (fault.kind) {
    case "hang":
      return Effect.never
    case "reset":
      return Effect.succeed({ _tag: "Reset" })
    case "html":
      return Effect.succeed(page(fault.status ?? 200))
    case "truncated":
    case "malformed":
      return Effect.map(definition.handle(request), (answer) => halved(answer, fault.kind === "truncated"))
    default:
      return Effect.map(Clock.currentTimeMillis, (now) => definition.refuse(fault, request, now))
  }
}

const statusOf = (answer: Answer): string => answer._tag === "Reset" ? "reset" : String(answer.status)

/** A service that counts and that can be broken. `counters` where the definition counts more by itself. */
export const makeService = (definition: Definition, faults: Faults, counters = makeCounters()): Service => ({
  name: definition.name,
  counters,
  handle: (request) => {
    const credential = definition.credential(request)
    const answer = faults.take(definition.name, request.path, credential).pipe(
      Effect.flatMap((fault) =>
        Option.match(fault, {
          onNone: () => definition.handle(request),
          onSome: (met) => faulty(definition, request, met)
        })
      ),
      Effect.catchAllDefect((defect) =>
        Effect.succeed(json(500, { message: `The sandbox failed: ${String(defect)}` }))
      ),
      Effect.map((answered) => ({ answered, status: statusOf(answered) }))
    )
    return Effect.map(
      counters.track(`${request.method} ${request.path}`, credential, answer),
      ({ answered }) => answered
    )
  }
})
