/**
 * The documents that registries keep: descriptors, manifests, indexes and configs (image-spec 1.1; Docker's "Image
 * Manifest Version 2, Schema 2", which has the same form under other names). What is unknown in them is ignored.
 */
import { Either, Schema } from "effect"
import { parse as parseDigest } from "./Digest.js"
import { jsonOf, problemIn } from "./JsonText.js"
import { Malformed } from "./Malformed.js"

export const ociIndexType = "application/vnd.oci.image.index.v1+json"
export const ociManifestType = "application/vnd.oci.image.manifest.v1+json"
export const ociConfigType = "application/vnd.oci.image.config.v1+json"
export const dockerListType = "application/vnd.docker.distribution.manifest.list.v2+json"
export const dockerManifestType = "application/vnd.docker.distribution.manifest.v2+json"
export const dockerConfigType = "application/vnd.docker.container.image.v1+json"

/** What a media type says that a document is. `schema1` is Docker's first form, which nobody serves any more. */
export type DocumentKind = "index" | "manifest" | "config" | "schema1" | "other"

const kinds: ReadonlyMap<string, DocumentKind> = new Map([
  [ociIndexType, "index"],
  [dockerListType, "index"],
  [ociManifestType, "manifest"],
  [dockerManifestType, "manifest"],
  [ociConfigType, "config"],
  [dockerConfigType, "config"],
  ["application/vnd.docker.distribution.manifest.v1+json", "schema1"],
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", "schema1"]
])

/** The kind of a media type without parameters. */
export const kindOf = (mediaType: string): DocumentKind => kinds.get(mediaType) ?? "other"

const MediaType = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/, {
    message: () => "not a media type"
  })
)

// Digests of algorithms that we cannot verify may stand in a document; those that we know have to be right.
const DigestText = Schema.String.pipe(
  Schema.filter((text) => {
    const read = parseDigest(text)
    return Either.isRight(read) || read.left.reason === "unsupported" || read.left.message
  })
)

const Size = Schema.Number.pipe(
  Schema.filter((size) => Number.isSafeInteger(size) && size >= 0 || "not a number of bytes")
)

const Timestamp = Schema.String.pipe(
  Schema.filter((text) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(text) || "not a time of RFC 3339"
  )
)

const Url = Schema.String.pipe(Schema.filter((text) => /^[A-Za-z][A-Za-z0-9+.-]*:\S*$/.test(text) || "not a URI"))

const Base64 = Schema.String.pipe(
  Schema.filter((text) =>
    (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) || "not base64 (RFC 4648, section 4)"
  )
)

/** Texts by name. */
export const Annotations = Schema.Record({ key: Schema.String, value: Schema.String })
export type Annotations = typeof Annotations.Type

const Texts = Schema.Array(Schema.String)
const Marks = Schema.Record({ key: Schema.String, value: Schema.Struct({}) })

/** `platform` of an index's entry, and the part of a config that says the same (image-index.md, config.md). */
export const PlatformDocument = Schema.Struct({
  architecture: Schema.String,
  os: Schema.String,
  "os.version": Schema.optional(Schema.String),
  "os.features": Schema.optional(Schema.NullOr(Texts)),
  variant: Schema.optional(Schema.String)
})
export type PlatformDocument = typeof PlatformDocument.Type

const descriptorFields = {
  mediaType: MediaType,
  digest: DigestText,
  size: Size,
  urls: Schema.optional(Schema.NullOr(Schema.Array(Url))),
  annotations: Schema.optional(Schema.NullOr(Annotations)),
  data: Schema.optional(Base64),
  artifactType: Schema.optional(MediaType)
}

/** What a document is, how long it is (bytes), and its digest (descriptor.md). */
export const Descriptor = Schema.Struct(descriptorFields)
export type Descriptor = typeof Descriptor.Type

/** An entry of an index: a descriptor, and for whom it is. */
export const IndexEntry = Schema.Struct({ ...descriptorFields, platform: Schema.optional(PlatformDocument) })
export type IndexEntry = typeof IndexEntry.Type

const version = Schema.Literal(2)
const common = {
  mediaType: Schema.optional(MediaType),
  artifactType: Schema.optional(MediaType),
  subject: Schema.optional(Descriptor),
  annotations: Schema.optional(Schema.NullOr(Annotations))
}

/** One image, or another artifact (manifest.md). */
export const Manifest = Schema.Struct({
  schemaVersion: version,
  ...common,
  config: Descriptor,
  layers: Schema.Array(Descriptor)
})
export type Manifest = typeof Manifest.Type

/** Several images under one name (image-index.md). */
export const Index = Schema.Struct({ schemaVersion: version, ...common, manifests: Schema.Array(IndexEntry) })
export type Index = typeof Index.Type

/** What an image is made of and how it runs (config.md). */
export const Config = Schema.Struct({
  ...PlatformDocument.fields,
  created: Schema.optional(Schema.NullOr(Timestamp)),
  author: Schema.optional(Schema.String),
  config: Schema.optional(Schema.NullOr(Schema.Struct({
    User: Schema.optional(Schema.String),
    ExposedPorts: Schema.optional(Schema.NullOr(Marks)),
    Env: Schema.optional(Schema.NullOr(Texts)),
    Entrypoint: Schema.optional(Schema.NullOr(Texts)),
    Cmd: Schema.optional(Schema.NullOr(Texts)),
    Volumes: Schema.optional(Schema.NullOr(Marks)),
    WorkingDir: Schema.optional(Schema.String),
    Labels: Schema.optional(Schema.NullOr(Annotations)),
    StopSignal: Schema.optional(Schema.String),
    ArgsEscaped: Schema.optional(Schema.Boolean)
  }))),
  rootfs: Schema.Struct({ type: Schema.Literal("layers"), diff_ids: Schema.NullOr(Schema.Array(DigestText)) }),
  history: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    created: Schema.optional(Schema.NullOr(Timestamp)),
    author: Schema.optional(Schema.String),
    created_by: Schema.optional(Schema.String),
    comment: Schema.optional(Schema.String),
    empty_layer: Schema.optional(Schema.Boolean)
  }))))
})
export type Config = typeof Config.Type

/** The file `oci-layout` of an image in a folder (image-layout.md). */
export const Layout = Schema.Struct({ imageLayoutVersion: Schema.Literal("1.0.0") })

const isThere = (value: object, name: string): boolean =>
  Object.entries(value).some(([key, member]) => key === name && member !== null)

/** Whether a document is an index and an image at once: readers would disagree on what its digest stands for. */
export const isAmbiguous = (value: unknown): boolean =>
  typeof value === "object" && value !== null && isThere(value, "manifests") &&
  (isThere(value, "layers") || isThere(value, "config"))

/** What is wrong with such a document, as the end of a sentence that begins with its name. */
export const ambiguousText =
  "is an index (`manifests`) and an image (`layers`, `config`) at once, which is refused (CVE-2021-41190)"

const OneKind = Schema.Unknown.pipe(
  Schema.filter((value) => !isAmbiguous(value) || `the document ${ambiguousText}`)
)

/**
 * Values in one document, at most: over ten thousand layers or entries. Four megabytes hold a million, and holding those to
 * a schema takes seconds in which nothing else is done.
 */
export const maxValues = 50_000

/** The JSON of a manifest or an index, as every reader of these takes it: bounded in all ways, and never both at once. */
export const documentOf = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, string> =>
  jsonOf(Schema.compose(OneKind, schema, { strict: false }), maxValues)

const reader = <A>(what: string, schema: Schema.Schema<A, string>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (text: string): Either.Either<A, Malformed> =>
    Either.mapLeft(
      decode(text),
      (error) =>
        new Malformed({ what, input: "", reason: "format", message: `not a valid ${what}: ${problemIn(error)}` })
    )
}

/** Reads a descriptor. */
export const parseDescriptor = reader("descriptor", jsonOf(Descriptor))

const readManifest = reader("image manifest", documentOf(Manifest))
const readIndex = reader("image index", documentOf(Index))

/** Reads a config. */
export const parseConfig = reader("image config", jsonOf(Config, maxValues))

/** Reads an `oci-layout` file. */
export const parseLayout = reader("image layout", jsonOf(Layout))

const firstSchema = Schema.decodeUnknownEither(jsonOf(Schema.Struct({ schemaVersion: Schema.Literal(1) })))
const isFirstSchema = (text: string): boolean => Either.isRight(firstSchema(text))

const refuseFirstSchema = (what: string): Either.Either<never, Malformed> =>
  Either.left(
    new Malformed({
      what,
      input: "",
      reason: "unsupported",
      message: "a manifest of Docker's schema 1, which is no longer in use: the image has to be pushed again"
    })
  )

/** Reads a manifest of the OCI or of Docker's schema 2. Fails with reason `unsupported` for schema 1. */
export const parseManifest = (text: string): Either.Either<Manifest, Malformed> =>
  isFirstSchema(text) ? refuseFirstSchema("image manifest") : readManifest(text)

/** Reads an index of the OCI or a manifest list of Docker. */
export const parseIndex = (text: string): Either.Either<Index, Malformed> =>
  isFirstSchema(text) ? refuseFirstSchema("image index") : readIndex(text)
