/**
 * Lists of repositories as people keep them: a line each, CSV with a `url` column, or JSON objects with a `url`, a line
 * each. Fed line by line, so that a list of any length is read in bounded memory.
 */
import { Either, Option, Schema } from "effect"
import { type Delimiter, delimiterOf, fields, isOpen, maxRecordLength } from "./Csv.js"
import { parse as parseRepository, type RepositoryName } from "./GitHubRepository.js"
import { jsonOf } from "./JsonText.js"

/** A line that named no repository. Lines are counted from 1. */
export interface InvalidLine {
  readonly line: number
  readonly message: string
}

/** What a line held. */
export type Entry = Either.Either<RepositoryName, InvalidLine>

type Form =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Lines" }
  | { readonly _tag: "Json" }
  | { readonly _tag: "Csv"; readonly delimiter: Delimiter; readonly column: number }

/** What is known of a list so far. */
export interface State {
  readonly line: number
  readonly form: Form
  /** A CSV record that goes on, and the line in which it began. */
  readonly open: Option.Option<{ readonly text: string; readonly line: number }>
}

export const initial: State = { line: 0, form: { _tag: "Unknown" }, open: Option.none() }

const Item = Schema.Struct({ url: Schema.String })
const decodeItem = Schema.decodeEither(jsonOf(Item))
const decodeArray = Schema.decodeOption(jsonOf(Schema.Array(Item)))

const named = (line: number, text: string): Entry =>
  Either.mapLeft(parseRepository(text), (message) => ({ line, message }))

// An array, as a whole in a line or with an object in each, reads as its objects.
const fromJson = (line: number, text: string): ReadonlyArray<Entry> => {
  const array = text.startsWith("[{") ? decodeArray(text) : Option.none()
  if (Option.isSome(array)) return array.value.map(({ url }) => named(line, url))
  const object = text.replace(/^[[,]+/, "").replace(/[\],]+$/, "").trim()
  if (object === "") return []
  return [
    Either.flatMap(
      Either.mapLeft(decodeItem(object), () => ({ line, message: "is not a JSON object with a \"url\"" })),
      ({ url }) => named(line, url)
    )
  ]
}

const fromCsv = (line: number, text: string, form: Form & { readonly _tag: "Csv" }): Entry =>
  Either.flatMap(
    Either.mapLeft(fields(text, form.delimiter), (message) => ({ line, message })),
    (record) => named(line, record[form.column] ?? "")
  )

const csvForm = (header: string): Option.Option<Form & { readonly _tag: "Csv" }> => {
  const delimiter = delimiterOf(header)
  return Either.getRight(fields(header, delimiter)).pipe(
    Option.map((names) => names.findIndex((name) => name.toLowerCase() === "url")),
    Option.filter((column) => column !== -1),
    Option.map((column) => ({ _tag: "Csv", delimiter, column }))
  )
}

/** The form of a list by its first line that says something, and whether that line is a header. */
const formOf = (text: string): { readonly form: Form; readonly header: boolean } => {
  if (/^(?:\{|\[\s*(?:\{|$))/.test(text)) return { form: { _tag: "Json" }, header: false }
  return Option.match(csvForm(text), {
    onSome: (form) => ({ form, header: true }),
    onNone: () => ({ form: { _tag: "Lines" }, header: false })
  })
}

/** What is known after a line, and what it held: nothing for blanks, comments and headers. */
export type Step = readonly [State, ReadonlyArray<Entry>]

const none = (state: State): Step => [state, []]

const csvLine = (
  state: State,
  form: Form & { readonly _tag: "Csv" },
  text: string
): Step => {
  const start = Option.getOrElse(state.open, () => ({ text: "", line: state.line }))
  const record = Option.isSome(state.open) ? `${start.text}\n${text}` : text
  if (record.trim() === "" || (Option.isNone(state.open) && text.startsWith("#"))) return none(state)
  if (isOpen(record) && record.length <= maxRecordLength) {
    return none({ ...state, open: Option.some({ text: record, line: start.line }) })
  }
  return [{ ...state, open: Option.none() }, [fromCsv(start.line, record, form)]]
}

/** Takes in the next line, without its line break. */
export const step = (before: State, rawLine: string): Step => {
  const state = { ...before, line: before.line + 1 }
  const raw = state.line === 1 ? rawLine.replace(/^\uFEFF/, "") : rawLine
  const text = raw.trim()
  if (state.form._tag === "Csv") return csvLine(state, state.form, raw.replace(/\r$/, ""))
  if (text === "" || text.startsWith("#")) return none(state)
  if (state.form._tag === "Unknown") {
    const { form, header } = formOf(text)
    if (header) return none({ ...state, form })
    return form._tag === "Json"
      ? [{ ...state, form }, fromJson(state.line, text)]
      : [{ ...state, form }, fromLine(state.line, text)]
  }
  return [state, state.form._tag === "Json" ? fromJson(state.line, text) : fromLine(state.line, text)]
}

// A comment may follow a name after a blank; a `#` within an address is a fragment. No name starts with a brace: where
// the first line was spoilt, the others are JSON nevertheless.
const fromLine = (line: number, text: string): ReadonlyArray<Entry> =>
  text.startsWith("{") ? fromJson(line, text) : [named(line, text.replace(/\s+#.*$/, ""))]

/** Ends the list: a record that was never closed is an invalid line. */
export const end = (state: State): ReadonlyArray<Entry> =>
  Option.toArray(state.open).map(({ line }) =>
    Either.left({ line, message: "is not CSV: a quote is opened and never closed" })
  )
