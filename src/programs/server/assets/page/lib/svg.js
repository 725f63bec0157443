/**
 * Pictures as text: a chart to take along, and the sparkline of a row.
 */
import { s } from "./dom.js"
import { compact } from "./format.js"

/** @param {string} text */
const escape = (text) =>
  text.replaceAll(/[^\t\n\r\u0020-\uFFFD]/g, "").replaceAll(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`
  )

const colours = ["#0b6b8f", "#c2571a", "#5c7f1f", "#7a4fb0"]

/**
 * Round whole steps from 0 to at least `largest`, four or so.
 * @param {number} largest
 */
export const steps = (largest) => {
  if (!(largest > 0)) return [0, 1]
  const rough = largest / 4
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude)
    .find((value) => value >= rough && Number.isInteger(value)) ?? 1
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, index) => index * step)
}

/** A coordinate, to a hundredth. @param {number} value */
const n = (value) => String(Math.round(value * 100) / 100)

/**
 * @typedef {{ label: string, kind: "bars" | "line", values: ReadonlyArray<number | null> }} Series
 * @param {{ title: string, unit: string, days: ReadonlyArray<string>, series: ReadonlyArray<Series> }} chart
 * @returns {string} an SVG document
 */
export const chartSvg = ({ days, series, title, unit }) => {
  const [width, height, left, right, top, bottom] = [960, 360, 64, 16, 56, 36]
  const inner = { width: width - left - right, height: height - top - bottom }
  const largest = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const scale = steps(largest)
  const most = scale.at(-1) ?? 1
  const slot = inner.width / Math.max(1, days.length)
  /** @param {number} index */
  const x = (index) => left + slot * (index + 0.5)
  /** @param {number} value */
  const y = (value) => top + inner.height * (1 - Math.max(0, value) / most)
  const shapes = series.map(({ kind, values }, index) => {
    const colour = colours[index % colours.length]
    if (kind === "bars") {
      const bar = Math.max(0.5, slot * 0.8)
      const bars = values.map((value, day) =>
        value === null
          ? ""
          : `M${n(x(day) - bar / 2)} ${n(top + inner.height)}V${n(y(value))}h${n(bar)}V${n(top + inner.height)}z`
      )
      return `<path fill="${colour}" d="${bars.join("")}"/>`
    }
    let pen = "M"
    const line = values.map((value, day) => {
      if (value === null) {
        pen = "M"
        return ""
      }
      const step = `${pen}${n(x(day))} ${n(y(value))}`
      pen = "L"
      return step
    })
    return `<path fill="none" stroke="${colour}" stroke-width="1.75" stroke-linejoin="round" d="${line.join("")}"/>`
  })
  const grid = scale.map((value) =>
    `<path stroke="#dfe3e8" d="M${left} ${n(y(value))}H${width - right}"/>` +
    `<text x="${left - 8}" y="${n(y(value) + 4)}" text-anchor="end">${escape(compact(value))}</text>`
  )
  const every = Math.max(1, Math.ceil(days.length / 8))
  const ticks = days.flatMap((day, index) =>
    index % every === 0
      ? [`<text x="${n(x(index))}" y="${height - 12}" text-anchor="middle">${escape(day)}</text>`]
      : []
  )
  const legend = series.map(({ label }, index) =>
    `<tspan dx="${index === 0 ? 0 : 16}" fill="${colours[index % colours.length]}">■ </tspan><tspan>${
      escape(label)
    }</tspan>`
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" font-family="system-ui, sans-serif" font-size="12" fill="#4a5560"><title>${escape(title)}</title>` +
    `<rect width="${width}" height="${height}" fill="#fff"/>` +
    `<text x="${left}" y="22" font-size="15" font-weight="600" fill="#16202a">${escape(title)}</text>` +
    `<text x="${left}" y="42">${legend.join("")}<tspan dx="16" fill="#66717d">${escape(unit)}</tspan></text>` +
    `${grid.join("")}${shapes.join("")}${ticks.join("")}</svg>\n`
}

/**
 * A row's recent days, without axes. Says what it shows to those who do not see it.
 * @param {ReadonlyArray<number | null>} values @param {string} about
 */
export const sparkline = (values, about) => {
  const known = values.filter((value) => value !== null)
  const [width, height] = [120, 24]
  if (known.length < 2) return s("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" })
  const most = Math.max(1, ...known)
  const step = width / Math.max(1, values.length - 1)
  let pen = "M"
  const line = values.map((value, index) => {
    if (value === null) {
      pen = "M"
      return ""
    }
    const point = `${pen}${(index * step).toFixed(1)} ${(height - 2 - value / most * (height - 4)).toFixed(1)}`
    pen = "L"
    return point
  })
  return s(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": about
    },
    s("path", { d: line.join("") })
  )
}
