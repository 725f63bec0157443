/**
 * Content negotiation: which of the types that there are the reader likes best (RFC 9110, 12.5.1).
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Option } from "effect"

interface Range {
  readonly type: string
  readonly quality: number
}

const ranges = (header: string): ReadonlyArray<Range> =>
  header.split(",").map((part) => {
    const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2)
    return { type, quality: quality === undefined ? 1 : /^[01](?:\.\d{0,3})?$/.test(quality) ? Number(quality) : 0 }
  })

const specificity = (range: string, type: string): number => {
  if (range === type) return 3
  if (range.endsWith("/*") && type.startsWith(range.slice(0, -1)) && range !== "*/*") return 2
  return range === "*/*" ? 1 : 0
}

const qualityOf = (wanted: ReadonlyArray<Range>, type: string): number =>
  wanted.reduce(
    (best, range) => {
      const fit = specificity(range.type, type)
      return fit > best.fit ? { fit, quality: range.quality } : best
    },
    { fit: 0, quality: 0 }
  ).quality

/** The best of these types, the first of equals; none where an `Accept` header excludes all. */
export const preferred = (accept: string | undefined, types: ReadonlyArray<string>): Option.Option<string> => {
  if (accept === undefined || accept.trim() === "") return Option.fromNullable(types[0])
  const wanted = ranges(accept)
  let best: string | undefined
  let highest = 0
  for (const type of types) {
    const quality = qualityOf(wanted, type)
    if (quality > highest) [best, highest] = [type, quality]
  }
  return Option.fromNullable(best)
}

/** Whether an `Accept-Encoding` header takes this coding. */
export const takesEncoding = (header: string | undefined, coding: string): boolean =>
  header !== undefined && ranges(header).some(({ quality, type }) => type === coding && quality > 0)

/** Says, beside what the answer says already, that other requests get another one: those with another such header. */
export const varying = (
  response: HttpServerResponse.HttpServerResponse,
  header: "Accept" | "Accept-Encoding" | "Origin"
): HttpServerResponse.HttpServerResponse => {
  const said = (response.headers["vary"] ?? "").split(/[\s,]+/).filter((one) => one !== "")
  return said.includes(header)
    ? response
    : HttpServerResponse.setHeader(response, "vary", [...said, header].join(", "))
}
