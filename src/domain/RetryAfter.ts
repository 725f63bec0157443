/**
 * How servers say "wait": `Retry-After` in its three forms, reset instants, and the bounds of every park. Pure; instants
 * and spans are milliseconds, instants since the epoch.
 */
import { Option } from "effect"

/** No park is shorter: a reset in the past must not cause an immediate retry. */
export const parkFloor = 1_000

/** No park is longer: what a server says may be wrong, and is asked again after an hour. */
export const parkCeiling = 3_600_000

const imfFixdate = /^[A-Za-z]{3},? \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/
const rfc850 = /^[A-Za-z]{6,9}, \d{2}-[A-Za-z]{3}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctime = /^[A-Za-z]{3} [A-Za-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/
const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

const parseDate = (text: string): Option.Option<number> => {
  const zoned = asctime.test(text) ? `${text} GMT` : text
  const known = zoned !== text || imfFixdate.test(text) || rfc850.test(text) || iso.test(text)
  return known ? Option.liftPredicate(Date.parse(zoned), Number.isFinite) : Option.none()
}

/**
 * Reads one value of `Retry-After`: an HTTP date, a number from 1e9 on as an epoch second (from 1e12 on as an epoch
 * millisecond), any smaller number as seconds from `now`. None for anything else. The instant may lie in the past;
 * `clampPark` is for that.
 */
export const parseRetryAfter = (value: string, now: number): Option.Option<number> => {
  const text = value.trim()
  if (!/^\d+(?:\.\d+)?$/.test(text)) return parseDate(text)
  const number = Number(text)
  if (number >= 1e12) return Option.some(Math.min(number, Number.MAX_SAFE_INTEGER))
  if (number >= 1e9) return Option.some(Math.ceil(number * 1000))
  return Option.some(now + Math.ceil(number * 1000))
}

/** Header names in lower case, as the platform's `Headers` has them. */
export type HeaderValues = Readonly<Record<string, string | undefined>>

/** The instant that `Retry-After` or `X-Retry-After` names, in whatever form. */
export const retryAfterOf = (headers: HeaderValues, now: number): Option.Option<number> =>
  Option.firstSomeOf(
    [headers["retry-after"], headers["x-retry-after"]].map((value) =>
      Option.flatMap(Option.fromNullable(value), (text) => parseRetryAfter(text, now))
    )
  )

/** A count out of a header: a non-negative whole number, else undefined. */
export const countOf = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : undefined

/** What `X-RateLimit-Limit`, `-Remaining` and `-Reset` say; the reset is an epoch second there, a millisecond here. */
export const rateLimitOf = (
  headers: HeaderValues
): {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly resetsAt: number | undefined
} => {
  const reset = countOf(headers["x-ratelimit-reset"])
  return {
    limit: countOf(headers["x-ratelimit-limit"]),
    remaining: countOf(headers["x-ratelimit-remaining"]),
    resetsAt: reset === undefined ? undefined : reset * 1000
  }
}

/** Brings the end of a park between `now` + one second and `now` + one hour. */
export const clampPark = (until: number, now: number): number =>
  Math.min(Math.max(until, now + parkFloor), now + parkCeiling)

/**
 * The end of the park for the `attempt`-th (from 1) limit in a row that named no time: a minute, then twice as long
 * each time, up to the ceiling.
 */
export const unnamedPark = (attempt: number, now: number): number =>
  clampPark(now + 60_000 * 2 ** Math.min(Math.max(attempt - 1, 0), 6), now)
