/**
 * What a census reads of an image's config (image-spec, config.md): for whom it is, when it was built, its labels.
 * Nothing else is looked at, so that a config with odd fields elsewhere is understood too.
 */
import { Option, Schema } from "effect"
import { jsonOf } from "./JsonText.js"
import { maxValues } from "./OciDocuments.js"
import type { Platform } from "./Platform.js"
import { fromDocument } from "./PlatformDocument.js"

const text = Schema.optional(Schema.NullOr(Schema.String))

const Document = jsonOf(
  Schema.Struct({
    os: text,
    architecture: text,
    variant: text,
    "os.version": text,
    "os.features": Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
    created: text,
    config: Schema.optional(Schema.NullOr(Schema.Struct({
      Labels: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) })))
    })))
  }),
  maxValues
)

// Before there were images, a time of building means nothing.
const firstImage = Date.UTC(2000, 0, 1)

const decode = Schema.decodeUnknownOption(Document)

/** A config, as far as it is read. */
export interface ImageConfig {
  /** None where the config names no system or no architecture. */
  readonly platform: Option.Option<Platform>
  /** When the image says that it was built (epoch milliseconds). Builds that can be repeated say 1970 or 1980: none. */
  readonly created: Option.Option<number>
  readonly labels: Readonly<Record<string, string>>
}

/** Reads a config; none where the bytes are no JSON object of that form. */
export const parseImageConfig = (bytes: Uint8Array): Option.Option<ImageConfig> =>
  Option.map(decode(new TextDecoder().decode(bytes)), (document) => {
    const platform = fromDocument(document)
    const labels = Object.entries(document.config?.Labels ?? {})
    return {
      platform: platform.os === "" || platform.architecture === "" ? Option.none() : Option.some(platform),
      created: Option.filter(Option.some(Date.parse(document.created ?? "")), (at) => at > firstImage),
      labels: Object.fromEntries(labels.flatMap(([name, value]) => value === null ? [] : [[name, value]]))
    }
  })
