/**
 * Bodies by digest in memory, the least recently used dropped first.
 */
import { Effect, Layer, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { type CachedContent, ContentCache, type ContentKind } from "../../services/ContentCache.js"
import { makeLru } from "./lru.js"
import { maxDocumentBytes } from "./options.js"

export interface ContentCacheOptions {
  /** All bodies together, in bytes; what tags pointed to may take a quarter of that beside them. Default 64 MiB. */
  readonly maxBytes?: number
  /** The largest body that is kept, in bytes. Default 4 MiB. */
  readonly maxObjectBytes?: number
}

const usualBytes = 64 * 1024 * 1024
const pointerBytes = 256

/** An empty cache. */
export const make = ({ maxBytes = usualBytes, maxObjectBytes = maxDocumentBytes }: ContentCacheOptions = {}) => {
  // What a Map's entry costs besides the body.
  const entries = makeLru<CachedContent>(maxBytes, ({ bytes }) => bytes.byteLength + 200)
  const pointers = makeLru<Digest>(maxBytes / 4, () => pointerBytes)
  const service: typeof ContentCache.Service = {
    get: (kind: ContentKind, digest: Digest) =>
      Effect.sync(() => Option.fromNullable(entries.get(`${kind} ${digest}`))),
    put: (kind: ContentKind, digest: Digest, content: CachedContent) =>
      Effect.sync(() => {
        if (content.bytes.byteLength <= maxObjectBytes) entries.set(`${kind} ${digest}`, content)
      }),
    pointed: (tag) => Effect.sync(() => Option.fromNullable(pointers.get(tag))),
    point: (tag, digest) => Effect.sync(() => pointers.set(tag, digest))
  }
  return service
}

/** The cache as a layer. */
export const layer = (options: ContentCacheOptions = {}): Layer.Layer<ContentCache> =>
  Layer.sync(ContentCache, () => make(options))
