/**
 * How an image's pulls lie over the week.
 */
import { h } from "../../lib/dom.js"
import { compact } from "../../lib/format.js"

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** The mean of each weekday, of days that are known by their own rows. @param {Array<any>} rows */
const weekdayMeans = (rows) =>
  weekdays.map((name, index) => {
    const values = rows.filter(({ date, missingDays, pulls }) =>
      pulls !== null && missingDays === 0 && (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7 === index
    )
      .map(({ pulls }) => Number(pulls))
    return {
      name,
      mean: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
      days: values.length
    }
  })

/** A bar for each weekday; null where no day is known. @param {Array<any>} rows days */
export const pattern = (rows) => {
  const means = weekdayMeans(rows)
  const most = Math.max(1, ...means.map(({ mean }) => mean ?? 0))
  if (means.every(({ mean }) => mean === null)) return null
  return h(
    "figure",
    { class: "chart weekdays" },
    h("figcaption", {}, h("h3", {}, "By weekday"), h("span", { class: "faint" }, "mean pulls per day (UTC)")),
    h(
      "table",
      { class: "bars" },
      h(
        "thead",
        { class: "unseen" },
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Weekday"),
          h("th", { scope: "col" }, "Share"),
          h("th", { scope: "col" }, "Pulls")
        )
      ),
      h(
        "tbody",
        {},
        means.map(({ days, mean, name }) => {
          const bar = h("span", { class: "stick" })
          bar.style.width = `${(mean ?? 0) / most * 100}%`
          return h(
            "tr",
            { title: `${days} days` },
            h("th", { scope: "row" }, name.slice(0, 3)),
            h("td", { class: "fill", "aria-hidden": "true" }, bar),
            h("td", { class: "number" }, mean === null ? "–" : compact(Math.round(mean)))
          )
        })
      )
    )
  )
}
