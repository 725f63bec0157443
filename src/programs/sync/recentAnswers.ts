/**
 * What the Hub said in the last minutes: a repository that comes later than its neighbours, or after the refresh of its
 * image, need not cost a call of its own. Not an Effect: it belongs to the one fiber that serves the lane.
 */
import { Option } from "effect"
import type { ImageFacts } from "../../domain/Finding.js"
import { hubKey, hubPath } from "../../domain/HubImage.js"
import { dayOf } from "../../domain/UtcDay.js"
import type { LaneKind } from "./LaneQueue.js"

/**
 * For how long an answer is believed, in milliseconds, and never beyond its UTC day: it becomes that day's snapshot. A
 * refresh wants to know anew; only what was listed for its neighbours a moment before it arrived is its answer too.
 */
export const believedFor = { discovery: 600_000, refresh: 10_000 } as const

interface Dated<A> {
  readonly at: number
  readonly value: A
}

/** Times are epoch milliseconds. */
export interface RecentAnswers {
  /** The Hub's answer for one image; none is its 404. */
  readonly answered: (image: string, answer: Option.Option<ImageFacts>, now: number) => void
  /** A namespace was seen as a whole, its images being answers too: what is not among them is absent. */
  readonly listed: (namespace: string, images: Iterable<ImageFacts>, now: number) => void
  /** What is known of an image; the inner none is a definite absence, which is never said to a refresh. */
  readonly find: (kind: LaneKind, image: string, now: number) => Option.Option<Option.Option<ImageFacts>>
}

/**
 * Remembers nothing yet.
 * @param most how many images, and how many namespaces, are remembered at most; beyond that all are forgotten.
 */
export const make = (most = 20_000): RecentAnswers => {
  const images = new Map<string, Dated<Option.Option<ImageFacts>>>()
  const namespaces = new Map<string, Dated<ReadonlySet<string>>>()

  const fresh = <A>(kind: LaneKind, known: Dated<A> | undefined, now: number): Option.Option<A> =>
    known !== undefined && now - known.at < believedFor[kind] && dayOf(known.at) === dayOf(now)
      ? Option.some(known.value)
      : Option.none()

  const answered: RecentAnswers["answered"] = (image, answer, now) => {
    if (images.size >= most) images.clear()
    images.set(hubKey(image), { at: now, value: answer })
  }

  return {
    answered,
    listed: (namespace, all, now) => {
      if (namespaces.size >= most) namespaces.clear()
      const names = new Set<string>()
      for (const { image } of all) names.add(hubKey(image))
      namespaces.set(namespace.toLowerCase(), { at: now, value: names })
    },
    find: (kind, image, now) => {
      const single = fresh(kind, images.get(hubKey(image)), now)
      const found = Option.map(single, Option.map((facts) => ({ ...facts, image })))
      if (kind === "refresh") return Option.filter(found, Option.isSome)
      const names = fresh(kind, namespaces.get(hubPath(image).namespace.toLowerCase()), now)
      // An image that was listed, and forgotten since, is not absent.
      const unlisted = Option.filter(names, (names) => !names.has(hubKey(image)))
      return Option.orElse(found, () => Option.as(unlisted, Option.none()))
    }
  }
}
