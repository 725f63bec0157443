/**
 * How many requests a minute are sent, out of counters that are looked at now and then. Pure.
 */

interface Sample {
  readonly at: number
  readonly requests: ReadonlyMap<string, number>
}

/** Looks of the last minute and a bit, oldest first. */
export type RequestRates = ReadonlyArray<Sample>

/** Nothing was looked at. */
export const none: RequestRates = []

const minute = 60_000
const shortest = 10_000
const apart = 2_000

/** Takes in a look at the counters at an instant (epoch milliseconds). */
export const seen = (at: number, requests: ReadonlyMap<string, number>) => (rates: RequestRates): RequestRates => {
  const recent = rates.filter((sample) => sample.at >= at - minute && sample.at <= at)
  const previous = recent.at(-1)
  const newest = { at, requests }
  // The newest is always kept; those close together are thinned out.
  const kept = previous !== undefined && recent.length > 1 && at - (recent.at(-2)?.at ?? 0) < apart
    ? recent.slice(0, -1)
    : recent
  return [...kept, newest]
}

/** Requests per minute by counter, where it was watched for ten seconds at least. */
export const perMinute = (rates: RequestRates): ReadonlyMap<string, number> => {
  const [first, last] = [rates[0], rates.at(-1)]
  if (first === undefined || last === undefined || last.at - first.at < shortest) return new Map()
  return new Map(
    [...last.requests].flatMap(([id, requests]): ReadonlyArray<readonly [string, number]> => {
      const before = first.requests.get(id) ?? 0
      return requests < before ? [] : [[id, Math.round((requests - before) * minute / (last.at - first.at))]]
    })
  )
}
