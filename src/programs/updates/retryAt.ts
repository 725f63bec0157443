import { DateTime, Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"

const soon = 60_000

/** When to ask again (epoch milliseconds); none where asking again does not help. */
export const retryAt = (error: CensusError, now: number): Option.Option<number> => {
  switch (error._tag) {
    case "RATE_LIMIT":
      return Option.some(DateTime.toEpochMillis(error.until))
    case "TRANSIENT":
      return Option.some(now + soon)
    default:
      return Option.none()
  }
}
