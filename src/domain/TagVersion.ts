/**
 * Tags as versions: what can be told from a tag alone, and which tags can be compared with which.
 */
import { Option } from "effect"
import { isDate, isHash, readSuffix, type Suffix, type VariantPart } from "./tagParts.js"

/**
 * How a tag counts. `semantic`: 1.25.3, also of two or four and more numbers; `calendar`: 2024.10.1, 20241001, 24.04;
 * `number`: 17.
 */
export type TagScheme = "semantic" | "calendar" | "number"

/** A tag that says which version it is. */
export interface TagVersion extends Suffix {
  readonly text: string
  readonly scheme: TagScheme
  /** What stands before the numbers: `v`, `release-`, `jdk-`; mostly empty. */
  readonly prefix: string
  /** The numbers as one text, as it was written. */
  readonly written: string
  /** The numbers as they were written, zeros before them included; a whole date is one of them. */
  readonly digits: ReadonlyArray<string>
  /** The same as numbers; at least one. */
  readonly numbers: ReadonlyArray<number>
}

export type { VariantPart }

interface Split {
  readonly prefix: string
  readonly written: string
  readonly digits: ReadonlyArray<string>
  readonly rest: string
}

const versionAt = /^([vV]\.?)?(\d{1,15}(?:\.\d{1,15})*)(?!\d)(.*)$/s

const splitBehind = (tag: string, separator: RegExp): Split | undefined => {
  const starts = [0, ...Array.from(tag.matchAll(separator), ({ 0: found, index }) => index + found.length)]
  for (const start of starts) {
    const match = versionAt.exec(tag.slice(start))
    if (match !== null && !isHash(/^[^-_]*/.exec(tag.slice(start))?.[0] ?? "")) {
      return {
        prefix: tag.slice(0, start) + (match[1] ?? ""),
        written: match[2] ?? "",
        digits: (match[2] ?? "").split("."),
        rest: match[3] ?? ""
      }
    }
  }
  return undefined
}

// A word that ends in its version, and nothing before it: `php8.2`, but not the `x86` of `x86_64`.
const splitBehindWord = (tag: string): Split | undefined => {
  const match = /^([A-Za-z]+)(\d{1,15}(?:\.\d{1,15})*)(?!\d)((?:[-.].*)?)$/s.exec(tag)
  return match === null
    ? undefined
    : { prefix: match[1] ?? "", written: match[2] ?? "", digits: (match[2] ?? "").split("."), rest: match[3] ?? "" }
}

// A date with dashes, possibly with a time: `nightly-2024-01-31`, `RELEASE.2024-01-31T20-20-33Z`. No number before it.
const dashedDate = /^(|\D*[-._])((\d{4})-(\d{2})-(\d{2})(?:T(\d{2})-(\d{2})-(\d{2})Z)?)(?!\d)(.*)$/s

const splitDashedDate = (tag: string): Split | undefined => {
  const [, prefix = "", written = "", year = "", month = "", day = "", hour = "", minute = "", second = "", rest = ""] =
    dashedDate.exec(tag) ?? []
  const date = year + month + day + hour + minute + second
  return isDate(date) ? { prefix, written, digits: [date], rest } : undefined
}

// What was built from a commit or for a pull request is no version, whatever number it has.
const isBuild = (tag: string): boolean =>
  isHash(tag) || /^(?:sha(?:256)?[-_]|(?:pr|pull|merge|mr)[-_]?\d+(?:[-_]|$))/i.test(tag)

const isYear = (digits: string): boolean => /^(?:199|20\d)\d$/.test(digits)

const schemeOf = ([first = "", second, ...more]: ReadonlyArray<string>): TagScheme => {
  if (isDate(first)) return "calendar"
  if (second === undefined) return "number"
  if (isYear(first) && Number(second) <= 53) return "calendar"
  // Only a zero before the month tells 24.04 from a version 24.4; 24.10 alone could be either.
  return more.length <= 1 && /^[12]\d$/.test(first) && /^0[1-9]$/.test(second) ? "calendar" : "semantic"
}

/**
 * Reads a tag. None for a tag that names no version: words (`latest`, `stable-slim`), commits (`2f653d4`, `sha-…`), pull
 * requests (`pr-123`), and numbers longer than 15 digits.
 */
export const parse = (tag: string): Option.Option<TagVersion> => {
  if (isBuild(tag)) return Option.none()
  const split = splitDashedDate(tag) ?? splitBehind(tag, /-/g) ?? splitBehind(tag, /_/g) ?? splitBehindWord(tag)
  if (split === undefined) return Option.none()
  const { digits, prefix, rest, written } = split
  return Option.some({
    text: tag,
    scheme: schemeOf(digits),
    prefix,
    written,
    digits,
    numbers: digits.map(Number),
    ...readSuffix(rest)
  })
}

/**
 * The version without prefix, revision and variant, as projects name their releases: `1.25.3` of `v1.25.3-alpine`,
 * `7.4.0RC6` of `7.4.0RC6-fpm-buster`.
 */
export const versionText = ({ prefix, prereleaseText, text, written }: TagVersion): string => {
  const from = prefix.length + written.length
  const found = prereleaseText === "" ? -1 : text.indexOf(prereleaseText, from)
  return found === -1 ? written : text.slice(prefix.length, found + prereleaseText.length)
}

/** Whether this is no release: a pre-release, or a build that follows one (`.post2`). */
export const isPrerelease = (version: TagVersion): boolean => version.prerelease.length > 0 || version.unstable

/** Whether a date is part of the tag: 20241001, 4.8-20250909, 3-apache-202209221209. */
export const isDated = (version: TagVersion): boolean =>
  version.digits.some(isDate) ||
  [version.revisionShape, ...version.variant.map(({ shape }) => shape)].some((shape) => shape.includes("D"))

/**
 * How numbers are to be read when two tags are compared. Dotted numbers are one class, whether a month is among them
 * or not (17.04, 17.10); a year before a dot, a whole date and a single number each stand for themselves.
 */
export const numberClass = ({ digits, scheme }: TagVersion): string => {
  const [first = ""] = digits
  if (isDate(first)) return `date${first.length}.${digits.length}`
  const year = scheme === "calendar" && isYear(first)
  return `${year ? "year" : "dotted"}.${digits.length}`
}

/** What has to be equal for two variants to be of one family: everything but their own numbers. */
export const variantFamily = ({ revisionShape, variant }: TagVersion): string =>
  [revisionShape, ...variant.map(({ shape }) => shape)].join("|")

/**
 * Why two tags cannot be compared, or nothing where they can: they count alike (scheme), are written alike (prefix,
 * precision), and are of one variant family.
 */
export const difference = (
  left: TagVersion,
  right: TagVersion
): "prefix" | "scheme" | "precision" | "variant" | undefined => {
  if (left.prefix !== right.prefix) return "prefix"
  const [leftClass = "", leftPrecision] = numberClass(left).split(".")
  const [rightClass = "", rightPrecision] = numberClass(right).split(".")
  if (leftClass !== rightClass) return "scheme"
  if (leftPrecision !== rightPrecision) return "precision"
  return variantFamily(left) === variantFamily(right) ? undefined : "variant"
}
