/**
 * A calendar day in UTC, written `YYYY-MM-DD`. Snapshots belong to such days, never to "24 hours ago".
 */
import { Brand, type Option, Schema } from "effect"

const dayMillis = 86_400_000

// From days to year, month and day without a date of any kind: histories are thousands of days long, and to make and
// format a date for each was most of what showing them cost. Years begin in March here, so that leap days come last.
const dayText = (epochMillis: number): string => {
  const days = Math.floor(epochMillis / dayMillis) + 719_468
  const era = Math.floor(days / 146_097)
  const ofEra = days - era * 146_097
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365
  )
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const calendarYear = year + era * 400 + (month <= 2 ? 1 : 0)
  return `${String(calendarYear).padStart(4, "0")}-${month < 10 ? "0" : ""}${month}-${day < 10 ? "0" : ""}${day}`
}

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

// What was formatted as a day is one: to check that again would be most of what long histories cost.
const formatted = Brand.nominal<UtcDay>()

/** The UTC day that holds this instant (epoch milliseconds, years 0001 to 9999). */
export const dayOf = (epochMillis: number): UtcDay => formatted(dayText(epochMillis))

// The way back from `dayText`.
const epochDay = (day: UtcDay): number => {
  const month = Number(day.slice(5, 7))
  const year = Number(day.slice(0, 4)) - (month <= 2 ? 1 : 0)
  const era = Math.floor(year / 400)
  const ofEra = year - era * 400
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + Number(day.slice(8, 10)) - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

/** The first instant of a day, in epoch milliseconds. */
export const startOf = (day: UtcDay): number => epochDay(day) * dayMillis

/** The day so many days later (earlier when negative). */
export const addDays = (day: UtcDay, days: number): UtcDay => dayOf((epochDay(day) + days) * dayMillis)

/** Whole days from `from` to `to`. */
export const daysBetween = (from: UtcDay, to: UtcDay): number => epochDay(to) - epochDay(from)

/** Reads a day, or nothing. */
export const parse: (text: string) => Option.Option<UtcDay> = Schema.decodeOption(UtcDay)
