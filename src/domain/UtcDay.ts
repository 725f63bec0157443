/**
 * A calendar day in UTC, written `YYYY-MM-DD`. Snapshots belong to such days, never to "24 hours ago".
 */
import { DateTime, type Option, Schema } from "effect"

const dayText = (epochMillis: number): string => DateTime.formatIsoDateUtc(DateTime.unsafeMake(epochMillis))

const isCalendarDay = (text: string): boolean => {
  const epoch = Date.parse(`${text}T00:00:00.000Z`)
  // Year 0 is none of Postgres', nor of the calendar's.
  return !Number.isNaN(epoch) && dayText(epoch) === text && !text.startsWith("0000")
}

/** A real day of the Gregorian calendar in the form `YYYY-MM-DD`. Its strings order as its days do. */
export const UtcDay = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}$/),
  Schema.filter((text) => isCalendarDay(text) || `not a day of the calendar: ${text}`),
  Schema.brand("UtcDay")
)
export type UtcDay = typeof UtcDay.Type

const decode = Schema.decodeSync(UtcDay)
const dayMillis = 86_400_000

/** The UTC day that holds this instant (epoch milliseconds, years 0001 to 9999). */
export const dayOf = (epochMillis: number): UtcDay => decode(dayText(epochMillis))

/** The first instant of a day, in epoch milliseconds. */
export const startOf = (day: UtcDay): number => Date.parse(`${day}T00:00:00.000Z`)

/** The day so many days later (earlier when negative). */
export const addDays = (day: UtcDay, days: number): UtcDay => dayOf(startOf(day) + days * dayMillis)

/** Whole days from `from` to `to`. */
export const daysBetween = (from: UtcDay, to: UtcDay): number => Math.round((startOf(to) - startOf(from)) / dayMillis)

/** Reads a day, or nothing. */
export const parse: (text: string) => Option.Option<UtcDay> = Schema.decodeOption(UtcDay)
