/**
 * The index behind a reference, made whole, as docker-library's meta-scripts do it: a single image becomes an index of
 * one, entries learn their platform, and each says where it is to be had. Rules only; what has to be fetched is asked
 * of an `ObjectLookup`.
 */
import { Effect, Either, Option, Schema } from "effect"
import { bashbrewArch, bashbrewArchAnnotation } from "./BashbrewArch.js"
import { Digest } from "./Digest.js"
import { familiar, type ImageReference } from "./ImageReference.js"
import { jsonOf, problemIn } from "./JsonText.js"
import { Malformed } from "./Malformed.js"
import { dockerListType, dockerManifestType, documentOf, kindOf, maxValues, ociIndexType } from "./OciDocuments.js"
import { normalizeDocument, type WrittenPlatform } from "./PlatformDocument.js"

const optionalText = Schema.optional(Schema.NullOr(Schema.String))
const Texts = Schema.Record({ key: Schema.String, value: Schema.String })

// As much as is needed and no more: what others left out is what this is here to mend.
const LoosePlatform = Schema.Struct({
  architecture: optionalText,
  os: optionalText,
  "os.version": optionalText,
  "os.features": Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  variant: optionalText
})
type LoosePlatform = typeof LoosePlatform.Type

const LooseDescriptor = Schema.Struct({
  mediaType: Schema.optionalWith(Schema.String, { default: () => "", nullable: true }),
  digest: Digest,
  size: Schema.NonNegativeInt,
  urls: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  annotations: Schema.optional(Schema.NullOr(Texts)),
  data: optionalText,
  platform: Schema.optional(Schema.NullOr(LoosePlatform)),
  artifactType: optionalText
})

/** A descriptor as others wrote it. `data`, where it is, is the object itself in base64; it is not verified yet. */
export type FoundDescriptor = typeof LooseDescriptor.Type

const LooseIndex = documentOf(Schema.Struct({
  schemaVersion: Schema.optional(Schema.NullOr(Schema.Number)),
  mediaType: optionalText,
  artifactType: optionalText,
  manifests: Schema.optional(Schema.NullOr(Schema.Array(LooseDescriptor))),
  subject: Schema.optional(Schema.NullOr(LooseDescriptor)),
  annotations: Schema.optional(Schema.NullOr(Texts))
}))
type LooseIndex = typeof LooseIndex.Type

const LooseManifest = documentOf(Schema.Struct({ config: Schema.optional(LooseDescriptor) }))
const LooseConfig = jsonOf(LoosePlatform, maxValues)

/** An entry of the result; keys in this order, annotations in the order of their names. */
export interface SynthesizedEntry {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly urls?: ReadonlyArray<string>
  readonly annotations: Readonly<Record<string, string>>
  readonly platform?: WrittenPlatform
  readonly artifactType?: string
}

/** What an index says that it belongs to, as it was found but for embedded data. */
export type IndexSubject = Omit<SynthesizedEntry, "annotations"> & Partial<Pick<SynthesizedEntry, "annotations">>

/** The result. As JSON it has the form and the order of keys that docker-library's `lookup` prints. */
export interface SynthesizedIndex {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly manifests: ReadonlyArray<SynthesizedEntry>
  readonly subject?: IndexSubject
  readonly annotations: Readonly<Record<string, string>>
}

/** What a registry answered to the reference. */
export interface FoundObject {
  /** Without parameters. */
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/**
 * Where to get what an entry names, in the repository of the reference. Implementations take the `data` of the
 * descriptor where it is there and matches digest and size, and ask the registry otherwise.
 */
export interface ObjectLookup<E> {
  readonly manifest: (descriptor: FoundDescriptor) => Effect.Effect<Uint8Array, E>
  readonly blob: (descriptor: FoundDescriptor) => Effect.Effect<Uint8Array, E>
}

const refNameAnnotation = "org.opencontainers.image.ref.name"
export const referenceTypeAnnotation = "vnd.docker.reference.type"
export const referenceDigestAnnotation = "vnd.docker.reference.digest"
export const attestationType = "attestation-manifest"

/** Whether an entry of an index is a signature or a bill of materials of another one, and no image. */
export const isAttestation = (
  { annotations }: { readonly annotations?: Readonly<Record<string, string>> | null | undefined }
): boolean => annotations?.[referenceTypeAnnotation] === attestationType

const refuse = (reason: Malformed["reason"], message: string) =>
  new Malformed({ what: "image index", input: "", reason, message })

const reader = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (bytes: Uint8Array, name: string): Either.Either<A, Malformed> =>
    Either.mapLeft(
      decode(new TextDecoder().decode(bytes)),
      (error) => refuse("format", `${name} cannot be read: ${problemIn(error)}`)
    )
}

const readIndex = reader(LooseIndex)
const readManifest = reader(LooseManifest)
const readConfig = reader(LooseConfig)

const indexOf = (reference: ImageReference, found: FoundObject): Either.Either<LooseIndex, Malformed> => {
  const name = familiar(reference)
  switch (kindOf(found.mediaType)) {
    case "index":
      return readIndex(found.bytes, name)
    case "manifest": {
      const { bytes, digest, mediaType } = found
      return Either.right({ manifests: [{ mediaType, digest, size: bytes.byteLength }] })
    }
    default:
      return Either.left(refuse("unsupported", `${name} is neither an image nor an index but "${found.mediaType}"`))
  }
}

const checkedType = (index: LooseIndex): Either.Either<string, Malformed> => {
  const schemaVersion = index.schemaVersion ?? 0
  if (schemaVersion !== 0 && schemaVersion !== 2) {
    return Either.left(refuse("unsupported", `indexes of schema version ${schemaVersion} are not supported`))
  }
  const mediaType = index.mediaType ?? ""
  if (mediaType === "") {
    const [first] = index.manifests ?? []
    return Either.right(first?.mediaType === dockerManifestType ? dockerListType : ociIndexType)
  }
  return kindOf(mediaType) === "index"
    ? Either.right(mediaType)
    : Either.left(refuse("unsupported", `an index of media type "${mediaType}" is not supported`))
}

const complete = (platform: LoosePlatform | null | undefined): Option.Option<WrittenPlatform> =>
  Option.map(
    Option.filter(Option.fromNullable(platform), ({ architecture, os }) =>
      (architecture ?? "") !== "" && (os ?? "") !== ""),
    normalizeDocument
  )

/** The platform that an image's config names; none for what is no image, or has a config that names none. */
const platformInside = <E>(lookup: ObjectLookup<E>, entry: FoundDescriptor, bytes: Option.Option<Uint8Array>) =>
  Effect.gen(function*() {
    if (kindOf(entry.mediaType) !== "manifest") return Option.none<WrittenPlatform>()
    const manifest = yield* readManifest(
      Option.isSome(bytes) ? bytes.value : yield* lookup.manifest(entry),
      entry.digest
    )
    if (manifest.config === undefined || kindOf(manifest.config.mediaType) !== "config") {
      return Option.none<WrittenPlatform>()
    }
    return complete(yield* readConfig(yield* lookup.blob(manifest.config), manifest.config.digest))
  })

const ordered = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(annotations).sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0))

const present = (text: string | null | undefined): text is string => typeof text === "string" && text !== ""

type Annotated = FoundDescriptor & { readonly known: Option.Option<WrittenPlatform> }

const entryOf = (
  { artifactType, digest, known, mediaType, size, urls }: Annotated,
  annotations: Readonly<Record<string, string>>
): SynthesizedEntry => ({
  mediaType,
  digest,
  size,
  ...(urls === null || urls === undefined || urls.length === 0 ? {} : { urls }),
  annotations: ordered(annotations),
  ...(Option.isSome(known) ? { platform: known.value } : {}),
  ...(present(artifactType) ? { artifactType } : {})
})

const subjectOf = (subject: FoundDescriptor): IndexSubject => {
  const { annotations, ...entry } = entryOf(
    { ...subject, known: complete(subject.platform) },
    subject.annotations ?? {}
  )
  return Object.keys(annotations).length === 0 ? entry : { ...entry, annotations }
}

// The value is a hint that costs nothing to work out, so that of others is never trusted.
const archOf = (entry: Annotated, entries: ReadonlyMap<string, Annotated>): Option.Option<string> => {
  if (!isAttestation(entry)) return Option.flatMap(entry.known, bashbrewArch)
  const subject = entries.get(entry.annotations?.[referenceDigestAnnotation] ?? "")
  return subject === undefined || isAttestation(subject) ? Option.none() : Option.flatMap(subject.known, bashbrewArch)
}

/**
 * Makes the index of an object that a registry answered to `reference`. Fails with a `Malformed` of reason
 * `unsupported` for what is neither image nor index, of reason `format` for a document that cannot be read, and with
 * the errors of the lookup. Entries are looked into concurrently as far as the caller's concurrency allows.
 */
export const synthesizeIndex = <E>(
  reference: ImageReference,
  found: FoundObject,
  lookup: ObjectLookup<E>
): Effect.Effect<SynthesizedIndex, E | Malformed> =>
  Effect.gen(function*() {
    const index = yield* indexOf(reference, found)
    const mediaType = yield* checkedType(index)
    const nameOf = (digest: Digest) => familiar({ ...reference, digest: Option.some(digest) })
    const unique = new Map<string, FoundDescriptor>()
    for (const entry of index.manifests ?? []) if (!unique.has(entry.digest)) unique.set(entry.digest, entry)

    const resolved = yield* Effect.forEach(unique.values(), (entry) => {
      const bytes = entry.digest === found.digest ? Option.some(found.bytes) : Option.none()
      const known = complete(entry.platform)
      const platform = Option.isSome(known) ? Effect.succeed(known) : platformInside(lookup, entry, bytes)
      return Effect.map(platform, (known): Annotated => ({ ...entry, known }))
    }, { concurrency: "inherit" })

    const entries = new Map(resolved.map((entry) => [String(entry.digest), entry]))
    const kept = resolved.filter((entry) =>
      !isAttestation(entry) || entries.has(entry.annotations?.[referenceDigestAnnotation] ?? "")
    )
    const { subject } = index
    return {
      schemaVersion: 2,
      mediaType,
      ...(present(index.artifactType) ? { artifactType: index.artifactType } : {}),
      manifests: kept.map((entry) => {
        const { [bashbrewArchAnnotation]: _, ...annotations } = entry.annotations ?? {}
        const arch = archOf(entry, entries)
        return entryOf(entry, {
          ...annotations,
          [refNameAnnotation]: nameOf(entry.digest),
          ...(Option.isSome(arch) ? { [bashbrewArchAnnotation]: arch.value } : {})
        })
      }),
      ...(subject === null || subject === undefined ? {} : { subject: subjectOf(subject) }),
      annotations: ordered({ ...index.annotations, [refNameAnnotation]: nameOf(found.digest) })
    }
  })
