/**
 * An image's history of pulls, day by day: what a table and a sparkline show of it.
 */
import { Option } from "effect"
import { addDays, daysBetween, type UtcDay } from "./UtcDay.js"

/** A day on which the lifetime count was seen, with the difference to the row before. */
export interface HistoryRow {
  readonly day: UtcDay
  /** The lifetime count. */
  readonly total: bigint
  /** The difference to the previous row, over `gapDays` days; none on the first day. */
  readonly pulls: Option.Option<bigint>
  /** Days since the previous row; 1 where there is no gap, 0 on the first day. */
  readonly gapDays: number
  /** The counter fell: the difference is no number of pulls. */
  readonly fell: boolean
}

/** Differences out of lifetime counts, which must be in the order of their days, each day once. */
export const rowsOf = (
  counts: ReadonlyArray<{ readonly day: UtcDay; readonly total: bigint }>
): ReadonlyArray<HistoryRow> =>
  counts.map(({ day, total }, index) => {
    const previous = counts[index - 1]
    return previous === undefined
      ? { day, total, pulls: Option.none(), gapDays: 0, fell: false }
      : {
        day,
        total,
        pulls: Option.some(total - previous.total),
        gapDays: daysBetween(previous.day, day),
        fell: total < previous.total
      }
  })

/** What is known of one calendar day. */
export type DayPulls =
  | { readonly _tag: "Known"; readonly day: UtcDay; readonly pulls: number }
  /** No row that day: its pulls are within a later row's, of which `share` is the average. */
  | { readonly _tag: "Gap"; readonly day: UtcDay; readonly share: Option.Option<number> }
  /** The counter fell, so the day's pulls are not known. */
  | { readonly _tag: "Fell"; readonly day: UtcDay }

/**
 * Every calendar day from the first row to the last, without the first row's own day (its pulls are not known). A
 * difference over several days is shared out evenly over them.
 */
export const calendar = (rows: ReadonlyArray<HistoryRow>): ReadonlyArray<DayPulls> =>
  rows.flatMap((row): ReadonlyArray<DayPulls> => {
    if (row.gapDays === 0 || Option.isNone(row.pulls)) return []
    const share = row.fell ? Option.none() : Option.some(Number(row.pulls.value) / row.gapDays)
    const gap = Array.from({ length: row.gapDays - 1 }, (_, index): DayPulls => ({
      _tag: "Gap",
      day: addDays(row.day, index + 1 - row.gapDays),
      share
    }))
    return [
      ...gap,
      Option.match(share, {
        onNone: (): DayPulls => ({ _tag: "Fell", day: row.day }),
        onSome: (pulls): DayPulls => ({ _tag: "Known", day: row.day, pulls })
      })
    ]
  })

/**
 * Pulls on each of the last so many calendar days up to `last`, as `calendar` has them, rounded; none where a day's are
 * not known. `counts` are in the order of their days, each day once. For lists of many images: it makes one array.
 */
export const dailyPulls = (
  counts: ReadonlyArray<{ readonly day: UtcDay; readonly total: bigint }>,
  last: UtcDay,
  days: number
): ReadonlyArray<number | null> => {
  const pulls = Array.from({ length: days }, (): number | null => null)
  for (const [index, { day, total }] of counts.entries()) {
    const previous = counts[index - 1]
    if (previous === undefined || total < previous.total) continue
    const gap = daysBetween(previous.day, day)
    const share = Math.round(Number(total - previous.total) / gap)
    const place = days - 1 - daysBetween(day, last)
    for (let n = Math.max(0, place - gap + 1); n <= Math.min(place, days - 1); n++) pulls[n] = share
  }
  return pulls
}

const bars = ["▁", "▂", "▃", "▅", "▇"] as const

/** One character for each value, by its share of the range from 0 to the largest. */
const bar = (value: number, largest: number): string =>
  bars[largest <= 0 ? 0 : Math.min(bars.length - 1, Math.floor((value / largest) * bars.length))] ?? bars[0]

/** What a character stands for: as many neighbouring days as it takes to fit. */
const bucket = (days: ReadonlyArray<DayPulls>): { readonly fell: boolean; readonly mean: number | undefined } => {
  const known = days.flatMap((day) => day._tag === "Known" ? [day.pulls] : [])
  return {
    fell: days.some((day) => day._tag === "Fell"),
    mean: known.length === 0 ? undefined : known.reduce((sum, pulls) => sum + pulls, 0) / known.length
  }
}

/**
 * At most `width` characters, each for one day, or for the mean of several where there are more: a bar, `·` where there
 * is no row, `!` where the counter fell.
 */
export const sparkline = (days: ReadonlyArray<DayPulls>, width: number): string => {
  const perCharacter = Math.max(1, Math.ceil(days.length / Math.max(1, width)))
  const buckets = Array.from(
    { length: Math.ceil(days.length / perCharacter) },
    (_, index) => bucket(days.slice(index * perCharacter, (index + 1) * perCharacter))
  )
  const largest = buckets.reduce((most, { mean }) => Math.max(most, mean ?? 0), 0)
  return buckets.map(({ fell, mean }) => fell ? "!" : mean === undefined ? "·" : bar(mean, largest)).join("")
}

/**
 * Pulls in the last so many calendar days up to the last row's day; gaps count with their share. None where the history
 * is shorter, or the counter fell within them.
 */
export const pullsWithin = (days: ReadonlyArray<DayPulls>, length: number): Option.Option<number> => {
  if (length < 1 || days.length < length) return Option.none()
  const last = days.slice(-length).map((day) =>
    day._tag === "Known" ? Option.some(day.pulls) : day._tag === "Gap" ? day.share : Option.none()
  )
  return Option.map(Option.all(last), (pulls) => Math.round(pulls.reduce((sum, value) => sum + value, 0)))
}
