/**
 * What is known of a watched reference, and what an observation makes of it. The store applies this in one transaction
 * with the event, so what moved is never written without its event.
 */
import { Option } from "effect"
import type { Digest } from "./Digest.js"
import type { EventDetail } from "./WatchEvent.js"

/** What was last answered: the tag is there, is not there, may not be seen, or lacks the watch's platform. */
export type WatchOutcome = "seen" | "not-found" | "refused" | "no-platform"

/** Times are epoch milliseconds. */
export interface WatchState {
  /** What the tag pointed to when it was last seen; none before the first time. */
  readonly digest: Option.Option<Digest>
  /** The manifest of the watch's platform in it; none without a platform, or while none was seen. */
  readonly platformDigest: Option.Option<Digest>
  /** Since when the tag points there, as far as was noticed. */
  readonly since: Option.Option<number>
  /** When it was last looked at, with or without a definite answer. */
  readonly triedAt: Option.Option<number>
  /** When the last definite answer was had. */
  readonly checkedAt: Option.Option<number>
  /** None before the first definite answer. */
  readonly outcome: Option.Option<WatchOutcome>
  /** How often it moved. */
  readonly moves: number
  /** How often the tag moved without changing the watch's platform, and when it last did. */
  readonly elsewhere: number
  readonly elsewhereAt: Option.Option<number>
  /** Not looked at before. */
  readonly dueAt: number
  /** The registry itself asked to wait until then. */
  readonly parked: boolean
  /** Looks without a definite answer since the last one with. */
  readonly attempts: number
  /** Why the tag cannot be seen, or why there was no answer. */
  readonly problem: Option.Option<string>
}

/** A watch that was never looked at. */
export const unseen = (dueAt: number): WatchState => ({
  digest: Option.none(),
  platformDigest: Option.none(),
  since: Option.none(),
  triedAt: Option.none(),
  checkedAt: Option.none(),
  outcome: Option.none(),
  moves: 0,
  elsewhere: 0,
  elsewhereAt: Option.none(),
  dueAt,
  parked: false,
  attempts: 0,
  problem: Option.none()
})

/** How a look ended. */
export type LookResult =
  | {
    readonly _tag: "Seen"
    readonly digest: Digest
    /** Of the watch's platform; none without a platform, or where the index has none for it. */
    readonly platformDigest: Option.Option<Digest>
    /** The tag moved to an index with the very images of the one before: only attestations changed. */
    readonly sameImages?: boolean
  }
  /** The registry's definite word that there is nothing to see. Shown, and no move. */
  | { readonly _tag: "Unseen"; readonly outcome: "not-found" | "refused"; readonly problem: string }
  /** No definite answer. `parked`: the registry asked to wait. */
  | { readonly _tag: "Deferred"; readonly problem: string; readonly parked: boolean }

/** A look at a watched reference. Times are epoch milliseconds. */
export interface Observation {
  readonly at: number
  /** When to look again. */
  readonly next: number
  readonly result: LookResult
}

/** What an observation makes of a state. */
export interface Observed {
  readonly state: WatchState
  /** What has to be told. */
  readonly event: Option.Option<EventDetail>
}

const equal = (first: Option.Option<Digest>, second: Digest): boolean => Option.contains(first, second)

/**
 * Applies an observation. The first time that a tag is seen only seeds. With a platform (`ofPlatform`) only its manifest
 * fires; a tag that moved for others, or in its attestations alone, is counted. What cannot be seen any more keeps its digest, so that a move is
 * noticed when it is back.
 */
export const observe = (state: WatchState, ofPlatform: boolean, { at, next, result }: Observation): Observed => {
  const tried = { ...state, triedAt: Option.some(at), dueAt: next, parked: false }
  if (result._tag === "Deferred") {
    const deferred = {
      ...tried,
      parked: result.parked,
      attempts: state.attempts + 1,
      problem: Option.some(result.problem)
    }
    return { state: deferred, event: Option.none() }
  }
  const answered = { ...tried, attempts: 0, checkedAt: Option.some(at) }
  if (result._tag === "Unseen") {
    const gone = { ...answered, outcome: Option.some(result.outcome), problem: Option.some(result.problem) }
    return { state: gone, event: Option.none() }
  }
  const lacking = ofPlatform && Option.isNone(result.platformDigest)
  const seen: WatchState = {
    ...answered,
    outcome: Option.some(lacking ? "no-platform" : "seen"),
    problem: Option.none(),
    digest: Option.some(result.digest),
    platformDigest: Option.orElse(result.platformDigest, () => state.platformDigest),
    since: equal(state.digest, result.digest) ? state.since : Option.some(at)
  }
  if (Option.isNone(state.digest) || equal(state.digest, result.digest)) return { state: seen, event: Option.none() }
  const before = ofPlatform ? state.platformDigest : Option.filter(state.digest, () => result.sameImages !== true)
  const after = ofPlatform ? result.platformDigest : Option.some(result.digest)
  const changed = Option.zipWith(before, after, (from, to): EventDetail => ({
    _tag: "Moved",
    from,
    to,
    tagFrom: Option.getOrElse(state.digest, () => from),
    tagTo: result.digest
  })).pipe(Option.filter((detail) => detail._tag === "Moved" && detail.from !== detail.to))
  return Option.isSome(changed)
    ? { state: { ...seen, moves: state.moves + 1 }, event: changed }
    : { state: { ...seen, elsewhere: state.elsewhere + 1, elsewhereAt: Option.some(at) }, event: Option.none() }
}
