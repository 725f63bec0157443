/**
 * The README's table of settings, out of the settings themselves.
 */
import { settingsTable } from "../../src/programs/settings/Settings.js"

const header = ["setting", "type", "default", "unit", "what it is"]

/** The table's cells, header first, as the README has to show them. */
export const settingsCells = (): ReadonlyArray<ReadonlyArray<string>> => [
  header,
  ...settingsTable().map((row) => [`\`${row.name}\``, row.type, row.default, row.unit, row.doc])
]

/** The cells of the first Markdown table below a heading, header first and without the rule under it. */
export const tableBelow = (markdown: string, heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines = markdown.slice(markdown.indexOf(`\n${heading}\n`)).split("\n").slice(2)
  const first = lines.findIndex((line) => line.startsWith("|"))
  const last = lines.findIndex((line, n) => n > first && !line.startsWith("|"))
  return lines.slice(first, last).filter((_, n) => n !== 1).map((line) =>
    line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"))
  )
}
