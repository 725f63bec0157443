import type { Duration, Effect, Option, Stream } from "effect"
import { Context } from "effect"
import type { CatalogName, FoundImage, FoundTag, Visibility, Words } from "../domain/CatalogImage.js"
import type { Digest } from "../domain/Digest.js"
import type { Transient } from "../domain/Errors.js"
import type { OfficialImage } from "../domain/OfficialImages.js"
import type { UtcDay } from "../domain/UtcDay.js"

/** By whose wish an image is in the catalog. */
export type CatalogOrigin = "person" | "setting" | "official" | "links"

/** What is already known of an image that is claimed. Times are epoch milliseconds. */
export interface ClaimedEntry {
  readonly name: CatalogName
  /** How often in a row it was tried without a definite answer. */
  readonly attempts: number
  /** When the registry last answered for it. */
  readonly lookedAt: Option.Option<number>
  /** What the refresh of pull counts has fetched of the repository today, since the last look: no need to ask again. */
  readonly refreshed: Option.Option<{ readonly at: number; readonly lastUpdated: Option.Option<number> }>
  /** The last listing of its tags. */
  readonly listing: Option.Option<{
    readonly at: number
    /** The repository's `last_updated` at that time. */
    readonly updated: Option.Option<number>
    /** How many tags were wanted; none for all. */
    readonly wanted: Option.Option<number>
    readonly complete: boolean
  }>
  /** Tags that one complete listing has missed: the next one decides. */
  readonly missing: number
  /**
   * What is known of its tags, so that nothing is read twice by its digest. Empty for images on Docker Hub, which lists
   * digests and platforms by itself.
   */
  readonly tags: ReadonlyArray<FoundTag>
}

/** The day's counters of an image. */
export interface Counters {
  readonly pulls: bigint
  readonly stars: number
  /** When the repository was last pushed to (epoch milliseconds). */
  readonly lastUpdated: Option.Option<number>
}

/** A listing of an image's tags: a definite answer. */
export interface TagListing {
  /** What is wanted, the newest first. */
  readonly tags: ReadonlyArray<FoundTag>
  /** What was listed beside: it brings those up to date that the catalog has, and adds none. */
  readonly others: ReadonlyArray<FoundTag>
  /** Every name that was listed. */
  readonly names: ReadonlyArray<string>
  /** Whether these were all: a tag that is not among them is missing. */
  readonly complete: boolean
  /** How many there are in all, as the registry says. */
  readonly count: number
  readonly wanted: Option.Option<number>
  readonly updated: Option.Option<number>
}

/** What came of a look at an image. `at` is the instant of the answer, epoch milliseconds. */
export interface CatalogFinding {
  readonly claim: ClaimedEntry
  readonly at: number
  /** `Gone`: a definite 404. None: not asked, or no answer. */
  readonly image: Option.Option<
    | { readonly _tag: "Found"; readonly found: FoundImage; readonly counters: Option.Option<Counters> }
    | { readonly _tag: "Gone" }
  >
  /** The GitHub repositories that build it, for official images (`owner/name`). */
  readonly repositories: ReadonlyArray<string>
  readonly tags: Option.Option<TagListing>
  /** What kept the look from its end: the image stays due, but not before `notBefore` (epoch milliseconds). */
  readonly failure: Option.Option<{ readonly reason: string; readonly notBefore: number }>
  /** When to look again, where nothing failed (epoch milliseconds). */
  readonly dueAt: number
}

/** What a finding changed. */
export interface CatalogChange {
  readonly imageChanged: boolean
  readonly tagsAdded: number
  readonly tagsMoved: number
  readonly tagsGone: number
}

/** An image as the catalog has it. Times are epoch milliseconds. */
export interface CatalogEntry extends FoundImage {
  readonly name: CatalogName
  readonly official: boolean
  readonly words: Words
  readonly visibility: Visibility
  readonly origin: CatalogOrigin
  readonly repositories: ReadonlyArray<string>
  readonly pulls: Option.Option<bigint>
  readonly stars: Option.Option<number>
  readonly lastUpdated: Option.Option<number>
  /** The platforms of all its tags, sorted. */
  readonly platforms: ReadonlyArray<string>
  /** How many tags the catalog has of it, and how many there are by the registry's word. */
  readonly tags: number
  readonly tagCount: Option.Option<number>
  readonly lookedAt: Option.Option<number>
  readonly goneSince: Option.Option<UtcDay>
  readonly attempts: number
  readonly lastError: Option.Option<string>
}

/** A tag as the catalog has it. Times are epoch milliseconds. */
export interface CatalogTag extends FoundTag {
  readonly words: Words
  readonly firstSeen: number
  /** Since when it is gone, proved by two complete listings. */
  readonly goneSince: Option.Option<number>
}

/** What a tag pointed to. Times are epoch milliseconds. */
export interface TagDigest {
  readonly tag: string
  readonly digest: Digest
  readonly since: number
  /** None: it still does. */
  readonly until: Option.Option<number>
}

/** Which images to list. Absent parts mean all; hidden images and drafts are listed where `visibility` names them. */
export interface CatalogFilter {
  /** Part of a name, title, description, label or category, in any case. */
  readonly search?: string | undefined
  readonly official?: boolean | undefined
  /** One of the image's tags runs on this: `linux/arm64`. */
  readonly platform?: string | undefined
  /** Default: published ones and drafts. */
  readonly visibility?: ReadonlyArray<Visibility> | undefined
}

/** A page of a list, and the mark behind which the next one begins. */
export interface CatalogPage<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<string>
}

export interface PageOptions {
  /** The mark of the page before. One that is none of ours is taken for the beginning. */
  readonly after?: string | undefined
  /** Default 100, at most 1,000. */
  readonly limit?: number | undefined
}

/** How to claim: leases lapse by themselves. */
export interface CatalogClaim {
  readonly limit: number
  readonly lease: Duration.Duration
  /**
   * `due`: what is due by now. `all`: everything that was not looked at since that instant (epoch milliseconds) and is
   * not put off. `named`: these, put off or not, unless they were looked at since.
   */
  readonly which:
    | { readonly _tag: "due" }
    | { readonly _tag: "all"; readonly since: number }
    | { readonly _tag: "named"; readonly since: number; readonly images: ReadonlyArray<string> }
}

/**
 * The catalog: which images there are, what is known of them and of their tags, what their tags pointed to and since
 * when, and what people say. What was fetched and what was said never touch. Every failure is TRANSIENT and changes
 * nothing.
 */
export class ImageCatalog extends Context.Tag("image-census/ImageCatalog")<ImageCatalog, {
  /** Takes images in for good; what was removed comes back. */
  readonly add: (
    images: ReadonlyArray<CatalogName>,
    as: Visibility
  ) => Effect.Effect<{ readonly added: number; readonly known: number }, Transient>
  /** Takes images out with their tags and history; no default brings them back. Words stay. Returns the unknown ones. */
  readonly remove: (
    images: ReadonlyArray<CatalogName>
  ) => Effect.Effect<{ readonly removed: number; readonly unknown: ReadonlyArray<string> }, Transient>
  /**
   * Says which images are wanted beside those that people added. Those that no longer are stay as they are, but are not
   * looked at any more. `fromLinks`: images join that discovery linked to repositories. Returns how many came in anew.
   */
  readonly want: (
    wanted: ReadonlyArray<{ readonly name: CatalogName; readonly origin: "setting" | "official" }>,
    options: { readonly fromLinks: boolean; readonly as: Visibility }
  ) => Effect.Effect<number, Transient>

  /** The list of official images: as `replaceOfficial` left it, else as it is shipped. */
  readonly official: Effect.Effect<ReadonlyArray<OfficialImage>, Transient>
  readonly replaceOfficial: (
    images: ReadonlyArray<OfficialImage>
  ) => Effect.Effect<
    { readonly added: number; readonly changed: number; readonly removed: number },
    Transient
  >

  /**
   * Begins a pass over the whole catalog, or joins the one that another process is in the middle of: the instant (epoch
   * milliseconds) since which an image has to have been looked at. `endPass` ends this process's part of it.
   */
  readonly beginPass: (lease: Duration.Duration) => Effect.Effect<number, Transient>
  readonly endPass: Effect.Effect<void, Transient>
  /** Claims images for a look: nobody else gets them until they are recorded, released, or the lease has passed. */
  readonly claim: (claim: CatalogClaim) => Effect.Effect<ReadonlyArray<ClaimedEntry>, Transient>
  /** How many images, that a claim like this would take, others hold at the moment. */
  readonly heldByOthers: (which: CatalogClaim["which"]) => Effect.Effect<number, Transient>
  /** Lengthens the leases of this process's claims, and of its pass. */
  readonly extend: (images: ReadonlyArray<string>, lease: Duration.Duration) => Effect.Effect<void, Transient>
  readonly release: (images: ReadonlyArray<string>) => Effect.Effect<void, Transient>
  /** Makes what was put off to later due now. Returns how many. */
  readonly undefer: Effect.Effect<number, Transient>
  /** Writes one image's finding, in one transaction, and only what differs. */
  readonly record: (finding: CatalogFinding) => Effect.Effect<CatalogChange, Transient>

  /** Changes what a person says of an image, or of one of its tags. False: there is no such image or tag. */
  readonly say: (
    name: CatalogName,
    tag: Option.Option<string>,
    change: (words: Words) => Words
  ) => Effect.Effect<boolean, Transient>

  /** In the order of names. */
  readonly list: (filter: CatalogFilter, page?: PageOptions) => Effect.Effect<CatalogPage<CatalogEntry>, Transient>
  readonly image: (name: CatalogName) => Effect.Effect<Option.Option<CatalogEntry>, Transient>
  /** The tags of an image, the newest push first. Gone ones only with `gone`. */
  readonly tags: (
    image: string,
    page?: PageOptions & { readonly gone?: boolean | undefined; readonly platform?: string | undefined }
  ) => Effect.Effect<CatalogPage<CatalogTag>, Transient>
  /** What an image's tags (or one of them) pointed to, tag by tag in the order of names, the latest first. */
  readonly history: (
    image: string,
    tag: Option.Option<string>,
    page?: PageOptions
  ) => Effect.Effect<CatalogPage<TagDigest>, Transient>
  /** Every tag that is there, of every image that the filter lists, image by image. */
  readonly everything: (
    filter: CatalogFilter
  ) => Stream.Stream<{ readonly image: CatalogEntry; readonly tag: CatalogTag }, Transient>
}>() {}
