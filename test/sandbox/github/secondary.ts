/**
 * GitHub's secondary limits: how much one caller may ask at once and within a minute, whatever its points.
 */

export interface SecondaryLimits {
  /** Requests that may be open at once. Default 100. */
  readonly concurrent?: number
  /** GraphQL points in a minute. Default 2,000. */
  readonly pointsPerMinute?: number
  /** Seconds of work in a minute. Default 60. */
  readonly secondsPerMinute?: number
}

interface Usage {
  open: number
  minute: number
  points: number
  millis: number
}

/** Keeps watch over all callers. `now` in epoch milliseconds. */
export const makeSecondary = (limits: SecondaryLimits) => {
  const { concurrent = 100, pointsPerMinute = 2_000, secondsPerMinute = 60 } = limits
  const usages = new Map<string, Usage>()
  const usage = (caller: string, now: number): Usage => {
    const minute = Math.floor(now / 60_000)
    const known = usages.get(caller) ?? { open: 0, minute, points: 0, millis: 0 }
    if (known.minute !== minute) Object.assign(known, { minute, points: 0, millis: 0 })
    usages.set(caller, known)
    return known
  }
  return {
    /** Lets a request in, or not. Whoever is let in has to `leave`. */
    enter: (caller: string, now: number): boolean => {
      const known = usage(caller, now)
      if (known.open >= concurrent || known.points >= pointsPerMinute || known.millis >= secondsPerMinute * 1_000) {
        return false
      }
      known.open++
      known.points++
      return true
    },
    leave: (caller: string, now: number, millis: number): void => {
      const known = usage(caller, now)
      known.open--
      known.millis += millis
    }
  }
}
