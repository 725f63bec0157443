/**
 * Which manifest behind a reference is a platform's. Reads no more of the documents than that takes, so that what else
 * is wrong in them does not matter.
 */
import { Either, Option, Schema } from "effect"
import { Digest } from "./Digest.js"
import { isAttestation } from "./ImageIndex.js"
import { jsonOf, problemIn } from "./JsonText.js"
import { Malformed } from "./Malformed.js"
import { documentOf, kindOf, maxValues } from "./OciDocuments.js"
import type { Platform } from "./Platform.js"
import { fromDocument } from "./PlatformDocument.js"
import { rank } from "./PlatformMatch.js"

const optionalText = Schema.optional(Schema.NullOr(Schema.String))

const PlatformParts = Schema.Struct({
  architecture: optionalText,
  os: optionalText,
  "os.version": optionalText,
  "os.features": Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  variant: optionalText
})

const Index = Schema.Struct({
  manifests: Schema.Array(Schema.Struct({
    digest: Digest,
    platform: Schema.optional(Schema.NullOr(PlatformParts)),
    annotations: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })))
  }))
})

const Manifest = Schema.Struct({ config: Schema.Struct({ mediaType: Schema.String, digest: Digest }) })

const reader = <A>(what: string, schema: Schema.Schema<A, string>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (text: string): Either.Either<A, Malformed> =>
    Either.mapLeft(
      decode(text),
      (error) =>
        new Malformed({ what, input: "", reason: "format", message: `not a valid ${what}: ${problemIn(error)}` })
    )
}

const readIndex = reader("image index", documentOf(Index))
const readManifest = reader("image manifest", documentOf(Manifest))
const readConfig = reader("image config", jsonOf(PlatformParts, maxValues))

/**
 * The image of an index that suits a platform best, none where none runs there. Attestations are no images.
 */
export const manifestFor = (
  index: string,
  platform: Platform
): Either.Either<Option.Option<Digest>, Malformed> =>
  Either.map(readIndex(index), ({ manifests }) => {
    const ranked = manifests.flatMap((entry) => {
      const { digest, platform: offered } = entry
      const order = !isAttestation(entry) && offered !== null && offered !== undefined
        ? rank(platform, fromDocument(offered))
        : undefined
      return order === undefined ? [] : [{ digest, order }]
    })
    const [best] = ranked.toSorted((first, second) => first.order - second.order)
    return Option.fromNullable(best?.digest)
  })

/** The images of an index, attestations left out: two indexes with the same ones run the same everywhere. */
export const imagesIn = (index: string): Either.Either<ReadonlySet<Digest>, Malformed> =>
  Either.map(
    readIndex(index),
    ({ manifests }) => new Set(manifests.flatMap((entry) => isAttestation(entry) ? [] : [entry.digest]))
  )

/** Where a single image says for which platform it is: its config. None for what is no image. */
export const configOf = (manifest: string): Either.Either<Option.Option<Digest>, Malformed> =>
  Either.map(
    readManifest(manifest),
    ({ config }) => kindOf(config.mediaType) === "config" ? Option.some(config.digest) : Option.none()
  )

/** Whether the image of a config runs on a platform. A config that names none is taken to. */
export const configSuits = (config: string, platform: Platform): Either.Either<boolean, Malformed> =>
  Either.map(readConfig(config), (parts) => {
    const named = (parts.os ?? "") !== "" && (parts.architecture ?? "") !== ""
    return !named || rank(platform, fromDocument(parts)) !== undefined
  })
