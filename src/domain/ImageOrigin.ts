/**
 * Which repository an image names as its source, from the documents of its newest tag.
 */
import { Either, Option, Schema } from "effect"
import { isAttestation } from "./ImageIndex.js"
import { jsonOf } from "./JsonText.js"
import { type Index, type IndexEntry, maxValues } from "./OciDocuments.js"
import type { Labels } from "./ReleaseNotes.js"
import { total } from "./TagOrder.js"
import { isPrerelease, parse as parseTag } from "./TagVersion.js"
import { sourceKey, type SourceLabel, sourceLabelOf } from "./Verification.js"

// Only the labels matter here: a config that is wrong elsewhere still says where it comes from.
const Labelled = jsonOf(
  Schema.Struct({
    config: Schema.optional(Schema.NullOr(Schema.Struct({
      Labels: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
    })))
  }),
  maxValues
)

const decode = Schema.decodeUnknownEither(Labelled)

/** The labels in an image's config; none where it is no config. */
export const labelsOf = (text: string): Option.Option<Labels> =>
  Option.map(Either.getRight(decode(text)), ({ config }) =>
    Object.fromEntries(
      Object.entries(config?.Labels ?? {}).flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : [])
    ))

const isImage = (entry: IndexEntry): boolean => !isAttestation(entry) && entry.platform?.os !== "unknown"

/** The entry of an index that speaks for all of its images: the one for linux/amd64, else the first one. */
export const spokesman = (index: Index): Option.Option<IndexEntry> => {
  const images = index.manifests.filter(isImage)
  return Option.fromNullable(
    images.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64") ?? images[0]
  )
}

/** The newest of some tags: the highest release, else the highest version of any kind, else the last one listed. */
export const newestTag = (tags: ReadonlyArray<string>): Option.Option<string> => {
  const versions = tags.flatMap((tag) => Option.toArray(parseTag(tag))).sort(total)
  const newest = versions.findLast((version) => !isPrerelease(version)) ?? versions.at(-1)
  return Option.fromNullable(newest?.text ?? tags.at(-1))
}

/** What may name the source of an image; what is missing is empty. */
export interface OriginEvidence {
  readonly labels: Labels
  readonly manifestAnnotations: Labels
  readonly indexAnnotations: Labels
  /** The labels of the base that the image names, where they were read: what is inherited is not the image's own. */
  readonly baseLabels: Labels
}

/** The label or annotation that names an image's source: its own label first, then its manifest's, then its index's. */
export const originOf = (evidence: OriginEvidence): Option.Option<SourceLabel> => {
  const base = Option.map(sourceLabelOf(evidence.baseLabels), ({ source }) => sourceKey(source))
  const own = Option.filter(sourceLabelOf(evidence.labels), ({ source }) => !Option.contains(base, sourceKey(source)))
  return Option.firstSomeOf([
    own,
    sourceLabelOf(evidence.manifestAnnotations),
    sourceLabelOf(evidence.indexAnnotations)
  ])
}
