/**
 * Why a link between a repository and an image is believed, and how much.
 *
 * A confidence is a number from 0 to 1 with two digits. Every piece of evidence has a weight; evidence that a later look
 * no longer found loses half of its weight every 90 days after it was last seen. Pieces are taken as independent of each
 * other: the confidence is what remains when all of them would have to be wrong at once. What an image says of itself
 * goes before all but a person's word: a contradicted link has the confidence 0.
 */
import { Option } from "effect"
import type { ClaimEvidence } from "./ImageClaim.js"

/** Claims of the repository, the image's own label, and a person's word. */
export type EvidenceKind = ClaimEvidence | "label" | "manual"

/** A piece of evidence. Times are epoch milliseconds. */
export interface Evidence {
  readonly kind: EvidenceKind
  readonly firstSeen: number
  readonly lastSeen: number
  /** When a look first missed it; none while it is there. */
  readonly unseenSince: Option.Option<number>
  /** Where it was read: the file, and the place in it. */
  readonly places: ReadonlyArray<string>
}

/** What an image says of the repository that claims it. */
export type VerificationState =
  /** Its label names this repository. */
  | "verified"
  /** Its label names another one. */
  | "contradicted"
  /** It was read and names none. */
  | "silent"
  | "not-looked-at"

/** Milliseconds in which evidence that is no longer there loses half of its weight. */
export const halfLife = 90 * 86_400_000

/** How much one piece of evidence says while it is there. */
export const weightOf = (kind: EvidenceKind, registry: string): number => {
  switch (kind) {
    case "manual":
      return 1
    case "label":
      return 0.98
    case "official":
      return 0.95
    case "workflow":
      return 0.8
    // On GHCR a namespace is the owner's by construction; elsewhere somebody else may have taken the name.
    case "name":
      return registry === "ghcr.io" ? 0.9 : 0.6
  }
}

/** What is left of a piece of evidence at an instant (epoch milliseconds). A person's word does not age. */
export const remaining = (evidence: Evidence, registry: string, now: number): number => {
  const weight = weightOf(evidence.kind, registry)
  return evidence.kind === "manual" || Option.isNone(evidence.unseenSince)
    ? weight
    : weight * 2 ** (-Math.max(0, now - evidence.lastSeen) / halfLife)
}

/** How much a link is believed at an instant (epoch milliseconds). */
export const confidence = (
  link: {
    readonly registry: string
    readonly evidence: ReadonlyArray<Evidence>
    readonly state: VerificationState
  },
  now: number
): number => {
  if (link.evidence.some(({ kind }) => kind === "manual")) return 1
  if (link.state === "contradicted") return 0
  const doubt = link.evidence.reduce((doubt, one) => doubt * (1 - remaining(one, link.registry, now)), 1)
  return Math.min(0.99, Math.round((1 - doubt) * 100) / 100)
}
