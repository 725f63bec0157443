/**
 * Copying: children before parents, in parallel, only what is missing, byte for byte. Written on a few operations, so
 * that every layer copies alike.
 */
import { Effect, Either, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { childrenOf } from "../../domain/ManifestShape.js"
import type { CopyReport, ManifestSource, RegistryManifest, RegistryRepository } from "../../services/OciRegistry.js"
import { malformed } from "./failures.js"

/** The children of a manifest; TRANSIENT `malformed` where it cannot be read. */
export const childrenIn = ({ registry }: RegistryRepository, manifest: RegistryManifest) =>
  Either.mapLeft(childrenOf(manifest.bytes), ({ message }) => malformed(registry, `${manifest.digest}: ${message}`))

/** What copying is made of. */
export interface CopyParts {
  readonly manifest: (reference: ImageReference) => Effect.Effect<RegistryManifest, CensusError>
  readonly has: (kind: "manifest" | "blob", reference: ImageReference) => Effect.Effect<boolean, CensusError>
  readonly pushManifest: (reference: ImageReference, source: ManifestSource) => Effect.Effect<Digest, CensusError>
  /** Brings a blob that is missing at the target. */
  readonly transfer: (
    source: RegistryRepository,
    target: RegistryRepository,
    digest: Digest,
    size: number
  ) => Effect.Effect<"mounted" | "uploaded", CensusError>
}

type Counts = Omit<CopyReport, "digest">

const nothing: Counts = { manifests: 0, uploaded: 0, uploadedBytes: 0, mounted: 0, present: 0, skipped: 0 }

const add = (a: Counts, b: Counts): Counts => ({
  manifests: a.manifests + b.manifests,
  uploaded: a.uploaded + b.uploaded,
  uploadedBytes: a.uploadedBytes + b.uploadedBytes,
  mounted: a.mounted + b.mounted,
  present: a.present + b.present,
  skipped: a.skipped + b.skipped
})

const sum = (all: ReadonlyArray<Counts>): Counts => all.reduce(add, nothing)

const atOnce = { concurrency: 4 } as const
const deepest = 8

/** A reference to a digest in the repository of another. */
export const at = ({ registry, repository }: RegistryRepository, digest: Digest): ImageReference => ({
  registry,
  repository,
  tag: Option.none(),
  digest: Option.some(digest)
})

/** Copies with these operations. */
export const makeCopy = (parts: CopyParts) => {
  const copyBlob = (source: RegistryRepository, target: RegistryRepository, digest: Digest, size: number) =>
    Effect.gen(function*() {
      if (yield* parts.has("blob", at(target, digest))) return "present" as const
      return yield* parts.transfer(source, target, digest, size)
    })

  const blob = (source: RegistryRepository, target: RegistryRepository, digest: Digest, size: number) =>
    Effect.map(copyBlob(source, target, digest, size), (how): Counts => {
      if (how === "present") return { ...nothing, present: 1 }
      return how === "mounted" ? { ...nothing, mounted: 1 } : { ...nothing, uploaded: 1, uploadedBytes: size }
    })

  /** Brings everything that a manifest names to the target's repository. */
  const children = (
    source: RegistryRepository,
    target: RegistryRepository,
    manifest: RegistryManifest,
    depth: number
  ): Effect.Effect<Counts, CensusError> =>
    Effect.gen(function*() {
      const { blobs, foreign, manifests } = yield* childrenIn(source, manifest)
      if (depth > deepest) return yield* malformed(source.registry, `indexes within indexes, more than ${deepest} deep`)
      const images = yield* Effect.forEach(manifests, (digest) => child(source, target, digest, depth + 1), atOnce)
      const sent = yield* Effect.forEach(blobs, ({ digest, size }) => blob(source, target, digest, size), atOnce)
      return { ...sum([...images, ...sent]), skipped: sum(images).skipped + foreign }
    })

  const child = (
    source: RegistryRepository,
    target: RegistryRepository,
    digest: Digest,
    depth: number
  ): Effect.Effect<Counts, CensusError> =>
    Effect.gen(function*() {
      if (yield* parts.has("manifest", at(target, digest))) return { ...nothing, present: 1 }
      const manifest = yield* parts.manifest(at(source, digest))
      const counts = yield* children(source, target, manifest, depth)
      yield* parts.pushManifest(at(target, digest), manifest)
      return { ...counts, manifests: counts.manifests + 1 }
    })

  const copy = Effect.fn("OciRegistry.copy")(function*(source: ImageReference, target: ImageReference) {
    const manifest = yield* parts.manifest(source)
    const { digest } = manifest
    if (Option.isSome(target.digest) && target.digest.value !== digest) {
      return yield* malformed(
        target.registry,
        `the target asks for the digest ${target.digest.value}, the source has ${digest}`
      )
    }
    if (yield* parts.has("manifest", { ...target, digest: Option.some(digest) })) {
      return { ...nothing, digest, present: 1 }
    }
    // Known under its digest, it only needs the name.
    const known = Option.isSome(target.tag) && (yield* parts.has("manifest", at(target, digest)))
    const counts = known ? { ...nothing, present: 1 } : yield* children(source, target, manifest, 0)
    yield* parts.pushManifest(target, manifest)
    return { ...counts, manifests: counts.manifests + 1, digest }
  })

  return { copy, copyBlob }
}
