/**
 * An image's pulls by day, week or month, out of the lifetime counts of single days.
 */
import { Option } from "effect"
import { addDays, daysBetween, startOf, type UtcDay } from "./UtcDay.js"

/** The lifetime count on a day. */
export interface CountOnDay {
  readonly day: UtcDay
  readonly total: bigint
}

/** How long a period is. Weeks begin on Monday. */
export type PeriodLength = "day" | "week" | "month"

/** A day, week or month of a history, or the part of it that lies within what was asked for. */
export interface PullPeriod {
  readonly first: UtcDay
  readonly last: UtcDay
  /** The lifetime count at its last row. */
  readonly total: Option.Option<bigint>
  /**
   * Pulls within it. A difference over several days is shared out evenly over them, so that the periods' pulls add up to
   * the whole difference. None where nothing of it is known: before the second row, or where the counter fell.
   */
  readonly pulls: Option.Option<bigint>
  /** Its days between the first and the last row that have no row of their own. */
  readonly missingDays: number
  /** The counter fell on one of its days. */
  readonly fell: boolean
  /**
   * A week or month that is not told whole: it reaches beyond what was asked for, or begins before the history or ends
   * after it (as the current one does).
   */
  readonly partial: boolean
}

const firstOfMonth = (day: UtcDay): UtcDay => addDays(day, 1 - Number(day.slice(8, 10)))

/** The first day of the period that holds a day. */
export const firstDay = (by: PeriodLength, day: UtcDay): UtcDay => {
  if (by === "day") return day
  if (by === "month") return firstOfMonth(day)
  // The first day of 1970 was a Thursday.
  return addDays(day, -((Math.floor(startOf(day) / 86_400_000) + 3) % 7))
}

/** The last day of the period that begins on a day. */
export const lastDay = (by: PeriodLength, first: UtcDay): UtcDay => {
  if (by === "day") return first
  if (by === "week") return addDays(first, 6)
  return addDays(firstOfMonth(addDays(first, 31)), -1)
}

/** Whole pulls of a day: what came from its start to its end, of a difference that is spread over several days. */
const share = (difference: bigint, days: number, index: number): bigint =>
  (difference * BigInt(index + 1)) / BigInt(days) - (difference * BigInt(index)) / BigInt(days)

interface Building {
  total: Option.Option<bigint>
  pulls: Option.Option<bigint>
  missingDays: number
  fell: boolean
}

/**
 * The periods that touch `from` to `to` (both included) and hold a day of the history, oldest first. `counts` are in the
 * order of their days, each day once; they should begin with the last row before the first period and end with the
 * first row after the last one, as the days between are shared out. Those at the edges end at them, and are partial.
 */
export const periods = (
  counts: ReadonlyArray<CountOnDay>,
  by: PeriodLength,
  from: UtcDay,
  to: UtcDay
): ReadonlyArray<PullPeriod> => {
  const built = new Map<UtcDay, Building>()
  const at = (day: UtcDay): Building | undefined => {
    if (day < from || day > to) return undefined
    const first = firstDay(by, day)
    const known = built.get(first)
    if (known !== undefined) return known
    const made = { total: Option.none(), pulls: Option.none(), missingDays: 0, fell: false }
    built.set(first, made)
    return made
  }
  counts.forEach(({ day, total }, index) => {
    const previous = counts[index - 1]
    const days = previous === undefined ? 1 : daysBetween(previous.day, day)
    for (let n = 0; n < days; n++) {
      const on = addDays(day, n + 1 - days)
      const period = at(on)
      if (period === undefined) continue
      if (on === day) period.total = Option.some(total)
      else period.missingDays += 1
      if (previous === undefined) continue
      if (total < previous.total) period.fell = true
      else {
        const pulls = share(total - previous.total, days, n)
        period.pulls = Option.some(Option.getOrElse(period.pulls, () => 0n) + pulls)
      }
    }
  })
  const [earliest, latest] = [counts[0]?.day, counts.at(-1)?.day]
  return [...built].map(([first, period]) => {
    const last = lastDay(by, first)
    // Of the first row's own day nothing is known.
    const isTold = first >= from && last <= to && earliest !== undefined && first > earliest &&
      latest !== undefined && last <= latest
    return {
      first: first < from ? from : first,
      last: last > to ? to : last,
      ...period,
      pulls: period.fell ? Option.none() : period.pulls,
      partial: by !== "day" && !isTold
    }
  })
}
