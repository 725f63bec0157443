/**
 * What `updates` prints: a table for people, and records for programs.
 */
import { Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import { format } from "../../domain/Platform.js"
import type { UpdateLevel } from "../../domain/UpdatePolicy.js"
import type { OfferedUpdate, PassedOverTag, PinnedDigest, UpdateAnswer } from "../../services/UpdateFinder.js"
import { retryAt } from "../updates/retryAt.js"
import { bytes, type Column, counted, iso, span } from "./text.js"

export const columns: ReadonlyArray<Column> = [
  { title: "IMAGE", align: "left" },
  { title: "PATCH", align: "left" },
  { title: "MINOR", align: "left" },
  { title: "MAJOR", align: "left" },
  { title: "AGE", align: "right" },
  { title: "DOWNLOAD", align: "right" },
  { title: "NOTES", align: "left" }
]

/** The newest candidate of a level. */
export const newestOf = ({ candidates }: UpdateAnswer, level: UpdateLevel): Option.Option<OfferedUpdate> =>
  Option.fromNullable(candidates.find(({ change }) => change === level))

/** Whether there is something newer: a tag, or another image behind the same tag. */
export const isNewer = ({ candidates, pinned }: UpdateAnswer): boolean =>
  candidates.length > 0 || Option.exists(pinned, ({ moved }) => moved)

// A digest of 64 digits would fill the line; twelve are what Docker shows too.
const short = (reference: ImageReference): string =>
  familiar(reference).replace(/@([a-z0-9]+:[a-f0-9]{12})[a-f0-9]+$/, "@$1…")

// What was not verified is marked; what the level forbids stands in parentheses.
const cell = (answer: UpdateAnswer, level: UpdateLevel): string =>
  Option.match(newestOf(answer, level), {
    onSome: ({ support, version }) => support === "yes" ? version.text : `${version.text} ?`,
    onNone: () =>
      Option.match(Option.filter(answer.beyond, ({ change }) => change === level), {
        onNone: () => "-",
        onSome: ({ version }) => `(${version.text})`
      })
  })

const ageOf = ({ candidates: [newest] }: UpdateAnswer, now: number): string =>
  Option.match(Option.flatMap(Option.fromNullable(newest), ({ date }) => date), {
    onNone: () => "-",
    onSome: ({ at }) => {
      const days = Math.floor((now - at) / 86_400_000)
      return days >= 1
        ? `${days} d`
        : span(Math.max(0, now - at)).replace(
          / (?:min|\d+ min|\d+ s).*$/,
          (rest) => rest.startsWith(" min") ? " min" : ""
        )
    }
  })

const sizeOf = ({ download }: UpdateAnswer): string =>
  Option.match(download, {
    onNone: () => "-",
    onSome: ({ download, total }) => download === total ? bytes(total) : `${bytes(download)} of ${bytes(total)}`
  })

const notesOf = ({ candidates: [newest], pinned }: UpdateAnswer): string => {
  const notes = Option.flatMap(Option.fromNullable(newest), ({ notes }) => notes)
  if (Option.isSome(notes)) return notes.value
  return Option.match(Option.filter(pinned, ({ moved }) => moved), {
    onNone: () => "-",
    onSome: ({ now }) => `the tag moved to ${now.slice(0, "sha256:".length + 12)}…`
  })
}

/** An answer as a row of the table. `now`: epoch milliseconds. */
export const row = (answer: UpdateAnswer, now: number): ReadonlyArray<string> => [
  short(answer.reference),
  cell(answer, "patch"),
  cell(answer, "minor"),
  cell(answer, "major"),
  ageOf(answer, now),
  sizeOf(answer),
  notesOf(answer)
]

/** The row of an image that could not be looked up. */
export const failedRow = (reference: ImageReference): ReadonlyArray<string> => [
  short(reference),
  "?",
  "?",
  "?",
  "?",
  "?",
  "could not be looked up"
]

/** A failure in a line. */
export const failure = (text: string, error: CensusError, now: number): string =>
  `${text}: ${error.message}${
    error._tag === "RATE_LIMIT"
      ? ""
      : Option.match(retryAt(error, now), { onNone: () => "", onSome: (at) => `; try again at ${iso(at)}` })
  }`

/** The lines under the table: what has to be known about an answer. */
export const remarks = ({ floating, listing, pinned, reference, warnings }: UpdateAnswer): ReadonlyArray<string> =>
  [
    ...warnings,
    ...Option.toArray(Option.map(listing.cutOff, (why) => `the listing may be cut off: ${why}`)),
    ...(floating ? ["its tag moves with more precise ones; pin it by digest to see when it does"] : []),
    ...Option.toArray(Option.map(
      Option.filter(pinned, ({ changedElsewhere }) => changedElsewhere),
      () => "its tag points to another index, in which this platform's image is the same"
    ))
  ].map((line) => `${short(reference)}: ${line}`)

const most = 12

/** Why other tags were passed over: a line for each reason. */
export const explanations = ({ listing, passedOver, reference }: UpdateAnswer): ReadonlyArray<string> => {
  const reasons = new Map<PassedOverTag["reason"], Array<string>>()
  for (const { reason, tag } of passedOver) reasons.set(reason, [...(reasons.get(reason) ?? []), tag])
  reasons.delete("current")
  return [
    `${short(reference)}: ${counted(listing.tags, "tag")} listed`,
    ...[...reasons].map(([reason, tags]) =>
      `  ${reason}: ${tags.slice(0, most).join(", ")}${tags.length > most ? ` and ${tags.length - most} more` : ""}`
    )
  ]
}

const pinnedRecord = ({ changedElsewhere, image, kind, moved, now, pinned }: PinnedDigest) => ({
  digest: pinned,
  kind,
  moved,
  changedElsewhere,
  now,
  image: Option.getOrNull(image)
})

const candidateRecord = ({ change, date, digest, image, notes, support, version }: OfferedUpdate) => ({
  tag: version.text,
  change,
  platform: support,
  digest: Option.getOrNull(digest),
  image: Option.getOrNull(image),
  date: Option.getOrNull(Option.map(date, ({ at }) => iso(at))),
  dateFrom: Option.getOrNull(Option.map(date, ({ origin }) => origin)),
  notes: Option.getOrNull(notes)
})

/** An answer for programs. */
export const record = (answer: UpdateAnswer, text: string, where: string, explain: boolean) => ({
  reference: text,
  from: where === "" ? null : where,
  platform: format(answer.platform),
  status: Option.isNone(answer.current) && !isNewer(answer) ? "no version" : isNewer(answer) ? "updates" : "current",
  current: Option.getOrNull(Option.map(answer.current, ({ scheme, text }) => ({
    tag: text,
    scheme,
    floating: answer.floating
  }))),
  newest: {
    patch: Option.getOrNull(Option.map(newestOf(answer, "patch"), ({ version }) => version.text)),
    minor: Option.getOrNull(Option.map(newestOf(answer, "minor"), ({ version }) => version.text)),
    major: Option.getOrNull(Option.map(newestOf(answer, "major"), ({ version }) => version.text))
  },
  beyond: Option.getOrNull(Option.map(answer.beyond, ({ change, version }) => ({ tag: version.text, change }))),
  candidates: answer.candidates.map(candidateRecord),
  pinned: Option.getOrNull(Option.map(answer.pinned, pinnedRecord)),
  download: Option.getOrNull(answer.download),
  source: Option.getOrNull(Option.map(answer.source, ({ host, path }) => `https://${host}/${path}`)),
  listing: { tags: answer.listing.tags, cutOff: Option.getOrNull(answer.listing.cutOff) },
  warnings: answer.warnings,
  ...(explain ? { passedOver: answer.passedOver } : {})
})

/** A failure for programs. */
export const failedRecord = (error: CensusError, text: string, where: string, now: number) => ({
  reference: text,
  from: where === "" ? null : where,
  status: "error",
  error: error._tag,
  message: error.message,
  retryAt: Option.getOrNull(Option.map(retryAt(error, now), iso))
})
