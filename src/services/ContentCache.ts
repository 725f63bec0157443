import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { Digest } from "../domain/Digest.js"

export type ContentKind = "manifest" | "blob"

/** A manifest or a blob at one registry. Another registry may not have it, or not show it. */
export interface ContentPlace {
  readonly kind: ContentKind
  /** `ghcr.io`, as references name it. */
  readonly registry: string
  readonly digest: Digest
}

/**
 * What registries were seen to have, and bodies by digest. A digest vouches for bytes, whoever served them; that a
 * registry has something, and under which media type, only that registry can say. So both are kept apart: bytes are
 * given out for a place only after its own registry served or acknowledged it.
 */
export class ContentCache extends Context.Tag("image-census/ContentCache")<ContentCache, {
  /**
   * The media type under which the registry served or acknowledged this; empty for blobs. None: nothing is known, which
   * never means that it is missing there.
   */
  readonly known: (place: ContentPlace) => Effect.Effect<Option.Option<string>>
  /** Keeps that the registry itself served or acknowledged this, and under which media type. */
  readonly confirm: (place: ContentPlace, mediaType: string) => Effect.Effect<void>
  /** The bytes of a digest, from whichever registry they came. Nothing comes out that does not have its digest. */
  readonly bytes: (digest: Digest) => Effect.Effect<Option.Option<Uint8Array>>
  /** Keeps bytes; those over the cache's limit for one object are let pass. The caller has verified the digest. */
  readonly keep: (digest: Digest, bytes: Uint8Array) => Effect.Effect<void>
  /**
   * What a tag (`docker.io/library/nginx:latest`) pointed to when it was last read. Never an answer: a hint that asking
   * for the digest may be enough.
   */
  readonly pointed: (tag: string) => Effect.Effect<Option.Option<Digest>>
  readonly point: (tag: string, digest: Digest) => Effect.Effect<void>
}>() {}
