/**
 * An image's pulls: by day, week or month, over a range that is chosen on a brush, by dates or by a button.
 */
import { get, segment } from "../../lib/api.js"
import { brushOf } from "../../lib/brush.js"
import { chartOf } from "../../lib/chart.js"
import { fill, h, say } from "../../lib/dom.js"
import { compact, count, signed } from "../../lib/format.js"
import { failure, figure, figures, nothing } from "../../lib/parts.js"
import { readState, replaceState } from "../../lib/state.js"

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** @param {string} day @param {number} days */
const later = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** @param {Array<any>} rows */
const notesOf = (rows) =>
  rows.map(({ fell, missingDays }) =>
    fell ? "the counter fell" : missingDays > 0 ? `${missingDays} without a row: shared out evenly` : ""
  )

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

/** @param {Array<any>} rows days */
const pattern = (rows) => {
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

/** @param {Array<any>} rows */
const total = (rows) => {
  const known = rows.filter(({ pulls }) => pulls !== null)
  return known.length === 0 ? null : known.reduce((sum, { pulls }) => sum + BigInt(pulls), 0n)
}

/** @param {string | undefined} text */
const isDay = (text) => text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** @param {any} image @param {AbortSignal} signal @returns {Promise<Node>} */
export const pullsOf = async (image, signal) => {
  const { days, first, last } = image.history
  if (first === null || last === null) {
    return nothing(
      "No day is known yet",
      "The first row comes with the image's next refresh, the first difference a day after."
    )
  }
  if (days < 2) {
    return nothing(
      "One day is known",
      `${count(image.pulls)} pulls by ${last}. What one day brings is known when there is a second row.`
    )
  }
  const state = readState()
  const clamp = (/** @type {string} */ day) => day < first ? first : day > last ? last : day
  let range = {
    from: clamp(isDay(state["from"]) ? state["from"] ?? "" : later(last, -364)),
    to: clamp(isDay(state["to"]) ? state["to"] ?? "" : last)
  }
  let by = ["week", "month"].includes(state["by"] ?? "") ? state["by"] ?? "day" : "day"
  const span = (Date.parse(last) - Date.parse(first)) / 86_400_000

  const path = `/images/${segment(image.image)}/pulls`
  const whole = await get(path, { by: span > 180 ? "week" : "day", from: first, to: last }, signal)
  const shown = h("div", {})
  /** @param {"from" | "to"} name @param {string} label */
  const dateField = (name, label) => {
    const input = h("input", {
      type: "date",
      id: `range-${name}`,
      min: first,
      max: last,
      value: range[name],
      onchange: () => {
        if (input.value !== "" && input.validity.valid) choose({ ...range, [name]: input.value })
      }
    })
    return { input, field: h("div", { class: "field" }, h("label", { for: `range-${name}` }, label), input) }
  }
  const from = dateField("from", "From")
  const to = dateField("to", "To")
  const presets = [["30 days", 30], ["90 days", 90], ["1 year", 365], ["All", span + 1]].filter(([, length], index) =>
    index === 3 || Number(length) < span
  )
  const presetButtons = presets.map(([label, length]) =>
    h("button", {
      type: "button",
      class: "quiet",
      onclick: () => choose({ from: clamp(later(last, 1 - Number(length))), to: last })
    }, label)
  )
  const byButtons = ["day", "week", "month"].map((one) =>
    h("button", {
      type: "button",
      class: "quiet",
      "aria-pressed": String(one === by),
      onclick: () => {
        by = one
        replaceState({ by: one === "day" ? "" : one })
        for (const button of byButtons) button.setAttribute("aria-pressed", String(button.textContent === one))
        void draw()
      }
    }, one)
  )

  const brush = brushOf({
    title: `All pulls of ${image.image}`,
    unit: "pulls",
    days: whole.rows.map((/** @type {any} */ row) => row.date),
    series: [{
      label: "pulls",
      kind: "bars",
      values: whole.rows.map((/** @type {any} */ row) => row.pulls === null ? null : Number(row.pulls))
    }]
  }, { signal, range, choose: (from, to) => choose({ from, to }) })

  /** @param {{ from: string, to: string }} next */
  const choose = (next) => {
    range = next.from <= next.to
      ? { from: clamp(next.from), to: clamp(next.to) }
      : { from: clamp(next.to), to: clamp(next.from) }
    replaceState(range)
    from.input.value = range.from
    to.input.value = range.to
    brush.show(range)
    void draw()
  }

  let drawing = new AbortController()
  const draw = async () => {
    drawing.abort()
    drawing = new AbortController()
    const mine = AbortSignal.any([signal, drawing.signal])
    try {
      const answer = await get(path, { by, ...range }, mine)
      const daily = by === "day" ? answer : await get(path, { by: "day", ...range }, mine)
      const rows = answer.rows
      const sum = total(daily.rows)
      const known = daily.rows.filter((/** @type {any} */ row) => row.pulls !== null).length
      const totals = rows.map((/** @type {any} */ row) => row.pullsTotal === null ? null : Number(row.pullsTotal))
      const dates = rows.map((/** @type {any} */ row) => row.date)
      fill(
        shown,
        figures(
          figure("Pulls in this range", sum === null ? "–" : `+${compact(sum)}`, signed(sum)),
          figure(
            "A day on average",
            sum === null || known === 0 ? "–" : compact(Number(sum) / known),
            `${count(known)} days are known`
          ),
          figure(
            "Lifetime at its end",
            compact(totals.findLast((/** @type {any} */ value) => value !== null) ?? null),
            count(rows.findLast((/** @type {any} */ row) => row.pullsTotal !== null)?.pullsTotal)
          )
        ),
        chartOf({
          title: `Pulls per ${by}`,
          unit: "differences of the lifetime count",
          days: dates,
          series: [{
            label: "pulls",
            kind: "bars",
            values: rows.map((/** @type {any} */ row) => row.pulls === null ? null : Number(row.pulls))
          }],
          notes: [{ label: "note", values: notesOf(rows) }]
        }, mine),
        h(
          "div",
          { class: "pair" },
          chartOf({
            title: "Total",
            unit: "lifetime count",
            days: dates,
            series: [{ label: "total", kind: "line", values: totals }],
            height: 200,
            floating: true
          }, mine),
          pattern(daily.rows)
        )
      )
      say(`${range.from} to ${range.to}: ${count(sum)} pulls`)
    } catch (error) {
      if (!mine.aborted) fill(shown, failure(error, () => void draw()))
    }
  }
  void draw()
  return h(
    "div",
    {},
    h(
      "div",
      { class: "filters" },
      h("div", { class: "segments", role: "group", "aria-label": "Rows by" }, byButtons),
      h("div", { class: "segments", role: "group", "aria-label": "Range" }, presetButtons),
      from.field,
      to.field
    ),
    brush.element,
    shown
  )
}
