import type { Effect, Option, Stream } from "effect"
import { Context } from "effect"
import type { Digest } from "../domain/Digest.js"
import type { CensusError } from "../domain/Errors.js"
import type { ImageReference } from "../domain/ImageReference.js"

/** A repository in a registry: what every `ImageReference` names. */
export type RegistryRepository = Pick<ImageReference, "registry" | "repository">

/** What a registry said of a reference without sending it (image-spec, descriptor.md). */
export interface ResolvedReference {
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes; none where the registry did not say. */
  readonly size: Option.Option<number>
}

/** A manifest or an index, byte for byte as the registry keeps it; its digest is that of `bytes`. */
export interface RegistryManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** A blob that is about to be read. */
export interface RegistryBlob {
  readonly digest: Digest
  /** Bytes; none where neither the caller nor the registry said. */
  readonly size: Option.Option<number>
  /** Fails with TRANSIENT `malformed` at its end where length or digest are wrong: use nothing before the end. */
  readonly bytes: Stream.Stream<Uint8Array, CensusError>
}

/** A blob to be sent. `bytes` is run once for each attempt. */
export interface BlobSource {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly bytes: Stream.Stream<Uint8Array, CensusError>
}

/** A manifest to be sent. Its digest is taken from the bytes. */
export interface ManifestSource {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** An object that says of itself that it belongs to another (distribution-spec, "Listing Referrers"). */
export interface Referrer {
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  readonly artifactType: Option.Option<string>
  readonly annotations: Readonly<Record<string, string>>
}

/** What a copy sent. */
export interface CopyReport {
  readonly digest: Digest
  readonly manifests: number
  /** Blobs that were sent through us, and their bytes. */
  readonly uploaded: number
  readonly uploadedBytes: number
  /** Blobs that the registry took over from another of its repositories. */
  readonly mounted: number
  /** Manifests and blobs that were there already. */
  readonly present: number
  /** Layers that no registry may keep (media types "foreign" and "nondistributable"). */
  readonly skipped: number
}

/**
 * Reads of images whose names strangers wrote into a label or an annotation: `org.opencontainers.image.base.name`. Asked
 * are well-known public registries, those that a person has configured and the registry of the image that bears the
 * label. Apart from that last one and from mirrors, which a person set, no address outside the internet is connected to,
 * whatever a name resolves to.
 */
export interface LabelledImages {
  /** Why a name is not asked for, in words for people; none where it is. */
  readonly refusal: (named: RegistryRepository) => Option.Option<string>
  /** As of the client; AUTH with scope `one` for what is not asked for. */
  readonly manifest: (reference: ImageReference) => Effect.Effect<RegistryManifest, CensusError>
  readonly document: (reference: ImageReference) => Effect.Effect<Uint8Array, CensusError>
}

/**
 * A client of every OCI registry (distribution-spec 1.1). A reference is asked for by its digest where it has one, else
 * by its tag, else by `latest`.
 *
 * Everywhere: NOT_FOUND is the registry's word that the thing does not exist; AUTH that this credential (or nobody) may
 * not see it, which is also how most registries speak of what does not exist: with scope `one` where no credential was
 * sent, with scope `all` where the credential itself may be at fault; RATE_LIMIT that the registry asks to wait
 * longer than this client was told to; TRANSIENT that no definite answer was had after bounded retries, or that the
 * answer was not what it claims to be (`malformed`; the message names both values).
 */
export class OciRegistry extends Context.Tag("image-census/OciRegistry")<OciRegistry, {
  /**
   * The digest behind a reference: HEAD, which is free everywhere, and GET only where HEAD gives no digest or misses what
   * was asked for, which a body has to confirm. Of a blob (named by its digest): whether it is there, and its size.
   */
  readonly resolve: (
    reference: ImageReference,
    kind?: "manifest" | "blob"
  ) => Effect.Effect<ResolvedReference, CensusError>
  /** The manifest or index behind a reference. Of at most 4 MiB. */
  readonly manifest: (reference: ImageReference) => Effect.Effect<RegistryManifest, CensusError>
  /** The blob that the reference's digest names. */
  readonly blob: (reference: ImageReference) => Effect.Effect<RegistryBlob, CensusError>
  /**
   * A blob of at most 4 MiB, whole: configs and other documents. The answer comes from the cache where it is there.
   */
  readonly document: (reference: ImageReference) => Effect.Effect<Uint8Array, CensusError>
  /**
   * The tags of a repository in the registry's order, a request per page and only as pages are asked for.
   * `pageSize` is a wish. A listing that turns in a circle or does not end fails with TRANSIENT `malformed`.
   */
  readonly tags: (
    repository: RegistryRepository,
    options?: { readonly pageSize?: number }
  ) => Stream.Stream<string, CensusError>
  /** What refers to the digest of the reference: the referrers API, or the tag `sha256-…` where it is missing. */
  readonly referrers: (
    reference: ImageReference,
    options?: { readonly artifactType?: string }
  ) => Effect.Effect<ReadonlyArray<Referrer>, CensusError>

  /** Reads of what the labels of an image name. */
  readonly namedBy: (image: RegistryRepository) => LabelledImages

  /**
   * Whether the registry itself has this, to decide whether to send it: never from a cache or a mirror, and a HEAD's 404 is
   * believed without a second question. Of a manifest with a tag and a digest: whether
   * the tag points to that digest.
   */
  readonly has: (kind: "manifest" | "blob", reference: ImageReference) => Effect.Effect<boolean, CensusError>
  /**
   * Sends a manifest to the tag or the digest of the reference. NOT_FOUND: the registry misses children
   * (MANIFEST_BLOB_UNKNOWN, MANIFEST_UNKNOWN).
   */
  readonly pushManifest: (reference: ImageReference, source: ManifestSource) => Effect.Effect<Digest, CensusError>
  /**
   * Sends a blob unless it is there: one request with the whole body, or pieces of `chunkSize` bytes.
   * Returns whether it was sent.
   */
  readonly pushBlob: (
    repository: RegistryRepository,
    source: BlobSource,
    options?: { readonly chunkSize?: number }
  ) => Effect.Effect<boolean, CensusError>
  /**
   * Asks the registry to take a blob over from another of its repositories. False where it does not: then the blob has
   * to be sent.
   */
  readonly mount: (
    repository: RegistryRepository,
    digest: Digest,
    from: string
  ) => Effect.Effect<boolean, CensusError>
  /**
   * Copies an image or an index with all that it consists of, children before parents, only what is missing, byte for
   * byte. Layers that may not be distributed are left out.
   */
  readonly copy: (source: ImageReference, target: ImageReference) => Effect.Effect<CopyReport, CensusError>
  /** Copies a blob of `size` bytes: taken over within a registry where it allows that, else sent through us. */
  readonly copyBlob: (
    source: RegistryRepository,
    target: RegistryRepository,
    digest: Digest,
    size: number
  ) => Effect.Effect<"present" | "mounted" | "uploaded", CensusError>
}>() {}
