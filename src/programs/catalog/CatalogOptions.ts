import type { Duration, Option } from "effect"
import type { CatalogName, Visibility } from "../../domain/CatalogImage.js"

/** How the catalog is kept. */
export interface CatalogOptions {
  /** Which images are wanted beside those that people added; none: the official ones. */
  readonly images: Option.Option<ReadonlyArray<CatalogName>>
  /** Whether images join that discovery linked to repositories. */
  readonly fromLinks: boolean
  /** As what new images come in. */
  readonly newAs: Visibility
  /** How many of an image's newest tags are wanted; none for all. */
  readonly maxTags: Option.Option<number>
  /** How long until an image is looked at again. */
  readonly interval: Duration.Duration
  readonly lease: Duration.Duration
  /** How long to wait before looking again when nothing is due. */
  readonly idleSleep: Duration.Duration
}

/** What a sync did. */
export interface CatalogSummary {
  /** Images with a definite answer. */
  readonly looked: number
  /** Images of which something was written besides the day's counters. */
  readonly changed: number
  /** Images that their registry does not know. */
  readonly gone: number
  readonly tagsAdded: number
  readonly tagsMoved: number
  readonly tagsGone: number
  /** Images without an answer, tried again later. */
  readonly failed: ReadonlyArray<{ readonly image: string; readonly reason: string }>
  readonly requests: { readonly dockerhub: number; readonly registries: number }
  readonly seconds: number
}
