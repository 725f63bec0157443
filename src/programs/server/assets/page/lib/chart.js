/**
 * A chart with everything about it: a readout, a table of the same numbers, and downloads.
 */
import { fill, h } from "./dom.js"
import { csvOf, downloads } from "./download.js"
import { count } from "./format.js"
import { axes, canvas, data, dayRange, fromZero, palette, right, seriesOptions, summary } from "./plot.js"
import { chartSvg } from "./svg.js"

/** @typedef {import("./plot.js").Chart} Chart */

/** @param {Chart} chart @returns {{ columns: string[], rows: Array<Array<string | number | null>> }} */
const tableOf = ({ days, notes = [], series }) => ({
  columns: ["date", ...series.map(({ label }) => label), ...notes.map(({ label }) => label)],
  rows: days.map((day, index) => [
    day,
    ...series.map(({ values }) => values[index] ?? null),
    ...notes.map(({ values }) => values[index] ?? "")
  ])
})

/** The numbers of a chart, made when they are asked for. @param {Chart} chart */
const asTable = (chart) => {
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${chart.title}: numbers` })
  const details = h("details", { class: "numbers" }, h("summary", {}, "As a table"), body)
  details.addEventListener("toggle", () => {
    if (!details.open || body.hasChildNodes()) return
    const { columns, rows } = tableOf(chart)
    fill(
      body,
      h(
        "table",
        { class: "compact" },
        h(
          "thead",
          {},
          h("tr", {}, columns.map((name, index) => h("th", { scope: "col", class: index === 0 ? "" : "number" }, name)))
        ),
        h(
          "tbody",
          {},
          rows.toReversed().map(([day, ...values]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, day),
              values.map((value) => h("td", { class: "number" }, typeof value === "string" ? value : count(value)))
            )
          )
        )
      )
    )
  })
  return details
}

/**
 * A chart with everything about it.
 * @param {Chart} chart @param {AbortSignal} signal
 */
export const chartOf = (chart, signal) => {
  const place = h("div", { class: "plot", role: "img", "aria-label": summary(chart) })
  const readout = h("output", { class: "readout", "aria-hidden": "true" })
  const legend = chart.series.map(({ label }, index) =>
    h("span", { class: "key" }, h("span", { class: `swatch data-${index + 1}` }), label)
  )
  canvas(place, signal, (uPlot, width) =>
    new uPlot(
      {
        width,
        height: chart.height ?? 240,
        // Days are UTC days, wherever the reader is.
        tzDate: (/** @type {number} */ seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        padding: [8, right, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false },
        scales: { x: { range: dayRange(chart) }, ...(chart.floating === true ? {} : { y: { range: fromZero } }) },
        axes: axes(chart),
        series: [
          {},
          ...chart.series.map((series, index) =>
            seriesOptions(uPlot, series, palette[index % palette.length] ?? "--data-1")
          )
        ],
        hooks: {
          setCursor: [(/** @type {any} */ plot) => {
            const index = plot.cursor.idx
            const day = index === null || index === undefined ? undefined : chart.days[index]
            fill(
              readout,
              day === undefined ? "" : [
                h("b", {}, day),
                chart.series.map(({ label, values }) => ` · ${count(values[index])} ${label}`),
                (chart.notes ?? []).map(({ values }) => values[index] ? ` · ${values[index]}` : "")
              ]
            )
          }]
        }
      },
      data(chart),
      place
    ))
  const { columns, rows } = tableOf(chart)
  return h(
    "figure",
    { class: "chart" },
    h(
      "figcaption",
      {},
      h("h3", {}, chart.title),
      h("span", { class: "keys" }, legend.length > 1 ? legend : h("span", { class: "faint" }, chart.unit)),
      readout,
      downloads(chart.title, {
        csv: () => csvOf(columns, rows),
        json: () => rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
        svg: () => chartSvg(chart)
      })
    ),
    place,
    asTable(chart)
  )
}
