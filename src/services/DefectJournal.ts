import type { Effect } from "effect"
import { Context } from "effect"

/** What died, and of what. */
export interface Defect {
  /** The job, or the part of it, as `image_census_defects_total` names it. */
  readonly job: string
  /** The row, for people. */
  readonly subject: string
  /** `internal error: …`, one line. */
  readonly reason: string
}

/**
 * Remembers which defects a run has met, so that each is told once with its trace, and all at the end. Where nobody
 * provides one, every defect is news.
 */
export class DefectJournal extends Context.Tag("image-census/DefectJournal")<DefectJournal, {
  /** Takes a defect in. False: the same row died of the same before. */
  readonly isNews: (defect: Defect) => Effect.Effect<boolean>
  /** The defects so far, each once; of very many the last thousand. */
  readonly met: Effect.Effect<ReadonlyArray<Defect>>
}>() {}
