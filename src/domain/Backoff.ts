/**
 * When to try again what gave no definite answer: later each time, and not all at once.
 */

const first = 5 * 60_000
const longest = 24 * 3_600_000

/**
 * How long to put off a row that has now failed `attempts` times (1 or more), in milliseconds: five minutes, doubled for
 * each attempt, at most a day. `jitter` (0 to 1) takes off up to a quarter, so that rows that failed together spread out.
 */
export const deferralDelay = (attempts: number, jitter: number): number => {
  const doubled = first * 2 ** Math.min(Math.max(attempts, 1) - 1, 16)
  return Math.round(Math.min(doubled, longest) * (1 - 0.25 * jitter))
}
