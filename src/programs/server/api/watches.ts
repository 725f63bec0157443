/**
 * Watched references: what is behind their tags, and what is done when that moves.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import { Schema } from "effect"
import { NotFound, Transient } from "../../../domain/Errors.js"
import { Conflict, Invalid } from "./problems.js"
import { cursor, Instant, limit, Next, nextOf, orNull, search, Text, wholeNumber } from "./wire.js"

const Level = Schema.Literal("patch", "minor", "major")

/** What a person wants of newer versions. */
const UpdateRule = Schema.Struct({
  level: Level,
  minAgeSeconds: Schema.Number,
  /** Part of the day in UTC, `02:00-05:00`; none means at any time. */
  between: orNull(Schema.String)
}).annotations({ identifier: "UpdateRule" })

/** A newer version that one could run. */
export const Update = Schema.Struct({
  tag: Schema.String,
  change: Level,
  digest: orNull(Schema.String),
  publishedAt: orNull(Instant),
  /** Where its release notes are. */
  notes: orNull(Schema.String),
  firstSeen: Instant
}).annotations({ identifier: "Update" })

/** A watch with what is known of it. */
export const Watch = Schema.Struct({
  id: Schema.String,
  /** In full: `docker.io/library/nginx:latest`. */
  reference: Schema.String,
  platform: orNull(Schema.String),
  everySeconds: Schema.Number,
  /** What is done with its events, without what is secret. */
  actions: Schema.Array(Schema.String),
  updates: orNull(UpdateRule),
  addedAt: Instant,
  digest: orNull(Schema.String),
  platformDigest: orNull(Schema.String),
  since: orNull(Instant),
  checkedAt: orNull(Instant),
  outcome: orNull(Schema.Literal("seen", "not-found", "refused", "no-platform")),
  moves: Schema.Int,
  /** How often the tag moved without changing the watch's platform. */
  elsewhere: Schema.Int,
  elsewhereAt: orNull(Instant),
  dueAt: orNull(Instant),
  attempts: Schema.Int,
  problem: orNull(Schema.String),
  /** Deliveries of its events that wait, and that were set aside. */
  pending: Schema.Int,
  dead: Schema.Int
}).annotations({ identifier: "Watch" })

/** Watches are listed in the order of their references. */
const WatchKey = Schema.Struct({ reference: Text, platform: Text })

/** The `next` of a page of watches, and of updates. */
export const nextWatch = nextOf(WatchKey)

const WatchPage = Schema.Struct({ watches: Schema.Array(Watch), next: Next }).annotations({ identifier: "WatchPage" })

/** The newest version of a watched reference, or that there is none. */
const WatchedUpdate = Schema.Struct({
  watch: Schema.String,
  reference: Schema.String,
  platform: orNull(Schema.String),
  /** The last definite answer; none before the first. */
  lookedAt: orNull(Instant),
  newest: orNull(Update),
  firedAt: orNull(Instant),
  /** Why the last lookup had no answer: what is shown is from before. */
  problem: orNull(Schema.String)
}).annotations({ identifier: "WatchedUpdate" })

const UpdatePage = Schema.Struct({ updates: Schema.Array(WatchedUpdate), next: Next })
  .annotations({ identifier: "UpdatePage" })

/** Commands are set on the machine where they run, never over HTTP. */
const Webhook = Schema.Struct({
  /** Where events go, as CloudEvents. Addresses in private networks are refused when they are called. */
  webhook: Text.pipe(Schema.maxLength(2000))
})

const NewWatch = Schema.Struct({
  /** With a tag, without a digest: `nginx:1.27`. */
  reference: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(500)),
  /** Only this platform's manifest counts: `linux/arm64`. */
  platform: Schema.optional(Schema.String.pipe(Schema.maxLength(100))),
  /** From one look to the next; `WATCH_INTERVAL_SEC` of the server where it is not given. */
  everySeconds: Schema.optional(Schema.Int.pipe(Schema.between(10, 30 * 86_400))),
  actions: Schema.optionalWith(Schema.Array(Webhook).pipe(Schema.maxItems(10)), { default: () => [] })
}).annotations({ identifier: "NewWatch" })

const Fired = Schema.Struct({
  /** The ids of the events that were written. */
  events: Schema.Array(Schema.String)
}).annotations({ identifier: "Fired" })

const WatchPath = Schema.Struct({ id: Schema.String.pipe(Schema.pattern(/^\d{1,18}$/)) })

export const watches = HttpApiGroup.make("watches")
  .add(
    HttpApiEndpoint.get("list", "/watches")
      .setUrlParams(Schema.Struct({ search, limit, after: cursor(WatchKey) }))
      .addSuccess(WatchPage)
  )
  .add(
    HttpApiEndpoint.post("add", "/watches")
      .annotate(
        OpenApi.Description,
        "Adds a watch. One of the same reference and platform is left as it is and answered with 409: it may have what " +
          "cannot be said here, commands and a rule for newer versions. `image-census watch add` changes it."
      )
      .setPayload(NewWatch)
      .addSuccess(Watch, { status: 201 })
      .addError(Conflict, { status: 409 })
  )
  .add(
    HttpApiEndpoint.post("fire", "/watches/:id/fire")
      .setPath(WatchPath)
      .addSuccess(Fired, { status: 202 })
      .addError(NotFound, { status: 404 })
  )
  .addError(Invalid, { status: 400 })
  .addError(Transient, { status: 503 })

export const updates = HttpApiGroup.make("updates")
  .add(
    HttpApiEndpoint.get("list", "/updates")
      .setUrlParams(Schema.Struct({
        search,
        /** 1: only references of which there is a newer version. */
        found: Schema.optionalWith(wholeNumber(0, 1), { default: () => 0 }),
        limit,
        after: cursor(WatchKey)
      }))
      .addSuccess(UpdatePage)
  )
  .addError(Transient, { status: 503 })
