/**
 * What is known of newer versions of a watched reference, and when that is told to its actions.
 */
import { Duration, Option } from "effect"
import { contains } from "./DayWindow.js"
import type { UpdateRule } from "./Watch.js"
import type { UpdateFound } from "./WatchEvent.js"

/** A newer version, as a look finds it. */
export type FoundUpdate = Omit<UpdateFound, "_tag" | "firstSeen">

/** What a look for newer versions found: the newest one, the definite word that there is none, or no answer. */
export type UpdateLookResult =
  | { readonly _tag: "Found"; readonly update: FoundUpdate }
  | { readonly _tag: "None" }
  | { readonly _tag: "Deferred"; readonly problem: string; readonly notBefore: number }

/** Times are epoch milliseconds. */
export interface UpdateState {
  /** When newer versions were last looked up with a definite answer. */
  readonly lookedAt: Option.Option<number>
  /** The newest, with `firstSeen` of when this very tag was found first. */
  readonly newest: Option.Option<UpdateFound>
  /** When it was told to the actions; or when it was there at the first look, which tells nothing. */
  readonly firedAt: Option.Option<number>
  readonly notBefore: number
  /** Looks without an answer since the last one with. */
  readonly attempts: number
  readonly problem: Option.Option<string>
}

/** A watch whose newer versions were never looked up. */
export const unlooked: UpdateState = {
  lookedAt: Option.none(),
  newest: Option.none(),
  firedAt: Option.none(),
  notBefore: 0,
  attempts: 0,
  problem: Option.none()
}

/**
 * Applies a look at `at`. The first answer only seeds: what is newer then was there before anybody watched, and a first
 * run does not announce everything. While the newest version is the same tag, it keeps the time of its first sight (unless
 * that lies ahead, by a wrong clock) and whether it was told; without an answer everything stays.
 */
export const looked = (state: UpdateState, at: number, result: UpdateLookResult): UpdateState => {
  if (result._tag === "Deferred") {
    return {
      ...state,
      notBefore: result.notBefore,
      attempts: state.attempts + 1,
      problem: Option.some(result.problem)
    }
  }
  const answered = { ...state, lookedAt: Option.some(at), notBefore: 0, attempts: 0, problem: Option.none() }
  if (result._tag === "None") return { ...answered, newest: Option.none(), firedAt: Option.none() }
  const { update } = result
  const same = Option.filter(state.newest, ({ tag }) => tag === update.tag)
  const firstSeen = Option.match(same, { onNone: () => at, onSome: ({ firstSeen }) => Math.min(firstSeen, at) })
  return {
    ...answered,
    newest: Option.some({ _tag: "UpdateFound", ...update, firstSeen }),
    firedAt: Option.isNone(state.lookedAt) ? Option.some(at) : Option.isSome(same) ? state.firedAt : Option.none()
  }
}

/** What is to be told at `now`: an update that was not told yet, is old enough, and within the rule's part of the day. */
export const toTell = (state: UpdateState, rule: UpdateRule, now: number): Option.Option<UpdateFound> =>
  Option.filter(state.newest, ({ firstSeen, publishedAt }) =>
    Option.isNone(state.firedAt) &&
    Option.getOrElse(publishedAt, () => firstSeen) + Duration.toMillis(rule.minAge) <= now &&
    Option.match(rule.between, { onNone: () => true, onSome: (window) => contains(window, now) }))
