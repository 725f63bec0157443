/**
 * What happened to a watched reference, as it is kept in the outbox and sent to actions.
 */
import { Option, Schema } from "effect"
import { Digest } from "./Digest.js"
import type { ImageReference } from "./ImageReference.js"
import type { Platform } from "./Platform.js"

const OptionalDigest = Schema.OptionFromNullOr(Digest)
const OptionalText = Schema.OptionFromNullOr(Schema.String)

/** The tag points elsewhere. */
export const Moved = Schema.TaggedStruct("Moved", {
  /** What counts for the watch: the manifest of its platform, else what the tag points to. */
  from: Digest,
  to: Digest,
  /** What the tag pointed to, and points to: the same as `from` and `to` without a platform. */
  tagFrom: Digest,
  tagTo: Digest
})

/** A person asked for the actions. */
export const Fired = Schema.TaggedStruct("Fired", {
  /** What counts for the watch, and what the tag points to, as they were last seen. */
  digest: OptionalDigest,
  tagDigest: OptionalDigest
})

/** A newer version that one could run. Times are epoch milliseconds. */
export const UpdateFound = Schema.TaggedStruct("UpdateFound", {
  tag: Schema.String,
  change: Schema.Literal("patch", "minor", "major"),
  /** What the newer tag points to, where that is known. */
  digest: OptionalDigest,
  /** The registry's date of it. */
  publishedAt: Schema.OptionFromNullOr(Schema.Number),
  /** Where its release notes are. */
  notes: OptionalText,
  firstSeen: Schema.Number
})
export type UpdateFound = typeof UpdateFound.Type

/** What an event says. */
export const EventDetail = Schema.Union(Moved, Fired, UpdateFound)
export type EventDetail = typeof EventDetail.Type

/** The `type` of CloudEvents, by what happened. */
export const eventTypes = {
  Moved: "image-census.tag.moved",
  Fired: "image-census.watch.fired",
  UpdateFound: "image-census.update.found"
} as const satisfies Record<EventDetail["_tag"], string>

export type EventType = (typeof eventTypes)[keyof typeof eventTypes]

/** An event of the outbox. */
export interface WatchEvent {
  /** A UUID; the same whenever the event is delivered again. */
  readonly id: string
  /** Grows in the order in which events were written, over all references: where a reader goes on. */
  readonly sequence: number
  readonly type: EventType
  /** The watch's id. */
  readonly watch: string
  readonly reference: ImageReference
  readonly platform: Option.Option<Platform>
  /** When it was noticed (epoch milliseconds). */
  readonly at: number
  readonly detail: EventDetail
}

/** The digest that an action would pull, where the event knows one. */
export const digestOfEvent = (detail: EventDetail): Option.Option<Digest> =>
  detail._tag === "Moved" ? Option.some(detail.to) : detail.digest
