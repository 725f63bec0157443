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
import { dayOfRow, later, noteOf } from "./periods.js"
import { pattern } from "./weekdays.js"

/** What the API shows at a time, in days. */
const mostDays = 3660

/** @param {Array<any>} rows */
const total = (rows) => {
  const known = rows.filter(({ pulls }) => pulls !== null)
  return known.length === 0 ? null : known.reduce((sum, { pulls }) => sum + BigInt(pulls), 0n)
}

/** @param {string | undefined} text */
const isDay = (text) => text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** Does a registry tell how often its images were pulled? Images of others are not refreshed. @param {string} registry */
export const countsPulls = (registry) => registry === "docker.io"

/** @param {string} registry */
const untold = (registry) =>
  registry === "quay.io"
    ? "Quay tells what happens to an image by day, pulls and pushes and others in one number, but not how often it was pulled."
    : `${registry} does not tell how often an image was pulled.`

/** @param {any} image @param {AbortSignal} signal @returns {Promise<Node>} */
export const pullsOf = async (image, signal) => {
  const { days, first: firstKnown, last } = image.history
  if ((firstKnown === null || last === null) && !countsPulls(image.registry)) {
    return nothing("Pulls are not known", `${untold(image.registry)} Docker Hub alone tells that to everybody.`)
  }
  if (firstKnown === null || last === null) {
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
  const earliest = later(last, 1 - mostDays)
  const first = firstKnown < earliest ? earliest : firstKnown
  const state = readState()
  const clamp = (/** @type {string} */ day) => day < first ? first : day > last ? last : day
  let range = {
    from: clamp(isDay(state["from"]) ? state["from"] ?? "" : later(last, -364)),
    to: clamp(isDay(state["to"]) ? state["to"] ?? "" : last)
  }
  let by = ["week", "month"].includes(state["by"] ?? "") ? state["by"] ?? "day" : "day"
  const span = (Date.parse(last) - Date.parse(first)) / 86_400_000

  const path = `/images/${segment(image.image)}/pulls`
  const wholeBy = span > 180 ? "week" : "day"
  const whole = await get(path, { by: wholeBy, from: first, to: last }, signal)
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
    days: whole.rows.map((/** @type {any} */ row) => dayOfRow(wholeBy, row)),
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
      const dates = rows.map((/** @type {any} */ row) => dayOfRow(by, row))
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
            values: rows.map((/** @type {any} */ row) => row.pulls === null ? null : Number(row.pulls)),
            parts: rows.map((/** @type {any} */ row) => row.partial === true)
          }],
          notes: [{ label: "note", values: rows.map((/** @type {any} */ row) => noteOf(by, row)) }]
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
    firstKnown < first && h(
      "p",
      { class: "faint small" },
      `The last ${count(mostDays)} days are shown here. The API has those before, from ${firstKnown} on.`
    ),
    shown
  )
}
