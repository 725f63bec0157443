/**
 * Texts for people: numbers, times and tables. All pure.
 */
import { DateTime, Option } from "effect"

/** `1,234,567` */
export const grouped = (value: number | bigint): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",")

/** `+1,234`, `-5`, `0` */
export const signed = (value: bigint): string => value > 0n ? `+${grouped(value)}` : grouped(value)

/** `1 row`, `2 rows`, `1,000 rows` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`

const units = ["B", "kB", "MB", "GB", "TB"]

/** A number of bytes as `950 B`, `1.2 kB`, `34 MB`. */
export const bytes = (count: number): string => {
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), units.length - 1)
  const value = count / 1000 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? ""}`
}

/** An instant (epoch milliseconds) as `2026-11-21 04:58`, in UTC. */
export const instant = (epochMillis: number): string =>
  DateTime.formatIso(DateTime.unsafeMake(epochMillis)).slice(0, 16).replace("T", " ")

/** An instant (epoch milliseconds) as machines read it. */
export const iso = (epochMillis: number): string => DateTime.formatIso(DateTime.unsafeMake(epochMillis))

/** A number for JSON: a text where a number would lose digits. */
export const jsonNumber = (value: bigint): number | string =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : String(value)

/** A length of time as `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export const span = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  const [first, second] = [
    [Math.floor(seconds / 86_400), "d"] as const,
    [Math.floor(seconds / 3600) % 24, "h"] as const,
    [Math.floor(seconds / 60) % 60, "min"] as const,
    [seconds % 60, "s"] as const
  ].filter(([value], index, all) => value > 0 || all.slice(0, index).some(([before]) => before > 0))
  if (first === undefined) return "0 s"
  return second === undefined || second[0] === 0
    ? `${first[0]} ${first[1]}`
    : `${first[0]} ${first[1]} ${second[0]} ${second[1]}`
}

/** That this machine's clock is off, by how many milliseconds. */
export const clockText = (ahead: number): string =>
  `this machine's clock is ${span(Math.abs(ahead))} ${
    ahead > 0 ? "ahead of" : "behind"
  } the database's, which is gone by`

/** An optional text, or a dash. */
export const orDash = (text: Option.Option<string>): string => Option.getOrElse(text, () => "-")

// But for line feeds, tabs, and two joiners that are parts of words and of emoji.
const unseen = /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string =>
  character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/**
 * A text without characters that are not seen: controls (except line feeds and tabs), those that change the direction of
 * writing or take no place, and lone surrogates are written as JSON escapes them, such as `\u001b`. Then no text from outside
 * moves the cursor, changes colours or hides a part of itself, and a JSON document means what it meant.
 */
export const visible = (text: string): string => text.replace(unseen, escaped)

/** The same on one line: line breaks and tabs are blanks. For texts that must not forge lines. */
export const oneLine = (text: string): string => visible(text.replace(/[\t\n\v\f\r]+/g, " "))

const wide = /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}/u

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const character of text) width += wide.test(character) ? 2 : 1
  return width
}

/** A text that fits into so many columns, cut with `…` where it has to be. */
export const cut = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text
  let kept = ""
  let width = 0
  for (const character of text) {
    const next = widthOf(character)
    if (width + next > columns - 1) break
    kept += character
    width += next
  }
  return columns < 1 ? "" : `${kept}…`
}

export interface Column {
  readonly title: string
  readonly align: "left" | "right"
}

/** The widths that these rows need, at least as wide as `before`. */
export const widths = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  before: ReadonlyArray<number> = []
): ReadonlyArray<number> =>
  columns.map(({ title }, index) =>
    rows.reduce(
      (most, row) => Math.max(most, widthOf(oneLine(row[index] ?? ""))),
      Math.max(widthOf(title), before[index] ?? 0)
    )
  )

/** Rows in columns of these widths, two blanks between them. Lines are cut where the terminal's width is known. */
export const lines = (
  columns: ReadonlyArray<Column>,
  widths: ReadonlyArray<number>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  terminal: number | undefined
): ReadonlyArray<string> =>
  rows.map((row) => {
    const line = columns.map(({ align }, index) => {
      const text = oneLine(row[index] ?? "")
      const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)))
      return align === "left" ? text + padding : padding + text
    }).join("  ").trimEnd()
    return terminal === undefined ? line : cut(line, terminal)
  })

/** A whole table with its titles. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  terminal: number | undefined
): ReadonlyArray<string> =>
  lines(columns, widths(columns, rows), [columns.map(({ title }) => title), ...rows], terminal)
