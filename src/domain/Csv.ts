/**
 * Records of CSV (RFC 4180, and what spreadsheets make of it), one at a time, so that a file of any length can be read
 * and written in bounded memory.
 */
import { parse } from "csv-parse/sync"
import { Either } from "effect"

/** What may stand between fields. */
export type Delimiter = "," | ";" | "\t"

/** The longest record that is read, in characters: a quote that is never closed must not swallow a whole file. */
export const maxRecordLength = 65_536

/** Does this text end within a quoted field, so that the record goes on in the next line? */
export const isOpen = (text: string): boolean => {
  let quotes = 0
  for (let index = text.indexOf("\""); index !== -1; index = text.indexOf("\"", index + 1)) quotes += 1
  return quotes % 2 === 1
}

/** The delimiter that a header line uses: the one of which it has most, a comma where it has none. */
export const delimiterOf = (header: string): Delimiter => {
  const count = (delimiter: Delimiter) => header.split(delimiter).length
  const delimiters: ReadonlyArray<Delimiter> = [",", ";", "\t"]
  return delimiters.reduce((best, next) => count(next) > count(best) ? next : best, ",")
}

/** The fields of one record, without the blanks around them. Left says in one line what was wrong. */
export const fields = (record: string, delimiter: Delimiter): Either.Either<ReadonlyArray<string>, string> =>
  // Most records hold no quote, and starting the parser costs more than splitting them.
  record.includes("\"")
    ? Either.try({
      try: (): ReadonlyArray<string> => parse(record, { delimiter, trim: true })[0] ?? [],
      catch: () => "is not CSV: its quotes do not match"
    })
    : Either.right(record.split(delimiter).map((field) => field.trim()))

// A formula may read other cells and send them away.
const guarded = (text: string): string => /^[=+\-@\t\r]/.test(text) && !/^-?\d+$/.test(text) ? `'${text}` : text

/**
 * A record as it is written, without the end of its line (RFC 4180). A text that a spreadsheet would take for a formula gets
 * a single quote before it; no name of an image, a tag or a repository begins like one, so what was exported can be imported.
 */
export const record = (values: ReadonlyArray<string | number | bigint | boolean>): string =>
  values.map((value) => {
    const text = guarded(String(value))
    return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text
  }).join(",")
