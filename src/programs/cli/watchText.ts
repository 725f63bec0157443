/**
 * Watches and events for people and for programs.
 */
import { Duration, Option } from "effect"
import { eventData } from "../../domain/CloudEvent.js"
import * as DayWindow from "../../domain/DayWindow.js"
import { canonical, familiar } from "../../domain/ImageReference.js"
import { describeAction, platformText, shownAddress, shownCommand, type WatchAction } from "../../domain/Watch.js"
import type { StoredEvent, StoredWatch } from "../../services/WatchStore.js"
import { instant, iso, orDash, span } from "./text.js"

const short = (digest: string): string => digest.slice(0, digest.indexOf(":") + 13)

// What is secret in it is stored and never shown.
const actionRecord = (action: WatchAction) =>
  action._tag === "Webhook"
    ? { type: "webhook", url: shownAddress(action.url), allowPrivate: action.allowPrivate }
    : { type: "command", argv: shownCommand(action.argv) }

export const watchColumns = [
  { title: "REFERENCE", align: "left" },
  { title: "PLATFORM", align: "left" },
  { title: "EVERY", align: "right" },
  { title: "DIGEST", align: "left" },
  { title: "SINCE (UTC)", align: "left" },
  { title: "CHECKED (UTC)", align: "left" },
  { title: "MOVES", align: "right" },
  { title: "STATE", align: "left" },
  { title: "UPDATE", align: "left" },
  { title: "ACTIONS", align: "left" }
] as const

const stateText = ({ dead, pending, state }: StoredWatch): string => {
  const seen = Option.match(state.outcome, {
    onNone: () => "not seen yet",
    onSome: (outcome) => outcome === "seen" ? "" : outcome.replace("-", " ")
  })
  const tried = state.attempts > 0 ? `no answer ${state.attempts}×` : ""
  const waiting = [pending > 0 ? `${pending} to deliver` : "", dead > 0 ? `${dead} set aside` : ""]
  return [seen, tried, ...waiting].filter((part) => part !== "").join(", ") || "ok"
}

export const watchRow = (stored: StoredWatch): ReadonlyArray<string> => {
  const { state, updates, watch } = stored
  return [
    familiar(watch.reference),
    platformText(watch.platform) || "-",
    span(Duration.toMillis(watch.every)),
    orDash(Option.map(Option.isSome(watch.platform) ? state.platformDigest : state.digest, short)),
    orDash(Option.map(state.since, instant)),
    orDash(Option.map(state.checkedAt, instant)),
    String(state.moves),
    stateText(stored),
    orDash(Option.map(updates.newest, ({ tag }) => tag)),
    watch.actions.map(describeAction).join("; ") || "-"
  ]
}

export const watchRecord = ({ addedAt, dead, pending, state, updates, watch }: StoredWatch) => ({
  id: watch.id,
  reference: canonical(watch.reference),
  platform: platformText(watch.platform) || null,
  everySeconds: Duration.toSeconds(watch.every),
  actions: watch.actions.map(actionRecord),
  addedAt: iso(addedAt),
  digest: Option.getOrNull(state.digest),
  platformDigest: Option.getOrNull(state.platformDigest),
  since: Option.getOrNull(Option.map(state.since, iso)),
  checkedAt: Option.getOrNull(Option.map(state.checkedAt, iso)),
  outcome: Option.getOrNull(state.outcome),
  problem: Option.getOrNull(state.problem),
  moves: state.moves,
  movedElsewhere: state.elsewhere,
  attempts: state.attempts,
  dueAt: iso(state.dueAt),
  pending,
  dead,
  updates: Option.getOrNull(Option.map(watch.updates, ({ between, level, minAge }) => ({
    level,
    minAgeSeconds: Duration.toSeconds(minAge),
    between: Option.getOrNull(Option.map(between, DayWindow.format))
  }))),
  newest: Option.getOrNull(Option.map(updates.newest, ({ change, digest, firstSeen, notes, publishedAt, tag }) => ({
    tag,
    change,
    digest: Option.getOrNull(digest),
    publishedAt: Option.getOrNull(Option.map(publishedAt, iso)),
    notes: Option.getOrNull(notes),
    firstSeen: iso(firstSeen),
    toldAt: Option.getOrNull(Option.map(updates.firedAt, iso))
  })))
})

export const eventColumns = [
  { title: "ID", align: "left" },
  { title: "TIME (UTC)", align: "left" },
  { title: "TYPE", align: "left" },
  { title: "REFERENCE", align: "left" },
  { title: "WHAT", align: "left" },
  { title: "STATUS", align: "left" },
  { title: "LAST ATTEMPT", align: "left" }
] as const

const whatText = ({ event: { detail } }: StoredEvent): string => {
  switch (detail._tag) {
    case "Moved":
      return `${short(detail.from)} → ${short(detail.to)}`
    case "Fired":
      return orDash(Option.map(detail.digest, short))
    case "UpdateFound":
      return `${detail.tag} (${detail.change})`
  }
}

const attemptText = ({ deliveries }: StoredEvent): string =>
  deliveries.flatMap(({ attempts, result }) =>
    Option.toArray(Option.map(result, (text) => attempts > 1 ? `${text} (${attempts}×)` : text))
  ).join("; ") || "-"

export const eventRow = (stored: StoredEvent): ReadonlyArray<string> => [
  stored.event.id,
  instant(stored.event.at),
  stored.event.type.replace("image-census.", ""),
  familiar(stored.event.reference),
  whatText(stored),
  stored.status,
  attemptText(stored)
]

export const eventRecord = ({ deliveries, event, status }: StoredEvent) => ({
  id: event.id,
  sequence: event.sequence,
  type: event.type,
  time: iso(event.at),
  ...eventData(event),
  status,
  deliveries: deliveries.map((delivery) => ({
    action: Option.getOrNull(Option.map(delivery.action, actionRecord)),
    status: delivery.status,
    attempts: delivery.attempts,
    notBefore: delivery.status === "pending" && delivery.notBefore > 0 ? iso(delivery.notBefore) : null,
    attemptedAt: Option.getOrNull(Option.map(delivery.attemptedAt, iso)),
    deliveredAt: Option.getOrNull(Option.map(delivery.deliveredAt, iso)),
    result: Option.getOrNull(delivery.result),
    output: Option.getOrNull(delivery.output)
  }))
})
