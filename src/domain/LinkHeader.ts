/**
 * `Link` headers (RFC 8288), by which registries say where a listing goes on (distribution-spec, "Listing Tags").
 */
import { Either, Option } from "effect"
import { matchAt, quotedAt, skipSeparators, skipSpaces } from "./headerText.js"
import { Malformed } from "./Malformed.js"

/** One link of a header. */
export interface Link {
  /** As it was written: absolute, or relative to the address that was asked. */
  readonly target: string
  /** The words of `rel` in lower case. */
  readonly relations: ReadonlyArray<string>
  /** All parameters, `rel` included, by their names in lower case. Of a name that stands twice the first counts. */
  readonly parameters: Readonly<Record<string, string>>
}

const parameterName = /[A-Za-z0-9_-]+\*?/y
const unquoted = /[^\s,;"\\]*/y

const broken = (text: string, at: number): Either.Either<never, Malformed> =>
  Either.left(
    new Malformed({
      what: "Link",
      input: text,
      reason: "format",
      at,
      message: `cannot read the Link header from character ${at + 1} on: ${text}`
    })
  )

interface Parameter {
  readonly name: string
  readonly value: string
  readonly end: number
}

const parameterAt = (text: string, start: number): Parameter | undefined => {
  const name = matchAt(parameterName, text, start)
  if (name.value === "") return undefined
  const sign = skipSpaces(text, name.end)
  if (text.charAt(sign) !== "=") return { name: name.value.toLowerCase(), value: "", end: sign }
  const valueStart = skipSpaces(text, sign + 1)
  const value = text.charAt(valueStart) === "\"" ? quotedAt(text, valueStart) : matchAt(unquoted, text, valueStart)
  return value && { name: name.value.toLowerCase(), value: value.value, end: skipSpaces(text, value.end) }
}

const linkOf = (target: string, parameters: ReadonlyMap<string, string>): Link => ({
  target,
  relations: (parameters.get("rel") ?? "").toLowerCase().split(/\s+/).filter((word) => word !== ""),
  parameters: Object.fromEntries(parameters)
})

/** Reads all links of a header (several header lines joined by commas). */
export const parse = (text: string): Either.Either<ReadonlyArray<Link>, Malformed> => {
  const links = new Array<Link>()
  let index = skipSeparators(text, 0)
  while (index < text.length) {
    const close = text.indexOf(">", index)
    if (text.charAt(index) !== "<" || close === -1) return broken(text, index)
    const parameters = new Map<string, string>()
    const target = text.slice(index + 1, close).trim()
    index = skipSpaces(text, close + 1)
    while (text.charAt(index) === ";") {
      index = skipSpaces(text, index + 1)
      if (index >= text.length || /[;,]/.test(text.charAt(index))) continue
      const parameter = parameterAt(text, index)
      if (parameter === undefined) return broken(text, index)
      if (!parameters.has(parameter.name)) parameters.set(parameter.name, parameter.value)
      index = parameter.end
    }
    if (index < text.length && text.charAt(index) !== ",") return broken(text, index)
    links.push(linkOf(target, parameters))
    index = skipSeparators(text, index)
  }
  return Either.right(links)
}

/**
 * The address of the next page, resolved against the address that was asked: the link whose relation is `next`, or,
 * as some registries send it, the first that names no relation. Fails for a header that cannot be read, and for an
 * address on another origin: credentials must not follow it.
 */
export const nextPage = (asked: URL, header: string): Either.Either<Option.Option<URL>, Malformed> =>
  Either.flatMap(parse(header), (links) => {
    const next = links.find(({ relations }) => relations.includes("next")) ??
      links.find(({ relations }) => relations.length === 0)
    if (next === undefined || next.target === "") return Either.right(Option.none())
    // A parser of URLs would quietly escape what no server writes.
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u0020\u007f]/.test(next.target)) return broken(header, header.indexOf(next.target))
    const url = URL.canParse(next.target, asked.href) ? new URL(next.target, asked) : undefined
    if (url === undefined) return broken(header, header.indexOf(next.target))
    if (url.origin === asked.origin && url.username === "" && url.password === "") return Either.right(Option.some(url))
    return Either.left(
      new Malformed({
        what: "Link",
        input: header,
        reason: "unsupported",
        message: `the next page is said to be at ${url.origin}, but ${asked.origin} was asked`
      })
    )
  })
