/**
 * Numbers and times as people read them. Counts of 64 bits come as texts of digits where a number would lose some.
 */
import { h } from "./dom.js"

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
/** @param {number} digits */
const shortWith = (digits) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: digits })
const short = shortWith(3)
const percentage = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 })

/** @param {Intl.NumberFormat} format @param {number | bigint} value */
const written = (format, value) => format.format(value).replace("-", "−")

/** @typedef {number | string | bigint | null | undefined} Count */

/** @param {Count} value */
const numeric = (value) => typeof value === "string" ? BigInt(value) : value

/** With its thousands apart; `–` where there is none. @param {Count} value */
export const count = (value) => {
  const number = numeric(value)
  return number === null || number === undefined ? "–" : written(whole, number)
}

/** `12.3M`. @param {Count} value */
export const compact = (value) => {
  const number = numeric(value)
  return number === null || number === undefined ? "–" : written(short, number)
}

/**
 * The steps of a scale as `compact` writes numbers, but with as many digits as tell them apart.
 * @param {ReadonlyArray<number>} values rising evenly
 */
export const stepLabels = (values) => {
  const [first = 0, second = first] = values
  const ratio = Math.max(...values.map(Math.abs)) / (second - first)
  // Two more than the ratio's: steps of 2.5 are common.
  const digits = Number.isFinite(ratio) && ratio > 1 ? Math.min(15, Math.floor(Math.log10(ratio)) + 3) : 3
  const format = shortWith(digits)
  return values.map((value) => written(format, value))
}

/** A difference, with its sign. @param {Count} value */
export const signed = (value) => {
  const number = numeric(value)
  return number === null || number === undefined ? "–" : (number > 0 ? "+" : "") + count(number)
}

/** @param {number} part @param {number} total */
export const share = (part, total) => total <= 0 ? "–" : percentage.format(Math.floor(part / total * 1000) / 1000)

/** `1 image`, `2 images`. @param {Count} value @param {string} one @param {string} [many] */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${Number(value) === 1 ? one : many}`

const units = /** @type {const} */ ([["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]])

/** `2 h 5 min`: the two largest units. @param {number} millis */
export const duration = (millis) => {
  let seconds = Math.max(0, Math.round(millis / 1000))
  const first = units.findIndex(([, length]) => seconds >= length)
  if (first < 0) return "0 s"
  const said = []
  for (const [name, length] of units.slice(first, first + 2)) {
    const amount = Math.floor(seconds / length)
    seconds -= amount * length
    if (amount > 0) said.push(`${amount} ${name}`)
  }
  return said.join(" ")
}

/** `2026-11-21 06:32`, in UTC. @param {string} iso */
export const minute = (iso) => new Date(iso).toISOString().slice(0, 16).replace("T", " ")

/** Longer ago than this, the day says more than the distance. */
const longAgo = 60 * 86_400_000

/**
 * An instant: how long ago, or its day, with the whole in the title.
 * @param {string | null | undefined} iso
 */
export const ago = (iso) => {
  if (iso === null || iso === undefined) return h("span", { class: "faint" }, "–")
  const passed = Date.now() - Date.parse(iso)
  const text = passed > longAgo
    ? iso.slice(0, 10)
    : passed < 0
    ? `in ${duration(-passed)}`
    : passed < 5000
    ? "now"
    : `${duration(passed).split(/(?<=[a-z]) /)[0]} ago`
  return h("time", { datetime: iso, title: `${minute(iso)} UTC` }, text)
}

/** An instant, to the minute. @param {string | null | undefined} iso */
export const at = (iso) =>
  iso === null || iso === undefined
    ? h("span", { class: "faint" }, "–")
    : h("time", { datetime: iso, title: "UTC" }, minute(iso))

/** Epoch seconds of a UTC day's beginning. @param {string} day */
export const secondsOf = (day) => Date.parse(`${day}T00:00:00Z`) / 1000

/** The UTC day of epoch seconds. @param {number} seconds */
export const dayOf = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10)

/** `12.3 MB`, by thousands. @param {number} size */
export const bytes = (size) => {
  const at = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, size)) / 3)))
  return `${(size / 1000 ** at).toFixed(at === 0 || size / 1000 ** at >= 100 ? 0 : 1)} ${
    ["B", "kB", "MB", "GB", "TB"][at]
  }`
}
