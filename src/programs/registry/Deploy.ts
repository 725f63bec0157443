/**
 * Pushing objects: HEAD first, then PUT; children are copied only where the registry asks for them. Whatever was done
 * already is found and left alone, so that a run that was killed is finished by running it again.
 */
import { Effect, Either, Option, Stream } from "effect"
import { digestOf } from "../../domain/ContentDigest.js"
import type { DeployInput } from "../../domain/DeployInput.js"
import type { Digest } from "../../domain/Digest.js"
import { type CensusError, NotFound, Transient } from "../../domain/Errors.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import { childrenOf, ownType } from "../../domain/ManifestShape.js"
import { OciRegistry } from "../../services/OciRegistry.js"

/** What became of one object in one place. `would-push` is a dry run's word. */
export interface Deployed {
  readonly type: "manifest" | "blob"
  readonly reference: ImageReference
  readonly outcome: "present" | "pushed" | "copied" | "would-push"
}

export interface DeployOptions {
  /** Only HEADs: says what would be pushed. */
  readonly dryRun: boolean
  /** Objects, and places of one object, that are pushed at a time. */
  readonly concurrency: number
}

const at = (place: ImageReference, digest: Digest): ImageReference => ({
  ...place,
  tag: Option.none(),
  digest: Option.some(digest)
})

const sourceOf = (input: DeployInput, digest: Digest): Option.Option<ImageReference> =>
  Option.map(
    Option.orElse(Option.fromNullable(input.lookup.get(digest)), () => input.fallback),
    (source) => at(source, digest)
  )

const typeOf = (input: DeployInput, bytes: Uint8Array): string => {
  const own = Option.getOrUndefined(Either.getRight(ownType(bytes)))
  return [input.mediaType, own?.declared, own?.shown].find((type) => type !== undefined && type !== "") ??
    "application/octet-stream"
}

const readChildren = (reference: ImageReference, bytes: Uint8Array) =>
  Either.mapLeft(
    childrenOf(bytes),
    ({ message }) =>
      new Transient({ service: reference.registry, reason: "malformed", message: `${familiar(reference)}: ${message}` })
  )

/** Copies the children that the registry misses, each from where `lookup` says. */
const bringChildren = Effect.fn("deploy.children")(function*(
  input: DeployInput,
  reference: ImageReference,
  bytes: Uint8Array,
  concurrency: number
) {
  const registry = yield* OciRegistry
  const children = yield* readChildren(reference, bytes)
  const lost = (digest: Digest) =>
    new NotFound({
      service: reference.registry,
      what: `${digest}, a child of ${familiar(reference)}; lookup names no source for it`
    })
  const manifest = (digest: Digest): Effect.Effect<void, CensusError> =>
    Option.match(sourceOf(input, digest), {
      onSome: (source) => Effect.asVoid(registry.copy(source, at(reference, digest))),
      onNone: () =>
        Effect.flatMap(registry.has("manifest", at(reference, digest)), (there) =>
          there ? Effect.void : Effect.fail(lost(digest)))
    })
  const blob = (
    { digest, size }: { readonly digest: Digest; readonly size: number }
  ): Effect.Effect<void, CensusError> =>
    Option.match(sourceOf(input, digest), {
      onSome: (source) => Effect.asVoid(registry.copyBlob(source, reference, digest, size)),
      onNone: () =>
        Effect.flatMap(registry.has("blob", at(reference, digest)), (there) =>
          there ? Effect.void : Effect.fail(lost(digest)))
    })
  yield* Effect.forEach(children.manifests, manifest, { concurrency, discard: true })
  yield* Effect.forEach(children.blobs, blob, { concurrency, discard: true })
})

const pushManifest = Effect.fn("deploy.manifest")(
  function*(input: DeployInput, reference: ImageReference, bytes: Uint8Array, concurrency: number) {
    const registry = yield* OciRegistry
    const put = registry.pushManifest(reference, { mediaType: typeOf(input, bytes), bytes })
    yield* Effect.catchTag(
      put,
      "NOT_FOUND",
      () => Effect.zipRight(bringChildren(input, reference, bytes, concurrency), put)
    )
    return "pushed" as const
  }
)

const sendBlob = Effect.fn("deploy.blob")(function*(input: DeployInput, reference: ImageReference, digest: Digest) {
  const registry = yield* OciRegistry
  if (Option.isSome(input.data)) {
    const bytes = input.data.value
    const sent = yield* registry.pushBlob(reference, { digest, size: bytes.byteLength, bytes: Stream.make(bytes) })
    return sent ? "pushed" as const : "present" as const
  }
  const source = Option.getOrElse(input.copyFrom, () => reference)
  const { size } = yield* registry.resolve(source, "blob")
  if (Option.isNone(size)) {
    return yield* new Transient({
      service: source.registry,
      reason: "malformed",
      message: `${familiar(source)}: the registry does not say how long the blob is`
    })
  }
  const how = yield* registry.copyBlob(source, reference, digest, size.value)
  return how === "present" ? how : "copied" as const
})

/** Pushes one object to one place. */
const place = (input: DeployInput, reference: ImageReference, options: DeployOptions) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    const { copyFrom, data, type } = input
    // A tag without a known digest is whatever its source is now.
    const digest = Option.orElse(reference.digest, () => Option.map(data, (bytes) => digestOf(bytes)))
    const wanted = Option.isSome(digest) || type === "blob" || Option.isNone(copyFrom)
      ? digest
      : Option.some((yield* registry.resolve(copyFrom.value)).digest)
    const exact = { ...reference, digest: wanted }
    if (yield* registry.has(type, exact)) return "present" as const
    if (options.dryRun) return "would-push" as const
    if (type === "blob") {
      if (Option.isNone(digest)) {
        return yield* new NotFound({ service: reference.registry, what: `${familiar(reference)} (no digest)` })
      }
      return yield* sendBlob(input, reference, digest.value)
    }
    if (Option.isSome(data)) return yield* pushManifest(input, reference, data.value, options.concurrency)
    if (Option.isNone(copyFrom)) {
      return yield* new NotFound({ service: reference.registry, what: `${familiar(reference)} (no source)` })
    }
    yield* registry.copy(copyFrom.value, exact)
    return "copied" as const
  }).pipe(Effect.map((outcome): Deployed => ({ type: input.type, reference, outcome })))

/**
 * The order in which inputs can be pushed: blobs, then manifests, children before those that name them. Inputs of one
 * wave do not need each other.
 */
export const waves = (inputs: ReadonlyArray<DeployInput>): ReadonlyArray<ReadonlyArray<DeployInput>> => {
  const blobs = inputs.filter(({ type }) => type === "blob")
  let left = inputs.filter(({ type }) => type === "manifest").map((input) => ({
    input,
    digests: [
      ...Option.toArray(Option.map(input.data, (bytes) => digestOf(bytes))),
      ...input.refs.flatMap(({ digest }) => Option.toArray(digest))
    ],
    children: Option.match(input.data, {
      onNone: (): ReadonlyArray<Digest> => [],
      onSome: (bytes) => Either.match(childrenOf(bytes), { onLeft: () => [], onRight: ({ manifests }) => manifests })
    })
  }))
  const ordered: Array<ReadonlyArray<DeployInput>> = blobs.length === 0 ? [] : [blobs]
  while (left.length > 0) {
    const waiting = new Set(left.flatMap(({ digests }) => digests))
    const ready = left.filter(({ children, digests }) =>
      !children.some((child) => waiting.has(child) && !digests.includes(child))
    )
    // Digests cannot form a circle; should one be claimed, the registry will say what it misses.
    const now = ready.length === 0 ? left : ready
    ordered.push(now.map(({ input }) => input))
    left = left.filter((one) => !now.includes(one))
  }
  return ordered
}

/** Pushes all of them, and tells of each place as it is done. */
export const deploy = (
  inputs: ReadonlyArray<DeployInput>,
  options: DeployOptions
): Stream.Stream<Deployed, CensusError, OciRegistry> =>
  Stream.fromIterable(waves(inputs)).pipe(
    Stream.flatMap((wave) =>
      Stream.fromIterable(wave.flatMap((input) => input.refs.map((reference) => ({ input, reference })))).pipe(
        Stream.mapEffect(({ input, reference }) => place(input, reference, options), {
          concurrency: options.concurrency
        })
      )
    )
  )
