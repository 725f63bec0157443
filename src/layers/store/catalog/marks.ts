/**
 * Marks between the pages of the catalog's lists: where the next page begins. To callers they are just texts.
 */
import { Option } from "effect"
import type { PageOptions } from "../../../services/ImageCatalog.js"

const usual = 100
const most = 1000

/** The size of a page: 1 to 1,000, 100 unless said otherwise. */
export const pageSize = (page: PageOptions | undefined): number =>
  Math.min(Math.max(Math.trunc(page?.limit ?? usual), 1), most)

// Marks come from outside: behind what no calendar holds is behind everything that one does.
const earliest = Date.parse("0001-01-01T00:00:00Z")
const latest = Date.parse("9999-12-31T00:00:00Z")
const within = (millis: number): number => Math.min(Math.max(millis, earliest), latest)

const read = (mark: string | undefined): readonly [number | undefined, string] | undefined => {
  const match = /^(-?\d{1,16}|-):(.+)$/s.exec(mark ?? "")
  return match === null ? undefined : [match[1] === "-" ? undefined : within(Number(match[1])), match[2] ?? ""]
}

/** Behind a tag that was pushed then (epoch milliseconds), or never as far as is known. */
export const tagMark = (pushed: Option.Option<number>, tag: string): string =>
  `${Option.match(pushed, { onNone: () => "-", onSome: String })}:${tag}`

export const readTagMark = (
  mark: string | undefined
): { readonly pushed: number | undefined; readonly tag: string } | undefined => {
  const parts = read(mark)
  return parts === undefined ? undefined : { pushed: parts[0], tag: parts[1] }
}

/** Behind what a tag pointed to since then (epoch milliseconds). */
export const historyMark = (tag: string, since: number): string => `${since}:${tag}`

export const readHistoryMark = (
  mark: string | undefined
): { readonly tag: string; readonly since: number } | undefined => {
  const parts = read(mark)
  return parts?.[0] === undefined ? undefined : { since: parts[0], tag: parts[1] }
}
