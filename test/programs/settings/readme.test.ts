import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { settingsTable } from "../../../src/programs/settings/Settings.js"

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")

/** The cells of the README's table of settings, without Markdown's code marks. */
const rows = readme.split("\n")
  .filter((line) => /^\| `[A-Z_]+` +\|/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|")))

const plain = (cell: string | undefined): string => (cell ?? "").replace(/^`(.*)`$/, "$1")

describe("The README's table of settings", () => {
  it("has every setting once, in order, with its type, default, unit and meaning", () => {
    assert.deepStrictEqual(
      rows.map(([name, type, fallback, unit, doc]) => ({
        name: plain(name),
        type,
        unit,
        default: plain(fallback),
        doc
      })),
      settingsTable().map((row) => ({ ...row }))
    )
  })
})
