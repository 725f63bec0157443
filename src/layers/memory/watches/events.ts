/**
 * Events and deliveries of the watch store in memory.
 */
import { Clock, Duration, Effect, Option, Random } from "effect"
import { contains } from "../../../domain/DayWindow.js"
import type { Watch, WatchAction } from "../../../domain/Watch.js"
import { attempted, eventStatus, revived, untried, updateAttempts } from "../../../domain/WatchDelivery.js"
import { type EventDetail, eventTypes, type WatchEvent } from "../../../domain/WatchEvent.js"
import type {
  ClaimedDelivery,
  DeliveryAttempt,
  EventQuery,
  StoredDelivery,
  StoredEvent,
  WatchClaimOptions
} from "../../../services/WatchStore.js"
import { type DeliveryRow, type EventRow, isFree, isMine, type WatchTables } from "./tables.js"

const digits = Effect.map(Random.nextIntBetween(0, 0x1_0000), (word) => word.toString(16).padStart(4, "0"))

// The form of RFC 9562, version 4.
const uuid = Effect.map(
  Effect.replicateEffect(digits, 8),
  ([a, b, c, d, e, f, g, h]) => `${a}${b}-${c}-4${d?.slice(1)}-a${e?.slice(1)}-${f}${g}${h}`
)

/** Writes an event with a delivery for each action of its watch. */
export const writeEvent = (tables: WatchTables, watch: Watch, at: number, detail: EventDetail) =>
  Effect.map(uuid, (id): WatchEvent => {
    const { platform, reference } = watch
    const sequence = tables.nextSequence++
    const event: WatchEvent = {
      id,
      sequence,
      type: eventTypes[detail._tag],
      watch: watch.id,
      reference,
      platform,
      at,
      detail
    }
    const ofUpdate = detail._tag === "UpdateFound"
    const deliveries = watch.actions.map((_, position): DeliveryRow => ({
      position,
      state: untried,
      bound: ofUpdate ? updateAttempts : undefined,
      window: ofUpdate ? Option.flatMap(watch.updates, ({ between }) => between) : Option.none(),
      lease: Option.none()
    }))
    tables.events.set(sequence, {
      event,
      deliveries: new Map(deliveries.map((delivery) => [delivery.position, delivery]))
    })
    return event
  })

/** The parts of the store that are about events. */
export const makeEvents = (tables: WatchTables, holder: string) => {
  const actionOf = ({ event }: EventRow, position: number): WatchAction | undefined =>
    tables.watches.get(event.watch)?.watch.actions[position]

  const stored = (row: EventRow): StoredEvent => {
    const deliveries = [...row.deliveries.values()].map(({ position, state }): StoredDelivery => ({
      ...state,
      position,
      action: Option.fromNullable(actionOf(row, position))
    }))
    return { event: row.event, status: eventStatus(deliveries), deliveries }
  }

  const events = Effect.fn("WatchStore.events")((query: EventQuery) =>
    Effect.sync(() => {
      const down = query.newestFirst === true
      const rows = down ? [...tables.events.values()].reverse() : [...tables.events.values()]
      return rows
        .filter(({ event }) =>
          (query.from === undefined || (down ? event.sequence < query.from : event.sequence > query.from)) &&
          (query.id === undefined || event.id === query.id.toLowerCase()) &&
          (query.watch === undefined || event.watch === query.watch) &&
          (query.type === undefined || event.type === query.type)
        )
        .map(stored)
        .filter(({ status }) => query.status === undefined || status === query.status)
        .slice(0, query.limit)
    })
  )

  // Of each action of a watch the first delivery that is not done.
  const firsts = () => {
    const found = new Map<string, { readonly row: EventRow; readonly delivery: DeliveryRow }>()
    for (const row of tables.events.values()) {
      for (const delivery of row.deliveries.values()) {
        const lane = `${row.event.watch}/${delivery.position}`
        if (delivery.state.status === "pending" && !found.has(lane)) found.set(lane, { row, delivery })
      }
    }
    return [...found.values()].sort((first, second) =>
      first.row.event.sequence - second.row.event.sequence || first.delivery.position - second.delivery.position
    )
  }

  const open = (now: number) =>
    firsts().filter(({ delivery }) =>
      isFree(delivery.lease, now) &&
      Option.match(delivery.window, { onNone: () => true, onSome: (window) => contains(window, now) })
    )

  const claimDeliveries = Effect.fn("WatchStore.claimDeliveries")(function*({ lease, limit }: WatchClaimOptions) {
    const now = yield* Clock.currentTimeMillis
    const until = now + Duration.toMillis(lease)
    return open(now)
      .filter(({ delivery }) => delivery.state.notBefore <= now)
      .flatMap(({ delivery, row }) => {
        const action = actionOf(row, delivery.position)
        return action === undefined ? [] : [{ row, delivery, action }]
      })
      .slice(0, limit)
      .map(({ action, delivery, row }): ClaimedDelivery => {
        row.deliveries.set(delivery.position, { ...delivery, lease: Option.some({ holder, until }) })
        return { event: row.event, position: delivery.position, action, attempts: delivery.state.attempts }
      })
  })

  const nextDelivery = Effect.map(Clock.currentTimeMillis, (now) => {
    const times = open(now).map(({ delivery }) => delivery.state.notBefore)
    return times.length === 0 ? Option.none() : Option.some(Math.min(...times))
  }).pipe(Effect.withSpan("WatchStore.nextDelivery"))

  const settle = Effect.fn("WatchStore.settle")((attempts: ReadonlyArray<DeliveryAttempt>, bound: number) =>
    Effect.sync(() => {
      const settled = attempts.flatMap(({ attempt, claim }) => {
        const row = tables.events.get(claim.event.sequence)
        const delivery = row?.deliveries.get(claim.position)
        if (row === undefined || delivery === undefined || delivery.state.status === "delivered") return []
        if (!attempt.ok && !isMine(delivery.lease, holder)) return []
        const state = attempted(delivery.state, attempt, delivery.bound ?? bound)
        row.deliveries.set(claim.position, { ...delivery, state, lease: Option.none() })
        return [state.status]
      })
      const count = (status: string) => settled.filter((one) => one === status).length
      return { delivered: count("delivered"), failed: count("pending"), dead: count("dead") }
    })
  )

  const releaseDeliveries = Effect.fn("WatchStore.releaseDeliveries")((claims: ReadonlyArray<ClaimedDelivery>) =>
    Effect.sync(() => {
      for (const { event, position } of claims) {
        const row = tables.events.get(event.sequence)
        const delivery = row?.deliveries.get(position)
        if (row !== undefined && delivery !== undefined && isMine(delivery.lease, holder)) {
          row.deliveries.set(position, { ...delivery, lease: Option.none() })
        }
      }
    })
  )

  const retry = Effect.fn("WatchStore.retry")((event: Option.Option<string>) =>
    Effect.sync(() => {
      let count = 0
      for (const row of tables.events.values()) {
        if (Option.isSome(event) && event.value.toLowerCase() !== row.event.id) continue
        for (const delivery of row.deliveries.values()) {
          if (delivery.state.status !== "dead") continue
          row.deliveries.set(delivery.position, { ...delivery, state: revived(delivery.state) })
          count += 1
        }
      }
      return count
    })
  )

  const prune = Effect.fn("WatchStore.prune")((before: number) =>
    Effect.sync(() => {
      const gone = [...tables.events.values()].filter((row) =>
        row.event.at < before && [...row.deliveries.values()].every(({ state }) => state.status === "delivered")
      )
      for (const { event } of gone) tables.events.delete(event.sequence)
      return gone.length
    })
  )

  return { events, claimDeliveries, nextDelivery, settle, releaseDeliveries, retry, prune }
}
