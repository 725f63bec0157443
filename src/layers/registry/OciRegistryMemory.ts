/**
 * `OciRegistry` in memory: every registry in the world, empty at first, for tests and for users of the library.
 */
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import { Digest } from "../../domain/Digest.js"
import { type CensusError, NotFound } from "../../domain/Errors.js"
import { canonicalName, type ImageReference } from "../../domain/ImageReference.js"
import { jsonOf } from "../../domain/JsonText.js"
import {
  OciRegistry,
  type Referrer,
  type RegistryBlob,
  type RegistryManifest,
  type RegistryRepository
} from "../../services/OciRegistry.js"
import { nameIn, wordsFor } from "./calls.js"
import { at, childrenIn, makeCopy } from "./copy.js"
import { malformed } from "./failures.js"
import { verified, verifyDigest } from "./integrity.js"
import { makeNamedBy } from "./namedBy.js"
import { maxDocumentBytes } from "./options.js"

interface Kept {
  readonly manifests: Map<string, RegistryManifest>
  readonly tags: Map<string, Digest>
  readonly blobs: Map<string, Uint8Array>
}

const Subject = jsonOf(Schema.Struct({
  subject: Schema.Struct({ digest: Digest }),
  artifactType: Schema.optional(Schema.String),
  config: Schema.optional(Schema.Struct({ mediaType: Schema.String })),
  annotations: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
}))

const decodeSubject = Schema.decodeUnknownOption(Subject)

const referrerOf = (manifest: RegistryManifest, subject: Digest): Option.Option<Referrer> =>
  Option.map(
    Option.filter(
      decodeSubject(Buffer.from(manifest.bytes).toString("utf8")),
      (body) => body.subject.digest === subject
    ),
    (body) => ({
      digest: manifest.digest,
      mediaType: manifest.mediaType,
      size: manifest.bytes.byteLength,
      artifactType: Option.fromNullable(body.artifactType ?? body.config?.mediaType),
      annotations: body.annotations ?? {}
    })
  )

const collect = (bytes: Stream.Stream<Uint8Array, CensusError>): Effect.Effect<Uint8Array, CensusError> =>
  Effect.map(Stream.runCollect(bytes), (chunks) => Buffer.concat([...chunks]))

const missing = (reference: ImageReference): NotFound =>
  new NotFound({ service: reference.registry, what: wordsFor(reference) })

// A tag is asked what it points to, whatever digest is expected there.
const byTag = (reference: ImageReference): ImageReference =>
  Option.isSome(reference.tag) ? { ...reference, digest: Option.none() } : reference

/** Empty registries that keep what is pushed, and refuse manifests whose children they miss. */
export const make = (): typeof OciRegistry.Service => {
  const repositories = new Map<string, Kept>()

  const keptOf = (repository: RegistryRepository): Kept => {
    const name = canonicalName(repository)
    const found = repositories.get(name)
    if (found !== undefined) return found
    const made: Kept = { manifests: new Map(), tags: new Map(), blobs: new Map() }
    repositories.set(name, made)
    return made
  }

  const digestThere = (reference: ImageReference) =>
    Effect.sync(() => {
      const kept = keptOf(reference)
      const digest = Option.getOrElse(reference.digest, () => kept.tags.get(nameIn(reference)))
      return digest !== undefined && kept.manifests.has(digest) ? Option.some(digest) : Option.none()
    })

  const manifest = Effect.fn("OciRegistry.manifest")(function*(reference: ImageReference) {
    const digest = yield* digestThere(reference)
    const found = Option.flatMapNullable(digest, (digest) => keptOf(reference).manifests.get(digest))
    if (Option.isNone(found)) return yield* missing(reference)
    return found.value
  })

  const document = Effect.fn("OciRegistry.document")(function*(reference: ImageReference) {
    const found = Option.flatMapNullable(reference.digest, (digest) => keptOf(reference).blobs.get(digest))
    if (Option.isNone(found)) return yield* missing(reference)
    if (found.value.byteLength > maxDocumentBytes) {
      return yield* malformed(reference.registry, `${wordsFor(reference)}: the body is ${found.value.byteLength} bytes`)
    }
    return found.value
  })

  const blob = (reference: ImageReference): Effect.Effect<RegistryBlob, NotFound> =>
    Effect.suspend(() => {
      const digest = Option.getOrUndefined(reference.digest)
      const bytes = digest === undefined ? undefined : keptOf(reference).blobs.get(digest)
      return digest === undefined || bytes === undefined
        ? Effect.fail(missing(reference))
        : Effect.succeed({ digest, size: Option.some(bytes.byteLength), bytes: Stream.make(bytes) })
    })

  const has = (kind: "manifest" | "blob", reference: ImageReference): Effect.Effect<boolean> =>
    kind === "manifest"
      ? Effect.map(digestThere(byTag(reference)), (there) =>
        Option.isSome(there) && (Option.isNone(reference.digest) || Option.contains(there, reference.digest.value)))
      : Effect.sync(() =>
        Option.exists(reference.digest, (digest) =>
          keptOf(reference).blobs.has(digest))
      )

  const pushManifest: typeof OciRegistry.Service.pushManifest = Effect.fn("OciRegistry.pushManifest")(
    function*(reference, { bytes, mediaType }) {
      const digest = Option.getOrElse(reference.digest, () => digestOf(bytes))
      yield* verifyDigest(reference.registry, wordsFor(reference), bytes, digest)
      const manifest: RegistryManifest = { digest, mediaType, bytes }
      const children = yield* childrenIn(reference, manifest)
      const kept = keptOf(reference)
      const absent = [
        ...children.manifests.filter((digest) => !kept.manifests.has(digest)),
        ...children.blobs.map(({ digest }) => digest).filter((digest) => !kept.blobs.has(digest))
      ]
      if (absent.length > 0) {
        return yield* new NotFound({ service: reference.registry, what: `${absent.join(", ")} (children)` })
      }
      kept.manifests.set(digest, manifest)
      if (Option.isSome(reference.tag)) kept.tags.set(reference.tag.value, digest)
      return digest
    }
  )

  const pushBlob: typeof OciRegistry.Service.pushBlob = Effect.fn("OciRegistry.pushBlob")(
    function*(repository, source) {
      const kept = keptOf(repository)
      if (kept.blobs.has(source.digest)) return false
      const what = `${canonicalName(repository)}@${source.digest}`
      const bytes = yield* collect(
        verified(source.bytes, { service: repository.registry, what, digest: source.digest, size: source.size })
      )
      kept.blobs.set(source.digest, bytes)
      return true
    }
  )

  const mount = (repository: RegistryRepository, digest: Digest, from: string): Effect.Effect<boolean> =>
    Effect.sync(() => {
      const bytes = keptOf({ registry: repository.registry, repository: from }).blobs.get(digest)
      if (bytes === undefined) return false
      keptOf(repository).blobs.set(digest, bytes)
      return true
    })

  const { copy, copyBlob } = makeCopy({
    manifest,
    has,
    pushManifest,
    transfer: (source, target, digest, size) =>
      Effect.gen(function*() {
        const near = source.registry === target.registry
        if (near && (yield* mount(target, digest, source.repository))) return "mounted"
        const bytes = keptOf(source).blobs.get(digest)
        if (bytes === undefined) return yield* missing(at(source, digest))
        yield* pushBlob(target, { digest, size, bytes: Stream.make(bytes) })
        return "uploaded"
      })
  })

  return {
    resolve: (reference, kind) =>
      kind === "blob"
        ? Effect.map(blob(reference), ({ digest, size }) => ({ digest, mediaType: "application/octet-stream", size }))
        : Effect.map(manifest(reference), ({ bytes, digest, mediaType }) => ({
          digest,
          mediaType,
          size: Option.some(bytes.byteLength)
        })),
    manifest,
    document,
    blob,
    tags: (repository) =>
      Stream.suspend(() =>
        repositories.has(canonicalName(repository))
          ? Stream.fromIterable([...keptOf(repository).tags.keys()].toSorted())
          : Stream.fail(new NotFound({ service: repository.registry, what: canonicalName(repository) }))
      ),
    referrers: (reference, options) =>
      Effect.gen(function*() {
        const { digest } = Option.isSome(reference.digest)
          ? { digest: reference.digest.value }
          : yield* manifest(reference)
        const found = [...keptOf(reference).manifests.values()].flatMap((one) =>
          Option.toArray(referrerOf(one, digest))
        )
        return options?.artifactType === undefined
          ? found
          : found.filter((one) => Option.contains(one.artifactType, options.artifactType))
      }),
    namedBy: makeNamedBy({ manifest, document }, { manifest, document }),
    has,
    pushManifest,
    pushBlob,
    mount,
    copy,
    copyBlob: (source, target, digest, size) => copyBlob(source, target, digest, size)
  }
}

/** The registries as a layer. */
export const layer: Layer.Layer<OciRegistry> = Layer.sync(OciRegistry, make)
