/**
 * The days, weeks and months of a history, as a chart and its table have them.
 */

/** @param {string} day @param {number} days */
export const later = (day, days) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** The first day of the period that holds a day. @param {string} by @param {string} day */
const startOf = (by, day) => {
  if (by === "day") return day
  if (by === "month") return `${day.slice(0, 8)}01`
  return later(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
}

/**
 * Where a row stands in a chart: where its whole period begins, also when only a part of it is told, so that all rows are
 * equally far from each other.
 * @param {string} by @param {any} row
 */
export const dayOfRow = (by, row) => startOf(by, row.date)

/** Of which days a row tells that does not tell its whole period. @param {string} by @param {any} row */
const partOf = (by, { date, to }) => {
  const isCut = startOf(by, date) !== date || startOf(by, later(to, 1)) !== later(to, 1)
  return `part of the ${by}${isCut ? `, ${date} to ${to}` : ""}`
}

/** What is to be known of a row. @param {string} by @param {any} row */
export const noteOf = (by, row) =>
  [
    row.fell && "the counter fell",
    !row.fell && row.missingDays > 0 && `${row.missingDays} without a row: shared out evenly`,
    row.partial === true && partOf(by, row)
  ].filter((part) => part !== false).join("; ")
