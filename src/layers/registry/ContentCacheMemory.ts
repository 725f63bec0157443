/**
 * Bodies by digest in memory, the least recently used dropped first, and beside them which registry has what.
 */
import { Effect, Layer, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { ContentCache, type ContentPlace } from "../../services/ContentCache.js"
import { makeLru } from "./lru.js"
import { maxDocumentBytes } from "./options.js"

export interface ContentCacheOptions {
  /**
   * All bodies together, in bytes; what tags pointed to, and what registries were seen to have, may take a quarter of that
   * beside them, each. Default 64 MiB.
   */
  readonly maxBytes?: number
  /** The largest body that is kept, in bytes. Default 4 MiB. */
  readonly maxObjectBytes?: number
}

const usualBytes = 64 * 1024 * 1024
const pointerBytes = 256

/** A place as a text, by which it is kept. */
export const placeKey = ({ digest, kind, registry }: ContentPlace): string => `${kind} ${registry} ${digest}`

/** An empty cache. */
export const make = ({ maxBytes = usualBytes, maxObjectBytes = maxDocumentBytes }: ContentCacheOptions = {}) => {
  // What a Map's entry costs besides the body.
  const bodies = makeLru<Uint8Array>(maxBytes, (bytes) => bytes.byteLength + 200)
  const places = makeLru<string>(maxBytes / 4, (mediaType) => mediaType.length + pointerBytes)
  const pointers = makeLru<Digest>(maxBytes / 4, () => pointerBytes)
  const service: typeof ContentCache.Service = {
    known: (place) => Effect.sync(() => Option.fromNullable(places.get(placeKey(place)))),
    confirm: (place, mediaType) => Effect.sync(() => places.set(placeKey(place), mediaType)),
    bytes: (digest) => Effect.sync(() => Option.fromNullable(bodies.get(digest))),
    keep: (digest, bytes) =>
      Effect.sync(() => {
        if (bytes.byteLength <= maxObjectBytes) bodies.set(digest, bytes)
      }),
    pointed: (tag) => Effect.sync(() => Option.fromNullable(pointers.get(tag))),
    point: (tag, digest) => Effect.sync(() => pointers.set(tag, digest))
  }
  return service
}

/** The cache as a layer. */
export const layer = (options: ContentCacheOptions = {}): Layer.Layer<ContentCache> =>
  Layer.sync(ContentCache, () => make(options))
