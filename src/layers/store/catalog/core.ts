/**
 * What the parts of the catalog on Postgres share.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Option, Schema } from "effect"
import { type CatalogName, type FoundPlatform, visibilities } from "../../../domain/CatalogImage.js"
import { Digest } from "../../../domain/Digest.js"
import { storable } from "../../../domain/StorableText.js"
import { instant } from "../core.js"
import { type Naming, textOf } from "../unreadable.js"

/** An instant that may be absent, or null. */
export const maybeInstant = (sql: SqlClient, epochMillis: Option.Option<number>) =>
  Option.match(epochMillis, { onNone: () => sql`null::timestamptz`, onSome: (at) => instant(sql, at) })

/** A column of instants as epoch milliseconds. */
export const millis = (sql: SqlClient, column: string) =>
  sql.literal(`round(extract(epoch from ${column}) * 1000)::float8`)

/** A list of texts as `text[]`. */
export const texts = (sql: SqlClient, values: ReadonlyArray<string>) =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(values.map(storable))}::jsonb))`

/** A text that may be absent. */
export const maybeText = (text: Option.Option<string>): string | null => Option.getOrNull(Option.map(text, storable))

export const MaybeText = Schema.OptionFromNullOr(Schema.String)
export const MaybeMillis = Schema.OptionFromNullOr(Schema.Number)
export const VisibilityText = Schema.Literal(...visibilities)

/** Columns of the words of a row `w`. */
export const wordColumns = (sql: SqlClient) =>
  sql.literal(`w.title as "wTitle", w.notes as "wNotes", coalesce(w.labels, '{}') as "wLabels",
    w.publisher as "wPublisher", w.licence as "wLicence", w.visibility as "wVisibility"`)

export const WordFields = {
  wTitle: MaybeText,
  wNotes: MaybeText,
  wLabels: Schema.Array(Schema.String),
  wPublisher: MaybeText,
  wLicence: MaybeText,
  wVisibility: Schema.OptionFromNullOr(VisibilityText)
}
const WordRow = Schema.Struct(WordFields)

export const wordsOf = (row: typeof WordRow.Type) => ({
  title: row.wTitle,
  notes: row.wNotes,
  labels: row.wLabels,
  publisher: row.wPublisher,
  licence: row.wLicence,
  visibility: row.wVisibility
})

/** A manifest behind a tag as the column of the same name holds it; keys in this order. */
const Manifests = Schema.Array(Schema.Struct({
  platform: Schema.String,
  osVersion: MaybeText,
  digest: Schema.OptionFromNullOr(Digest),
  size: Schema.OptionFromNullOr(Schema.Number),
  pushed: MaybeMillis
}))

/** Columns of what was found of a tag `t`. */
export const tagColumns = (sql: SqlClient) =>
  sql`t.tag, t.digest, t.media_type as "mediaType", t.size::float8 as size, ${millis(sql, "t.pushed_at")} as pushed,
    t.manifests as platforms, t.attestations`

/** Names a tag of an image. */
export const tagNaming: Naming = {
  job: "catalog",
  key: (row) => textOf(row, "image"),
  subject: (row) => `${textOf(row, "image")}:${textOf(row, "tag")}`
}

export const TagFields = {
  tag: Schema.String,
  digest: Schema.OptionFromNullOr(Digest),
  mediaType: MaybeText,
  size: Schema.OptionFromNullOr(Schema.Number),
  pushed: MaybeMillis,
  platforms: Manifests,
  attestations: Manifests
}

export const manifestsJson = (platforms: ReadonlyArray<FoundPlatform>) =>
  platforms.map(({ digest, osVersion, platform, pushed, size }) => ({
    platform: storable(platform),
    osVersion: maybeText(osVersion),
    digest: Option.getOrNull(digest),
    size: Option.getOrNull(size),
    pushed: Option.getOrNull(pushed)
  }))

export const nameFields = { image: Schema.String, registry: Schema.String, repository: Schema.String }

export const nameOfRow = ({ image, registry, repository }: CatalogName): CatalogName => ({
  image,
  registry,
  repository
})
