/**
 * Files out of what is on the page.
 */
import { h } from "./dom.js"

/**
 * A cell of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets a quote before it.
 * @param {unknown} value
 */
const cell = (value) => {
  if (value === null || value === undefined) return ""
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) && !/^-?\d+$/.test(value)
    ? `'${value}`
    : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text
}

/**
 * Rows as CSV with a header.
 * @param {ReadonlyArray<string>} columns @param {ReadonlyArray<ReadonlyArray<unknown>>} rows
 */
export const csvOf = (columns, rows) => [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")

/** A name that every file system takes. @param {string} text */
const fileName = (text) =>
  text.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^[-.]+|-+$/g, "").slice(0, 120) || "image-census"

/**
 * Offers a text as a file.
 * @param {string} name @param {string} type @param {string} text
 */
const save = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/**
 * Buttons for the downloads of one thing.
 * @param {string} name without its ending
 * @param {{ csv?: () => string, json?: () => unknown, svg?: () => string }} files
 */
export const downloads = (name, { csv, json, svg }) => {
  /** @param {string} label @param {() => void} onclick */
  const button = (label, onclick) =>
    h("button", { type: "button", class: "quiet", "aria-label": `Download ${name} as ${label}`, onclick }, label)
  return h(
    "span",
    { class: "downloads", role: "group", "aria-label": `Downloads of ${name}` },
    csv && button("CSV", () => save(`${fileName(name)}.csv`, "text/csv", csv())),
    json &&
      button("JSON", () => save(`${fileName(name)}.json`, "application/json", `${JSON.stringify(json(), null, 2)}\n`)),
    svg && button("SVG", () => save(`${fileName(name)}.svg`, "image/svg+xml", svg()))
  )
}
