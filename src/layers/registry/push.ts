/**
 * Writing to a registry (distribution-spec, "Push"): always to the registry itself, never to a mirror.
 */
import { Effect, Option } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import type { BlobSource, ManifestSource, RegistryRepository } from "../../services/OciRegistry.js"
import { type Calls, created, wordsFor } from "./calls.js"
import type { Core } from "./core.js"
import { malformed } from "./failures.js"
import { announcedDigest } from "./integrity.js"
import { maxDocumentBytes } from "./options.js"
import type { Uploads } from "./uploads.js"

const okOrMissing: ReadonlySet<number> = new Set([200, 404])

/** `has`, `pushManifest` and `pushBlob`. `forget` is told of each tag that was pushed. */
export const makePush = (
  core: Core,
  calls: Calls,
  uploads: Uploads,
  forget: (reference: ImageReference) => void
) => {
  const has = Effect.fn("OciRegistry.has")(function*(kind: "manifest" | "blob", reference: ImageReference) {
    const what = wordsFor(reference)
    const call = kind === "manifest"
      ? calls.writtenManifest(reference)
      : calls.writing(reference, {
        method: "HEAD",
        path: `blobs/${Option.getOrElse(reference.digest, () => "")}`,
        what
      })
    const reply = yield* core.open(call, okOrMissing)
    if (reply.status === 404) return false
    const announced = announcedDigest(reply)
    const same = Option.isNone(reference.digest) || Option.contains(announced, reference.digest.value)
    if (kind === "manifest" && Option.isSome(reference.tag)) return same
    if (!same && Option.isSome(announced)) {
      return yield* malformed(
        reference.registry,
        `${what}: expected the digest ${
          Option.getOrElse(reference.digest, () => "")
        }, the registry says ${announced.value}`
      )
    }
    return true
  })

  const pushManifest = Effect.fn("OciRegistry.pushManifest")(
    function*(reference: ImageReference, { bytes, mediaType }: ManifestSource) {
      const what = wordsFor(reference)
      if (bytes.byteLength > maxDocumentBytes) {
        return yield* malformed(
          reference.registry,
          `${what}: a manifest of ${bytes.byteLength} bytes is over the limit of ${maxDocumentBytes}`
        )
      }
      const digest = digestOf(bytes)
      const asked = reference.digest
      if (Option.isSome(asked) && asked.value.startsWith("sha256:") && asked.value !== digest) {
        return yield* malformed(reference.registry, `${what}: the manifest to be sent has the digest ${digest}`)
      }
      const reply = yield* core.open(calls.putManifest(reference, mediaType, bytes), created)
      forget(reference)
      const kept = Option.filter(announcedDigest(reply), (kept) => kept.startsWith("sha256:"))
      if (Option.isSome(kept) && kept.value !== digest) {
        return yield* malformed(reference.registry, `${what}: sent ${digest}, the registry kept ${kept.value}`)
      }
      return Option.getOrElse(asked, () => digest)
    }
  )

  const pushBlob = Effect.fn("OciRegistry.pushBlob")(
    function*(repository: RegistryRepository, source: BlobSource, more: { readonly chunkSize?: number } = {}) {
      const reference = { ...repository, tag: Option.none(), digest: Option.some(source.digest) }
      if (yield* has("blob", reference)) return false
      yield* uploads.upload(repository, source, more.chunkSize)
      return true
    }
  )

  return { has, pushManifest, pushBlob }
}
