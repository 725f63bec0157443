/**
 * What registries say beside their answers: what remains of a limit, and warnings for people.
 */
import { Clock, Effect, Option } from "effect"
import { pullLimitOf } from "../../domain/RateLimitHeaders.js"
import { parseWarning } from "../../domain/WarningHeader.js"
import type { RateBudgets } from "../../services/RateBudgets.js"
import type { Lane } from "./lanes.js"
import type { Reply } from "./transport.js"

const manyWarnings = 100

/** Takes in the headers of an answer. */
export type Observe = (lane: Lane, reply: Reply) => Effect.Effect<void>

/** Limits go to the budgets, warnings to the log: each once (distribution-spec, "Warnings"). */
export const makeObserve = (budgets: typeof RateBudgets.Service): Observe => {
  const told = new Set<string>()

  const limits = (lane: Lane, reply: Reply): Effect.Effect<void> => {
    const { limit, remaining, resetSeconds } = pullLimitOf(reply.headers)
    if (Option.isNone(limit) && Option.isNone(remaining)) return Effect.void
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      budgets.observe(lane.key, {
        limit: Option.getOrUndefined(limit)?.count,
        remaining: Option.getOrUndefined(remaining)?.count,
        resetsAt: Option.getOrUndefined(Option.map(resetSeconds, (seconds) => now + seconds * 1000))
      }))
  }

  const warnings = (lane: Lane, header: string): Effect.Effect<void> =>
    Option.match(parseWarning(header), {
      onNone: () => Effect.void,
      onSome: (text) => {
        const line = `${lane.key.service} warns: ${text}`
        if (told.has(line) || told.size >= manyWarnings) return Effect.void
        told.add(line)
        return Effect.logWarning(line)
      }
    })

  return (lane, reply) =>
    Effect.suspend(() => {
      const { "ratelimit-limit": limit, "ratelimit-remaining": remaining, warning } = reply.headers
      const observed = limit === undefined && remaining === undefined ? Effect.void : limits(lane, reply)
      return warning === undefined ? observed : Effect.zipRight(observed, warnings(lane, warning))
    })
}
