/**
 * Looks at registries for images that repositories claim, and looks at what images say of their origin. As for
 * discovery, writers take findings and nothing else: only a definite answer can change what is stored.
 */
import type { Option } from "effect"
import type { Deferral, ImageFacts } from "./Finding.js"
import type { UtcDay } from "./UtcDay.js"
import type { SourceLabel } from "./Verification.js"

/** What a registry says of an image. */
export type CheckOutcome =
  | "found"
  /** The registry knows no such image. */
  | "absent"
  /** Missing or private: the registry does not tell these apart. */
  | "not-visible"

/** An image that was claimed from the store, to be looked for at its registry by this process alone. */
export interface ClaimedCheck {
  /** The familiar name. */
  readonly image: string
  readonly registry: string
  readonly attempts: number
}

/** What happened to an image in its registry on a day: pulls, pushes and others in one number, as Quay counts. */
export interface DayOfActivity {
  readonly day: UtcDay
  readonly actions: number
}

/** A definite answer about an image. */
export type CheckResult =
  | {
    readonly _tag: "Found"
    /** Pulls and stars, from the registry that counts them: Docker Hub. */
    readonly facts: Option.Option<ImageFacts>
    /** Epoch milliseconds. */
    readonly lastUpdated: Option.Option<number>
    readonly activity: ReadonlyArray<DayOfActivity>
  }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "NotVisible" }

/** The end of a look for an image. Times are epoch milliseconds. */
export interface CheckFinding {
  readonly claim: ClaimedCheck
  readonly at: number
  /** When to look again; infinity where another job does. */
  readonly dueAt: number
  readonly result: CheckResult | Deferral
}

/** An image that was claimed from the store, to be read by this process alone. */
export interface ClaimedSource {
  readonly image: string
  readonly registry: string
  readonly attempts: number
  /** What was read the last time: the same digest says the same again. */
  readonly digest: Option.Option<string>
  /** The repositories that claim it, by `key` of their present and former names. */
  readonly claimants: ReadonlyArray<string>
}

/** What the newest tag of an image says of its origin. */
export type SourceResult =
  | { readonly _tag: "Says"; readonly tag: string; readonly digest: string; readonly label: SourceLabel }
  | { readonly _tag: "Silent"; readonly tag: string; readonly digest: string }
  /** The digest is that of the last time. */
  | { readonly _tag: "Unchanged" }
  /** There is nothing to read: no tag, or nothing that is an image. */
  | { readonly _tag: "Unreadable"; readonly reason: string }

/** The end of a look at what an image says. Times are epoch milliseconds. */
export interface SourceFinding {
  readonly claim: ClaimedSource
  readonly at: number
  readonly dueAt: number
  /** Manifests that were asked for at the image's registry. */
  readonly pulls: number
  /** Those that were asked for at another registry, where its base is. */
  readonly basePulls?: { readonly registry: string; readonly pulls: number }
  readonly result: SourceResult | Deferral
}

/** Manifests that a look at an image's origin asks for at most: an index and a child, of it and of its base. */
export const mostPulls = 4

/** What looks changed of each registry's budget of pulls: what was asked for, less what their claims had reserved. */
export const pullsSpent = (
  findings: ReadonlyArray<SourceFinding>
): ReadonlyArray<{ readonly registry: string; readonly at: number; readonly pulls: number }> =>
  findings.flatMap(({ at, basePulls, claim, pulls }) => [
    { registry: claim.registry, at, pulls: pulls - mostPulls },
    ...(basePulls === undefined ? [] : [{ ...basePulls, at }])
  ])
