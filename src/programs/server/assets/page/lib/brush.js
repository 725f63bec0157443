/**
 * A low chart on which a range of days is chosen.
 */
import { h } from "./dom.js"
import { dayOf, secondsOf } from "./format.js"
import { axes, canvas, data, dayRange, fromZero, right, seriesOptions, summary } from "./plot.js"

/** @typedef {import("./plot.js").Chart} Chart */

/**
 * A low chart on which a range of days is chosen with the pointer. `choose` hears the first and the last day.
 * @param {Chart} chart
 * @param {{ signal: AbortSignal, range: { from: string, to: string }, choose: (from: string, to: string) => void }} options
 */
export const brushOf = (chart, { choose, range, signal }) => {
  const place = h("div", {
    class: "plot brush",
    role: "img",
    "aria-label": `${summary(chart)}. Drag to choose a range; the dates above do the same.`
  })
  let shown = range
  const select = (/** @type {any} */ plot) => {
    const left = Math.max(0, plot.valToPos(secondsOf(shown.from), "x"))
    const right = Math.min(plot.bbox.width / devicePixelRatio, plot.valToPos(secondsOf(shown.to), "x"))
    plot.setSelect(
      { left, top: 0, width: Math.max(2, right - left), height: plot.bbox.height / devicePixelRatio },
      false
    )
  }
  const current = canvas(place, signal, (uPlot, width) =>
    new uPlot(
      {
        width,
        height: 64,
        padding: [4, right, 0, 0],
        legend: { show: false },
        tzDate: (/** @type {number} */ seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        axes: [axes(chart)[0], {
          show: true,
          size: 52,
          values: () => [],
          ticks: { show: false },
          grid: { show: false }
        }],
        scales: { x: { range: dayRange(chart) }, y: { range: fromZero } },
        series: [{}, ...chart.series.map((series) => seriesOptions(uPlot, series, "--faded"))],
        hooks: {
          ready: [select],
          setSelect: [(/** @type {any} */ plot) => {
            if (plot.select.width < 3) return select(plot)
            const from = dayOf(plot.posToVal(plot.select.left, "x"))
            const to = dayOf(plot.posToVal(plot.select.left + plot.select.width, "x"))
            shown = { from, to }
            choose(from, to)
          }]
        }
      },
      data(chart),
      place
    ))
  return {
    element: h("div", { class: "brush-box" }, place),
    /** @param {{ from: string, to: string }} next */
    show: (next) => {
      shown = next
      const plot = current()
      if (plot !== undefined) select(plot)
    }
  }
}
