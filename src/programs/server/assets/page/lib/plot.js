/**
 * What charts and brushes share: uPlot, once there is a need for it, in the page's colours, by UTC days.
 */
import { fill, h } from "./dom.js"
import { dayOf, secondsOf, stepLabels } from "./format.js"

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {"bars" | "line"} kind
 * @property {ReadonlyArray<number | null>} values
 * @property {ReadonlyArray<boolean>} [parts] whether a value is of a part of its period only: then its bar is paler
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} unit what is counted: `pulls per day`
 * @property {ReadonlyArray<string>} days the UTC day of each value, rising
 * @property {ReadonlyArray<Series>} series
 * @property {ReadonlyArray<{ label: string, values: ReadonlyArray<string> }>} [notes] more columns of the table
 * @property {number} [height] in pixels
 * @property {boolean} [floating] the scale need not begin at 0: for what only ever grows
 */

/** @type {Promise<any> | undefined} */
let loading

/** uPlot is a script that names itself; it comes from this host, once, when there is a chart. */
const load = () => {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = "/uplot/uPlot.iife.min.js"
    script.addEventListener("load", () => resolve(Reflect.get(globalThis, "uPlot")))
    script.addEventListener("error", () => reject(new Error("the charts could not be loaded; load the page again")))
    document.head.appendChild(script)
  })
  return loading
}

/** A colour of the style sheet as the theme of now resolves it. @param {string} name */
const colour = (name) => {
  const probe = document.createElement("span")
  probe.style.color = `var(${name})`
  document.body.appendChild(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

export const palette = ["--data-1", "--data-2", "--data-3", "--data-4"]

/** Right of a chart, in pixels: half of the last date has to fit in. */
export const right = 28

/** Bars need half a slot on each side. @param {Chart} chart */
export const dayRange = ({ days, series }) => {
  const [first = 0, second = first + 86_400] = days.slice(0, 2).map(secondsOf)
  const half = series.some(({ kind }) => kind === "bars") ? (second - first) / 2 : 0
  return (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [low - half, high + half]
}

/** @param {any} _ @param {number | null} __ @param {number | null} high */
export const fromZero = (_, __, high) => [0, Math.max(1, (high ?? 1) * 1.05)]

/** @param {any} uPlot @param {Series} series @param {string} name of its colour */
export const seriesOptions = (uPlot, series, name) => {
  const stroke = colour(name)
  const { parts } = series
  const pale = colour("--faded")
  const looks = parts !== undefined && parts.includes(true)
    ? { disp: { fill: { unit: 3, values: () => parts.map((part) => part ? pale : stroke) } } }
    : {}
  return series.kind === "bars"
    ? {
      label: series.label,
      stroke,
      fill: stroke,
      width: 0,
      paths: uPlot.paths.bars({ size: [0.82, 48], gap: 0, ...looks }),
      points: { show: false }
    }
    : {
      label: series.label,
      stroke,
      width: 1.75,
      spanGaps: false,
      points: { show: series.values.filter((value) => value !== null).length < 40, size: 5, fill: stroke }
    }
}

/** Steps of a scale of counts: there is no half of a repository or a pull. */
const wholeSteps = Array.from({ length: 16 }, (_, power) => [1, 2, 2.5, 5].map((factor) => factor * 10 ** power)).flat()
  .filter((step) => Number.isInteger(step))

/** @param {Chart} chart */
export const axes = ({ days }) => {
  const axis = { stroke: colour("--muted"), font: "12px system-ui, sans-serif", ticks: { show: false } }
  const grid = { stroke: colour("--line"), width: 1 }
  return [
    {
      ...axis,
      grid: { show: false },
      gap: 8,
      size: 29,
      space: days.length > 1 ? 72 : 40,
      values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(dayLabel)
    },
    {
      ...axis,
      grid,
      incrs: wholeSteps,
      size: (/** @type {any} */ _, /** @type {string[] | null} */ labels) =>
        Math.max(52, ...(labels ?? []).map((label) => 12 + 7 * label.length)),
      values: (/** @type {any} */ _, /** @type {number[]} */ at) => stepLabels(at)
    }
  ]
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `3 Nov`, with the year where it begins. @param {number} seconds */
const dayLabel = (seconds) => {
  const [year, month, day] = dayOf(seconds).split("-")
  const name = months[Number(month) - 1]
  return month === "01" && Number(day) < 8 ? `${name} ${year}` : `${Number(day)} ${name}`
}

/** @param {Chart} chart */
export const data = ({ days, series }) => [days.map(secondsOf), ...series.map(({ values }) => values)]

/**
 * A canvas that follows its place's width and the theme, until the signal.
 * @param {HTMLElement} place @param {AbortSignal} signal @param {(uPlot: any, width: number) => any} draw
 */
export const canvas = (place, signal, draw) => {
  /** @type {any} */
  let plot
  const redraw = async () => {
    const uPlot = await load()
    if (signal.aborted || place.clientWidth === 0) return
    plot?.destroy()
    plot = draw(uPlot, place.clientWidth)
  }
  const resize = new ResizeObserver(() => {
    if (plot !== undefined && plot.width === place.clientWidth) return
    redraw().catch((error) => fill(place, h("p", { class: "faint" }, String(error.message))))
  })
  const scheme = matchMedia("(prefers-color-scheme: dark)")
  const onTheme = () => void redraw()
  resize.observe(place)
  scheme.addEventListener("change", onTheme)
  addEventListener("themechange", onTheme)
  signal.addEventListener("abort", () => {
    resize.disconnect()
    scheme.removeEventListener("change", onTheme)
    removeEventListener("themechange", onTheme)
    plot?.destroy()
  })
  return () => plot
}

/** What a chart shows, in words. @param {Chart} chart */
export const summary = ({ days, series, title }) =>
  `${title}, ${days.length === 0 ? "no days" : `${days[0]} to ${days.at(-1)}`}: ${
    series.map(({ label }) => label).join(", ")
  }`
