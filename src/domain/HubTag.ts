/**
 * What Docker Hub's API says of an image and of its tags, beyond the counters.
 */
import { Option } from "effect"
import type { Digest } from "./Digest.js"
import type { Platform } from "./Platform.js"

/** What the Hub's answer about one image brings besides the counters. Texts are empty where the Hub has none. */
export interface HubDetails {
  /** One line. */
  readonly description: string
  /** Markdown, as long as its owner made it. */
  readonly fullDescription: string
  /** The names of its categories, as the Hub shows them: `Web servers`. */
  readonly categories: ReadonlyArray<string>
  /** When it was made (epoch milliseconds). */
  readonly registered: Option.Option<number>
}

/** One of the manifests behind a tag. Times are epoch milliseconds. */
export interface HubTagImage {
  /** In its normal form (see `Platform.normalize`). */
  readonly platform: Platform
  readonly digest: Option.Option<Digest>
  /** Compressed, in bytes. */
  readonly size: Option.Option<number>
  /** `active`, `inactive`, or what the Hub says; empty where it says nothing. */
  readonly status: string
  readonly lastPushed: Option.Option<number>
}

/** A tag as the Hub lists it. Times are epoch milliseconds. */
export interface HubTag {
  readonly name: string
  /** That of the index, or of the only manifest where the Hub names no other. */
  readonly digest: Option.Option<Digest>
  readonly mediaType: Option.Option<string>
  /** Compressed, in bytes; of one of the platforms where there are several. */
  readonly size: Option.Option<number>
  readonly lastUpdated: Option.Option<number>
  readonly lastPushed: Option.Option<number>
  /** What it runs on. */
  readonly images: ReadonlyArray<HubTagImage>
  /** Entries of `unknown/unknown`: attestations, and what else is no platform. */
  readonly others: ReadonlyArray<HubTagImage>
}

/** Whether an entry names a platform: attestations stand in the Hub's lists as `unknown/unknown`. */
export const isPlatform = ({ architecture, os }: Pick<Platform, "os" | "architecture">): boolean =>
  os !== "" && os !== "unknown" && architecture !== "" && architecture !== "unknown"

/** When a tag was last moved, as far as the Hub says (epoch milliseconds). */
export const movedAt = (tag: HubTag): Option.Option<number> => Option.orElse(tag.lastPushed, () => tag.lastUpdated)
