/**
 * Histories of pulls from elsewhere: CSV with the columns `image`, `date` and `pulls_total`, read as a whole and only
 * used where all of it is right.
 */
import { Either, Option } from "effect"
import { type Delimiter, delimiterOf, fields } from "./Csv.js"
import type { InvalidLine } from "./RepositoryList.js"
import { parse as parseDay, type UtcDay } from "./UtcDay.js"

/** A day of an image's history: the lifetime count that it had then. */
export interface HistoryDay {
  /** The familiar name. */
  readonly image: string
  readonly day: UtcDay
  readonly total: bigint
}

/** Everything that a text held. Lines are counted from 1. */
export interface PullHistoryFile {
  readonly days: ReadonlyArray<HistoryDay>
  /** Days that stood there before: collectors that ran twice on a day wrote two counts, and the last one counts. */
  readonly repeated: number
  readonly invalid: ReadonlyArray<InvalidLine>
}

/** The columns that a file of history has, in the order in which this program writes them. */
export const columns = ["image", "date", "pulls_total"] as const
const imageForm = /^(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const maxTotal = 2n ** 63n - 1n

const short = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text)

/** An image as people write it (`docker.io/library/nginx`) by its familiar name (`nginx`). */
export const familiarImage = (text: string): string => text.replace(/^(?:docker\.io\/)?(?:library\/)?/, "")

const day = (image: string, date: string, total: string): Either.Either<HistoryDay, string> => {
  const name = familiarImage(image)
  if (!imageForm.test(name) || name.length > 255) {
    return Either.left(`${short(image)} is not the name of a Docker Hub image`)
  }
  const parsed = parseDay(date)
  if (Option.isNone(parsed)) return Either.left(`${short(date)} is not a day; write YYYY-MM-DD`)
  if (!/^\d{1,19}$/.test(total) || BigInt(total) > maxTotal) {
    return Either.left(`${short(total)} is not a number of pulls; write a whole number, 0 or more`)
  }
  return Either.right({ image: name, day: parsed.value, total: BigInt(total) })
}

interface Header {
  readonly delimiter: Delimiter
  readonly at: readonly [image: number, date: number, total: number]
}

const header = (line: string): Either.Either<Header, string> => {
  const delimiter = delimiterOf(line)
  return Either.flatMap(fields(line, delimiter), (names) => {
    const lower = names.map((name) => name.toLowerCase())
    const [image, date, total] = columns.map((column) => lower.indexOf(column))
    return image === undefined || date === undefined || total === undefined || Math.min(image, date, total) < 0
      ? Either.left(`the first line must name the columns ${columns.join(",")}`)
      : Either.right({ delimiter, at: [image, date, total] })
  })
}

const record = (line: string, { at, delimiter }: Header): Either.Either<HistoryDay, string> =>
  Either.flatMap(fields(line, delimiter), (values) => {
    const [image, date, total] = at.map((index) => values[index])
    return image === undefined || date === undefined || total === undefined
      ? Either.left(`has ${values.length} fields; ${columns.join(",")} are needed`)
      : day(image, date, total)
  })

/** Reads a file of history. Of several counts for one day, the last in the file counts. */
export const read = (lines: Iterable<string>): PullHistoryFile => {
  const days = new Map<string, HistoryDay>()
  const invalid: Array<InvalidLine> = []
  let known: Either.Either<Header, string> | undefined
  let line = 0
  let repeated = 0
  for (const raw of lines) {
    line += 1
    const text = (line === 1 ? raw.replace(/^\uFEFF/, "") : raw).trim()
    if (text === "" || text.startsWith("#")) continue
    if (known === undefined) {
      known = header(text)
      if (Either.isLeft(known)) return { days: [], repeated, invalid: [{ line, message: known.left }] }
      continue
    }
    const parsed = Either.flatMap(known, (known) => record(text, known))
    if (Either.isLeft(parsed)) {
      invalid.push({ line, message: parsed.left })
      continue
    }
    const key = `${parsed.right.image} ${parsed.right.day}`
    if (days.has(key)) repeated += 1
    days.set(key, parsed.right)
  }
  return { days: Array.from(days.values()), repeated, invalid }
}
