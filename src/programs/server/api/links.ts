/**
 * Links between repositories and images, with all that speaks for and against them.
 */
import { Schema } from "effect"
import { Instant, orNull } from "./wire.js"

const Evidence = Schema.Struct({
  kind: Schema.Literal("name", "workflow", "official", "label", "manual"),
  firstSeen: Instant,
  lastSeen: Instant,
  /** When a look first missed it; none while it is there. */
  unseenSince: orNull(Instant),
  /** Where it was read: the file, and the place in it. */
  places: Schema.Array(Schema.String)
}).annotations({ identifier: "Evidence" })

const Verification = Schema.Struct({
  /** `verified`: the image's label names this repository; `contradicted`: another one; `silent`: none. */
  state: Schema.Literal("verified", "contradicted", "silent", "not-looked-at"),
  /** The repository that the label names: `github.com/owner/name`. */
  pointsAt: orNull(Schema.String),
  tag: orNull(Schema.String),
  digest: orNull(Schema.String),
  label: orNull(Schema.String),
  value: orNull(Schema.String),
  lookedAt: orNull(Instant)
}).annotations({ identifier: "Verification" })

/** A repository publishes an image. */
export const Link = Schema.Struct({
  owner: Schema.String,
  name: Schema.String,
  image: Schema.String,
  registry: Schema.String,
  evidence: Schema.Array(Evidence),
  verification: Verification,
  /** From 0 to 1. */
  confidence: Schema.Number
}).annotations({ identifier: "Link" })
