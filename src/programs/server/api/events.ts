/**
 * What happened to watched references, and what became of telling it.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { NotFound, Transient } from "../../../domain/Errors.js"
import { Conflict } from "./problems.js"
import { Update } from "./watches.js"
import { cursor, Instant, limit, Next, nextOf, orNull } from "./wire.js"

/** The way of an event to one action. */
const Delivery = Schema.Struct({
  /** Without what is secret; none when the watch has been removed. */
  action: orNull(Schema.String),
  status: Schema.Literal("pending", "delivered", "dead"),
  attempts: Schema.Int,
  notBefore: orNull(Instant),
  attemptedAt: orNull(Instant),
  deliveredAt: orNull(Instant),
  /** What the last attempt said in one line, and printed last. */
  result: orNull(Schema.String),
  output: orNull(Schema.String)
}).annotations({ identifier: "Delivery" })

/** `dead`: one of its deliveries was set aside; `pending`: one waits; `delivered`: all are; `kept`: it has none. */
const EventStatus = Schema.Literal("pending", "delivered", "dead", "kept")

const EventType = Schema.Literal(
  "image-census.tag.moved",
  "image-census.watch.fired",
  "image-census.update.found"
)

/** An event of a watched reference. */
export const Event = Schema.Struct({
  id: Schema.String,
  /** Grows in the order in which events were written. */
  sequence: Schema.Int,
  type: EventType,
  at: Instant,
  watch: Schema.String,
  reference: Schema.String,
  platform: orNull(Schema.String),
  /** What counts for the watch, before and after a move. */
  from: orNull(Schema.String),
  to: orNull(Schema.String),
  update: orNull(Update),
  status: EventStatus,
  deliveries: Schema.Array(Delivery)
}).annotations({ identifier: "Event" })

const EventKey = Schema.Struct({ sequence: Schema.Int.pipe(Schema.nonNegative()) })

/** The `next` of a page of events. */
export const nextEvent = nextOf(EventKey)

const EventPage = Schema.Struct({ events: Schema.Array(Event), next: Next }).annotations({ identifier: "EventPage" })

const Retried = Schema.Struct({
  /** Deliveries that are tried again. */
  deliveries: Schema.Int
}).annotations({ identifier: "Retried" })

export const events = HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("list", "/events")
      .setUrlParams(Schema.Struct({
        status: Schema.optional(EventStatus),
        type: Schema.optional(EventType),
        /** A watch's id. */
        watch: Schema.optional(Schema.String.pipe(Schema.pattern(/^\d{1,18}$/))),
        limit,
        after: cursor(EventKey)
      }))
      .addSuccess(EventPage)
  )
  .add(
    HttpApiEndpoint.post("retry", "/events/:id/retry")
      .setPath(Schema.Struct({ id: Schema.UUID }))
      .addSuccess(Retried, { status: 202 })
      .addError(NotFound, { status: 404 })
      .addError(Conflict, { status: 409 })
  )
  .addError(Transient, { status: 503 })
