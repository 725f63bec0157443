/**
 * Faults that can be switched on and off while the services run.
 */
import { Clock, Effect, Option, Schema } from "effect"
import { httpDate } from "../world/time.js"

/**
 * - `rate-limit`: 429 in the service's own words. `primary-limit`, `secondary-limit`: GitHub's forms (elsewhere as
 *   `rate-limit`); `status` chooses between 200, 403 and 429.
 * - `unavailable`: 503 with the service's JSON; `html`: a page of HTML with `status` (default 200).
 * - `hang`: no answer ever; `reset`: the connection breaks; `truncated`: it breaks in the middle of a good answer;
 *   `malformed`: half of a good answer's JSON, well delivered.
 * - `unauthorized`: 401; `forbidden`: 403 with JSON. With `credential`, that one alone: a revoked token.
 * - `ip-allow-list`, `saml`: GitHub refuses every repository in this way (elsewhere as `forbidden`).
 */
const FaultKind = Schema.Literal(
  "rate-limit",
  "primary-limit",
  "secondary-limit",
  "unavailable",
  "html",
  "hang",
  "reset",
  "truncated",
  "malformed",
  "unauthorized",
  "forbidden",
  "ip-allow-list",
  "saml"
)

/** How a limit says how long to wait: seconds, an HTTP date, an epoch second, or not at all. */
export const RetryForm = Schema.Literal("seconds", "date", "epoch", "absent")
export type RetryForm = typeof RetryForm.Type

export const Fault = Schema.Struct({
  /** `github`, `dockerhub`, …; every service when absent. */
  service: Schema.optional(Schema.String),
  kind: FaultKind,
  /** Only requests of this credential, in the form of the counters (`token:1`). */
  credential: Schema.optional(Schema.String),
  /** Only requests whose path holds this text. */
  path: Schema.optional(Schema.String),
  /** Ends by itself after so many seconds. */
  seconds: Schema.optional(Schema.Number),
  /** Ends by itself after so many requests. */
  times: Schema.optional(Schema.Number),
  /** Default `seconds`. */
  retryForm: Schema.optional(RetryForm),
  /** How long to wait, in seconds, that a limit names. Default 60. May be negative: a reset in the past. */
  retryAfter: Schema.optional(Schema.Number),
  /** Another status than usual. */
  status: Schema.optional(Schema.Number)
})
export type Fault = typeof Fault.Type

interface Active {
  readonly id: number
  readonly fault: Fault
  readonly until: number
  left: number
}

const concerns = (fault: Fault, service: string, path: string, credential: string): boolean =>
  (fault.service === undefined || fault.service === service) &&
  (fault.credential === undefined || fault.credential === credential) &&
  (fault.path === undefined || path.includes(fault.path))

/** The switchboard of all services. The fault that was switched on last wins. */
export const makeFaults = () => {
  const active = new Map<number, Active>()
  const ids = { next: 1 }
  const forget = (now: number): void => {
    for (const one of active.values()) {
      if (one.left <= 0 || one.until <= now) active.delete(one.id)
    }
  }
  return {
    /** Switches a fault on; returns the number by which it is switched off. */
    add: (fault: Fault) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const id = ids.next++
        const until = fault.seconds === undefined ? Infinity : now + fault.seconds * 1_000
        active.set(id, { id, fault, until, left: fault.times ?? Infinity })
        return id
      }),
    remove: (id: number) => Effect.sync(() => active.delete(id)),
    clear: Effect.sync(() => active.clear()),
    /** What is switched on now. */
    list: Effect.map(Clock.currentTimeMillis, (now) => {
      forget(now)
      return Array.from(active.values(), ({ fault, id }) => ({ id, fault }))
    }),
    /** The fault that this request meets, if any. Counts it. */
    take: (service: string, path: string, credential: string) =>
      Effect.map(Clock.currentTimeMillis, (now): Option.Option<Fault> => {
        forget(now)
        const met = Array.from(active.values()).reverse().find(({ fault }) =>
          concerns(fault, service, path, credential)
        )
        if (met === undefined) return Option.none()
        met.left--
        return Option.some(met.fault)
      })
  }
}

export type Faults = ReturnType<typeof makeFaults>

/** Runs something while a fault is switched on. */
export const during = (faults: Faults, fault: Fault) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(faults.add(fault), () => effect, (id) => faults.remove(id))

/** The headers by which a limit says how long to wait. `now` in epoch milliseconds. */
export const retryHeaders = (fault: Fault, now: number): Readonly<Record<string, string>> => {
  const { retryAfter = 60, retryForm = "seconds" } = fault
  const epoch = Math.ceil(now / 1_000) + retryAfter
  switch (retryForm) {
    case "seconds":
      return { "retry-after": String(retryAfter) }
    case "date":
      return { "retry-after": httpDate(epoch * 1_000) }
    case "epoch":
      return { "retry-after": String(epoch) }
    case "absent":
      return {}
  }
}
