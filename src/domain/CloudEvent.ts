/**
 * Events as CloudEvents 1.0 (the JSON format's structured mode), and as a program's environment.
 */
import { DateTime, Option } from "effect"
import { canonical, canonicalName } from "./ImageReference.js"
import { platformText } from "./Watch.js"
import { digestOfEvent, type WatchEvent } from "./WatchEvent.js"

/** The media type of structured mode in JSON. */
export const cloudEventType = "application/cloudevents+json; charset=utf-8"

const iso = (epochMillis: number): string => DateTime.formatIso(DateTime.unsafeMake(epochMillis))

const detailOf = ({ detail }: WatchEvent): Readonly<Record<string, unknown>> => {
  switch (detail._tag) {
    case "Moved":
      return {
        digest: detail.to,
        previousDigest: detail.from,
        tagDigest: detail.tagTo,
        previousTagDigest: detail.tagFrom
      }
    case "Fired":
      return { digest: Option.getOrNull(detail.digest), tagDigest: Option.getOrNull(detail.tagDigest) }
    case "UpdateFound":
      return {
        newTag: detail.tag,
        change: detail.change,
        digest: Option.getOrNull(detail.digest),
        publishedAt: Option.getOrNull(Option.map(detail.publishedAt, iso)),
        notes: Option.getOrNull(detail.notes),
        firstSeen: iso(detail.firstSeen)
      }
  }
}

/** What an event says, for JSON: `data` of the CloudEvent. */
export const eventData = (event: WatchEvent) => ({
  watch: event.watch,
  reference: canonical(event.reference),
  image: canonicalName(event.reference),
  tag: Option.getOrNull(event.reference.tag),
  platform: Option.match(event.platform, { onNone: () => null, onSome: (some) => platformText(Option.some(some)) }),
  ...detailOf(event)
})

/** An event as a document. The same event is always the same text, so that it can be recognised when it comes again. */
export const cloudEvent = (event: WatchEvent) => ({
  specversion: "1.0",
  id: event.id,
  source: `/image-census/watches/${event.watch}`,
  type: event.type,
  subject: canonical(event.reference),
  time: iso(event.at),
  datacontenttype: "application/json",
  sequence: String(event.sequence),
  data: eventData(event)
})

/** An event as text. */
export const cloudEventText = (event: WatchEvent): string => JSON.stringify(cloudEvent(event))

/** An event as the environment of a program: what a script needs, and the whole document. */
export const eventEnvironment = (event: WatchEvent): Readonly<Record<string, string>> => {
  const { detail, reference } = event
  const tag = detail._tag === "UpdateFound" ? detail.tag : Option.getOrElse(reference.tag, () => "")
  return {
    IMAGE_CENSUS_EVENT: cloudEventText(event),
    IMAGE_CENSUS_EVENT_ID: event.id,
    IMAGE_CENSUS_EVENT_TYPE: event.type,
    IMAGE_CENSUS_EVENT_TIME: iso(event.at),
    IMAGE_CENSUS_REFERENCE: canonical(reference),
    IMAGE_CENSUS_IMAGE: canonicalName(reference),
    IMAGE_CENSUS_TAG: tag,
    IMAGE_CENSUS_PLATFORM: platformText(event.platform),
    IMAGE_CENSUS_DIGEST: Option.getOrElse(digestOfEvent(detail), () => ""),
    IMAGE_CENSUS_PREVIOUS_DIGEST: detail._tag === "Moved" ? detail.from : ""
  }
}
