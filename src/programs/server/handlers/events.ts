/**
 * Events over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import { NotFound } from "../../../domain/Errors.js"
import { canonical } from "../../../domain/ImageReference.js"
import { describeAction } from "../../../domain/Watch.js"
import { digestOfEvent } from "../../../domain/WatchEvent.js"
import { type StoredDelivery, type StoredEvent, WatchStore } from "../../../services/WatchStore.js"
import { Api } from "../api/Api.js"
import { nextEvent } from "../api/events.js"
import { Conflict } from "../api/problems.js"
import { platformOf, updateOf } from "./watches.js"

const deliveryOf = (delivery: StoredDelivery) => ({
  action: Option.map(delivery.action, describeAction),
  status: delivery.status,
  attempts: delivery.attempts,
  notBefore: delivery.notBefore > 0 && Number.isFinite(delivery.notBefore)
    ? Option.some(delivery.notBefore)
    : Option.none(),
  attemptedAt: delivery.attemptedAt,
  deliveredAt: delivery.deliveredAt,
  result: delivery.result,
  output: delivery.output
})

const eventOf = ({ deliveries, event, status }: StoredEvent) => ({
  id: event.id,
  sequence: event.sequence,
  type: event.type,
  at: event.at,
  watch: event.watch,
  reference: canonical(event.reference),
  platform: platformOf(event.platform),
  from: event.detail._tag === "Moved" ? Option.some(event.detail.from) : Option.none(),
  to: digestOfEvent(event.detail),
  update: event.detail._tag === "UpdateFound" ? Option.some(updateOf(event.detail)) : Option.none(),
  status,
  deliveries: deliveries.map(deliveryOf)
})

export const events = HttpApiBuilder.group(Api, "events", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) =>
      Effect.gen(function*() {
        const { after, limit, status, type, watch } = urlParams
        const rows = yield* (yield* WatchStore).events({
          limit,
          newestFirst: true,
          from: Option.getOrUndefined(Option.map(after, ({ sequence }) => sequence)),
          status,
          type,
          watch
        })
        const last = rows.at(-1)
        return {
          events: rows.map(eventOf),
          next: last === undefined || rows.length < limit ? null : nextEvent({ sequence: last.event.sequence })
        }
      }))
    .handle("retry", ({ path }) =>
      Effect.gen(function*() {
        const store = yield* WatchStore
        const deliveries = yield* store.retry(Option.some(path.id))
        if (deliveries > 0) return { deliveries }
        const [event] = yield* store.events({ limit: 1, id: path.id })
        if (event === undefined) return yield* new NotFound({ service: "the census", what: `the event ${path.id}` })
        return yield* new Conflict({
          message: `the event ${path.id} is ${event.status}; only deliveries that were set aside (dead) are tried again`
        })
      })))
