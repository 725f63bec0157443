/**
 * When to try again what gave no definite answer: later each time, and not all at once.
 */

const first = 5 * 60_000
const longest = 24 * 3_600_000

const doubled = (first: number, longest: number, attempts: number, jitter: number): number =>
  Math.round(Math.min(first * 2 ** Math.min(Math.max(attempts, 1) - 1, 30), longest) * (1 - 0.25 * jitter))

/**
 * How long to put off a row that has now failed `attempts` times (1 or more), in milliseconds: five minutes, doubled for
 * each attempt, at most a day. `jitter` (0 to 1) takes off up to a quarter, so that rows that failed together spread out.
 */
export const deferralDelay = (attempts: number, jitter: number): number => doubled(first, longest, attempts, jitter)

/**
 * How long until a delivery that has now failed `attempts` times is tried again, in milliseconds: two seconds, doubled
 * for each attempt, at most an hour. `jitter` as above.
 */
export const deliveryDelay = (attempts: number, jitter: number): number => doubled(2_000, 3_600_000, attempts, jitter)

/**
 * When to look again at a watch that has now failed `attempts` times, in milliseconds: after half a minute (or its
 * interval, where that is shorter), doubled for each attempt, at most an hour (or its interval, where that is longer).
 * @param interval milliseconds
 */
export const lookDelay = (interval: number, attempts: number, jitter: number): number =>
  doubled(Math.min(30_000, interval), Math.max(3_600_000, interval), attempts, jitter)

/**
 * How long a credential rests that was found refused for the `times`-th time (from 1) without an acceptance between, in
 * milliseconds: 1, 2, 4, then 8 hours. What was wrong may be mended at the service, where we do not see it.
 */
export const refusalDelay = (times: number): number => doubled(3_600_000, 8 * 3_600_000, times, 0)
