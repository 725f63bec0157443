/**
 * Which of a repository's tags would be an update of the one that runs, and why the others would not. By their names
 * alone: digests, platforms and dates are for others to check.
 */
import { Either, Option, Order } from "effect"
import * as Glob from "./Glob.js"
import { Malformed } from "./Malformed.js"
import { byTag, byVariant, byVersion, variantFalls } from "./TagOrder.js"
import { difference, isDated, isPrerelease, numberClass, parse, type TagVersion } from "./TagVersion.js"

/** How far an update may go: `minor` includes `patch`, `major` everything. */
export type UpdateLevel = "patch" | "minor" | "major"

/** What a person allows. */
export interface UpdatePolicy {
  readonly level: UpdateLevel
  /** Offers pre-releases to those who do not run one. */
  readonly pre: boolean
  /** The variant's own version has to stay: no alpine3.20 for alpine3.19. */
  readonly sameVariant: boolean
  /** Only tags for which one of these holds; none means all. */
  readonly match: ReadonlyArray<(tag: string) => boolean>
  /** No tag for which one of these holds. */
  readonly exclude: ReadonlyArray<(tag: string) => boolean>
}

/** Minor updates of releases, whatever the variant's own version. */
export const defaultPolicy: UpdatePolicy = { level: "minor", pre: false, sameVariant: false, match: [], exclude: [] }

/** A tag that is an update. */
export interface UpdateCandidate {
  readonly version: TagVersion
  /** Which part changed: the first number, the second, or less than these. */
  readonly change: UpdateLevel
}

/** Why a tag is no update. */
export type PassedOverReason =
  | "current"
  | "no version"
  | "prefix"
  | "scheme"
  | "precision"
  | "variant"
  | "older"
  | "variant older"
  | "variant newer"
  | "pre-release"
  | "level"
  | "not matched"
  | "excluded"

export interface PassedOver {
  readonly tag: string
  readonly reason: PassedOverReason
}

/** The answer for one tag. */
export interface UpdateChoice {
  /** Newest first. Among equal versions the variant that runs comes first, then the newest. */
  readonly candidates: ReadonlyArray<UpdateCandidate>
  readonly passedOver: ReadonlyArray<PassedOver>
  /** A more precise tag of the same kind exists (`1.25` beside `1.25.3`): this one moves with it. */
  readonly floating: boolean
}

/** Reads a pattern for tags: `/…/` is a regular expression, everything else a glob. */
export const tagPattern = (text: string): Either.Either<(tag: string) => boolean, Malformed> => {
  const source = /^\/(.*)\/$/s.exec(text)?.[1]
  if (source === undefined) return Glob.compile(text)
  return Either.try({
    try: () => new RegExp(source, "u"),
    catch: () =>
      new Malformed({ what: "pattern", input: text, reason: "format", message: `${text} is no regular expression` })
  }).pipe(Either.map((expression) => (tag: string) => expression.test(tag)))
}

/**
 * Which part of the version changed. Of a tag that is a single date any change is `minor`: dates promise nothing about
 * compatibility.
 */
export const changeBetween = (from: TagVersion, to: TagVersion): UpdateLevel => {
  if (from.numbers[0] !== to.numbers[0]) return numberClass(from).startsWith("date") ? "minor" : "major"
  return from.numbers[1] === to.numbers[1] ? "patch" : "minor"
}

const levels: Readonly<Record<UpdateLevel, number>> = { patch: 0, minor: 1, major: 2 }

const reasonAgainst = (current: TagVersion, other: TagVersion, policy: UpdatePolicy): PassedOverReason | undefined => {
  const different = difference(current, other)
  if (different !== undefined) return different
  if (byTag(other, current) <= 0) return "older"
  if (variantFalls(current, other)) return "variant older"
  if (policy.sameVariant && byVariant(current, other) !== 0) return "variant newer"
  if (isPrerelease(other) && !isPrerelease(current) && !policy.pre) return "pre-release"
  return levels[changeBetween(current, other)] > levels[policy.level] ? "level" : undefined
}

const patternAgainst = (tag: string, { exclude, match }: UpdatePolicy): PassedOverReason | undefined => {
  if (match.length > 0 && !match.some((matches) => matches(tag))) return "not matched"
  return exclude.some((matches) => matches(tag)) ? "excluded" : undefined
}

const newestFirst = (current: TagVersion): Order.Order<UpdateCandidate> =>
  Order.mapInput(
    Order.combineAll([
      Order.reverse(byVersion),
      Order.mapInput(Order.number, (version: TagVersion) => Math.abs(Math.sign(byVariant(version, current)))),
      Order.reverse(byVariant),
      Order.mapInput(Order.string, ({ text }: TagVersion) => text)
    ]),
    ({ version }: UpdateCandidate) => version
  )

// The other tag cut down to the precision of this one; undefined where it is not more precise.
const reducedTo = (current: TagVersion, other: TagVersion): TagVersion | undefined => {
  const longer = other.digits.length - current.digits.length
  if (longer < 0 || (longer === 0 && other.revisionShape === "")) return undefined
  return { ...other, scheme: current.scheme, digits: other.digits.slice(0, current.digits.length), revisionShape: "" }
}

/**
 * Whether a tag moves: a list holds a more precise one of the same kind, of which this one is the beginning. A tag with
 * a date or a revision stays where it is.
 */
export const isFloating = (current: TagVersion, tags: Iterable<string>): boolean => {
  if (current.revisionShape !== "" || isDated(current)) return false
  for (const tag of tags) {
    const reduced = Option.getOrUndefined(Option.map(parse(tag), (other) => reducedTo(current, other)))
    const begins = reduced?.digits.every((digits, index) => digits === current.digits[index]) ?? false
    if (reduced !== undefined && begins && difference(current, reduced) === undefined) return true
  }
  return false
}

/**
 * Chooses among a repository's tags. The order of the tags does not matter, doubles count once, and the tag itself is
 * never a candidate.
 */
export const chooseUpdates = (
  current: TagVersion,
  tags: Iterable<string>,
  policy: UpdatePolicy = defaultPolicy
): UpdateChoice => {
  const candidates = new Array<UpdateCandidate>()
  const passedOver = new Array<PassedOver>()
  const unique = new Set(tags)
  for (const tag of unique) {
    const version = Option.getOrUndefined(parse(tag))
    const reason = tag === current.text
      ? "current"
      : version === undefined
      ? "no version"
      : reasonAgainst(current, version, policy) ?? patternAgainst(tag, policy)
    if (reason !== undefined) passedOver.push({ tag, reason })
    else if (version !== undefined) candidates.push({ version, change: changeBetween(current, version) })
  }
  candidates.sort(newestFirst(current))
  return { candidates, passedOver, floating: isFloating(current, unique) }
}

/** What to tell a person whose tag names no version: that its digest can be compared instead. */
export const noVersionWarning = (tag: string): string =>
  `the tag ${tag} names no version, so no newer one can be told by name: compare its digest with the one that runs ` +
  "(pin it as tag@digest), or choose a tag that is a version"
