/**
 * What `index` answers for one reference: the whole index, the object as it is, or its descriptor alone. None where
 * there is nothing.
 */
import { Effect, Either, Option } from "effect"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import { parse } from "../../domain/JsonText.js"
import { ContentCache } from "../../services/ContentCache.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import { orNone, synthesizeIndex } from "./SynthesizeIndex.js"

export interface LookupOptions {
  /** None: the synthesized index. */
  readonly type: Option.Option<"manifest" | "blob">
  /** Only the descriptor, for a HEAD. */
  readonly head: boolean
}

/** JSON as it stands in a text: read once, printed in another form. */
const parsed = (reference: ImageReference, bytes: Uint8Array): Effect.Effect<unknown, Transient> =>
  Either.mapLeft(
    parse(Buffer.from(bytes).toString("utf8")),
    ({ message }) =>
      new Transient({
        service: reference.registry,
        reason: "malformed",
        message: `${familiar(reference)}: the manifest ${message}`
      })
  )

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

// `data` costs nothing where the object is known already; it is never fetched for it.
const descriptor = Effect.fn("lookup.head")(function*(kind: "manifest" | "blob", reference: ImageReference) {
  const registry = yield* OciRegistry
  const cache = yield* ContentCache
  const found = yield* orNone(registry.resolve(reference, kind))
  if (Option.isNone(found)) return Option.none()
  const { digest, mediaType, size } = found.value
  const kept = yield* cache.bytes(digest)
  return Option.some({
    mediaType,
    digest,
    ...Option.match(size, { onNone: () => ({}), onSome: (size) => ({ size }) }),
    ...Option.match(kept, { onNone: () => ({}), onSome: (bytes) => ({ data: base64(bytes) }) })
  })
})

/** The value that stands for a reference, ready to be printed as JSON. */
export const lookup = (
  reference: ImageReference,
  { head, type }: LookupOptions
): Effect.Effect<Option.Option<unknown>, CensusError, OciRegistry | ContentCache> => {
  const kind = Option.getOrElse(type, () => "manifest" as const)
  if (head) return descriptor(kind, reference)
  if (Option.isNone(type)) return synthesizeIndex(reference)
  return Effect.gen(function*() {
    const registry = yield* OciRegistry
    if (kind === "blob") return Option.map(yield* orNone(registry.document(reference)), base64)
    const found = yield* orNone(registry.manifest(reference))
    return Option.isNone(found) ? Option.none() : Option.some(yield* parsed(reference, found.value.bytes))
  })
}
