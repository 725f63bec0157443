import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { Digest } from "../domain/Digest.js"

/**
 * What is cached: a manifest with the media type under which it was served, or a blob. They are kept apart, so that
 * reading a manifest as a blob never touches its media type.
 */
export interface CachedContent {
  readonly bytes: Uint8Array
  /** Of manifests; empty for blobs. */
  readonly mediaType: string
}

export type ContentKind = "manifest" | "blob"

/** Bodies by digest. Nothing that is missing is ever kept, and nothing comes out that does not have its digest. */
export class ContentCache extends Context.Tag("image-census/ContentCache")<ContentCache, {
  readonly get: (kind: ContentKind, digest: Digest) => Effect.Effect<Option.Option<CachedContent>>
  /** Bodies over the cache's limit for one object are let pass. The caller has verified the digest. */
  readonly put: (kind: ContentKind, digest: Digest, content: CachedContent) => Effect.Effect<void>
  /**
   * What a tag (`docker.io/library/nginx:latest`) pointed to when it was last read. Never an answer: a hint that asking
   * for the digest may be enough.
   */
  readonly pointed: (tag: string) => Effect.Effect<Option.Option<Digest>>
  readonly point: (tag: string, digest: Digest) => Effect.Effect<void>
}>() {}
