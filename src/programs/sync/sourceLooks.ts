/**
 * One look at what an image says of its origin: the manifest and the config of its newest tag, for one platform.
 */
import { Chunk, Clock, Effect, Either, Option, Ref, Stream } from "effect"
import { parse as parseDigest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import { parse as parseRepository } from "../../domain/GitHubRepository.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { labelsOf, newestTag, type OriginEvidence, originOf, spokesman } from "../../domain/ImageOrigin.js"
import { type ImageReference, parse as parseReference, parseNormalized } from "../../domain/ImageReference.js"
import * as Documents from "../../domain/OciDocuments.js"
import type { ClaimedSource, SourceFinding, SourceResult } from "../../domain/RegistryCheck.js"
import { baseOf, type Labels } from "../../domain/ReleaseNotes.js"
import { sourceKey, type SourceLabel } from "../../domain/Verification.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import type { OciRegistry, RegistryManifest } from "../../services/OciRegistry.js"
import type { Guard } from "./breaker.js"

/** Tags that are looked through for the newest one, where there is no `latest`. */
const mostTags = 2_000
/** Milliseconds: how long what an image says is believed, and what could not be read is left alone. */
const believed = 30 * 86_400_000

interface Read extends Omit<OriginEvidence, "baseLabels"> {
  readonly digest: string
}

const nothing: Labels = {}
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const unreadable = (reason: string): SourceResult => ({ _tag: "Unreadable", reason })
const exact = (reference: ImageReference, digest: string) =>
  Option.map(Either.getRight(parseDigest(digest)), (digest): ImageReference => ({
    ...reference,
    tag: Option.none(),
    digest: Option.some(digest)
  }))

/** Looks at images through one registry. */
export const makeSourceLook = Effect.fn("sourceLooks.make")(function*(registry: OciRegistry["Type"], guard: Guard) {
  const github = yield* GitHubProbe

  const manifest = (reference: ImageReference, pulls: Ref.Ref<number>) =>
    Effect.zipRight(Ref.update(pulls, (count) => count + 1), registry.manifest(reference))

  const labelled = Effect.fnUntraced(function*(reference: ImageReference, found: RegistryManifest, index: Labels) {
    const read = Documents.parseManifest(text(found.bytes))
    if (Either.isLeft(read)) return Option.none<Read>()
    const { annotations, config } = read.right
    const at = Documents.kindOf(config.mediaType) === "config" ? exact(reference, config.digest) : Option.none()
    const labels = Option.isNone(at)
      ? Option.none<Labels>()
      : labelsOf(text(yield* registry.document(at.value)))
    return Option.some<Read>({
      digest: found.digest,
      labels: Option.getOrElse(labels, () => nothing),
      manifestAnnotations: annotations ?? nothing,
      indexAnnotations: index
    })
  })

  // An index, a manifest and a config at most.
  const read = Effect.fnUntraced(function*(
    reference: ImageReference,
    pulls: Ref.Ref<number>
  ): Effect.fn.Return<Option.Option<Read>, CensusError> {
    const found = yield* manifest(reference, pulls)
    if (Documents.kindOf(found.mediaType) !== "index") return yield* labelled(reference, found, nothing)
    const index = Documents.parseIndex(text(found.bytes))
    const child = Option.flatMap(Either.getRight(index), spokesman)
    const at = Option.flatMap(child, ({ digest }) => exact(reference, digest))
    if (Either.isLeft(index) || Option.isNone(at)) return Option.none()
    // Official images have theirs on the descriptors of the index.
    const annotations = { ...index.right.annotations, ...Option.getOrUndefined(child)?.annotations }
    const one = yield* labelled(reference, yield* manifest(at.value, pulls), annotations)
    return Option.map(one, (one) => ({ ...one, digest: found.digest }))
  })

  // The base's own answer decides; a base that is not shown to us decides nothing.
  const inherited = Effect.fnUntraced(function*(labels: Labels, pulls: Ref.Ref<number>) {
    const base = Option.flatMap(baseOf(labels), (name) => Either.getRight(parseReference(name)))
    if (Option.isNone(base)) return nothing
    return yield* read(base.value, pulls).pipe(
      Effect.map(Option.match({ onNone: () => nothing, onSome: ({ labels }) => labels })),
      Effect.catchTags({ NOT_FOUND: () => Effect.succeed(nothing), AUTH: () => Effect.succeed(nothing) })
    )
  })

  // A label may hold a name that the repository had before it was known here; GitHub knows where that leads.
  const today = Effect.fnUntraced(function*(claimants: ReadonlyArray<string>, label: SourceLabel) {
    const named = sourceKey(label.source)
    const old = Either.getRight(parseRepository(`https://${named}`))
    if (Option.isNone(old) || claimants.some((name) => named === `github.com/${name}`)) return label
    return yield* github.probe(old.value).pipe(
      Effect.map(({ repository }): SourceLabel => ({
        ...label,
        source: { ...label.source, path: fullName(repository) }
      })),
      Effect.catchTag("NOT_FOUND", () => Effect.succeed(label))
    )
  })

  const lastTag = ({ registry: host, repository }: ImageReference) =>
    Effect.map(
      Stream.runCollect(Stream.take(registry.tags({ registry: host, repository }), mostTags)),
      (tags) => newestTag(Chunk.toReadonlyArray(tags))
    )

  const look = Effect.fnUntraced(function*(
    { claimants, digest, image }: ClaimedSource,
    pulls: Ref.Ref<number>
  ): Effect.fn.Return<SourceResult, CensusError> {
    const parsed = parseNormalized(image)
    if (Either.isLeft(parsed)) return unreadable(parsed.left.message)
    const at = (tag: string): ImageReference => ({ ...parsed.right, tag: Option.some(tag), digest: Option.none() })
    const of = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<SourceResult, CensusError> {
      // Asking for the digest costs no pull.
      if (Option.isSome(digest) && (yield* registry.resolve(at(tag))).digest === digest.value) {
        return { _tag: "Unchanged" }
      }
      const found = yield* read(at(tag), pulls)
      if (Option.isNone(found)) return unreadable(`${image}:${tag} is no image`)
      const baseLabels = yield* inherited(found.value.labels, pulls)
      const origin = originOf({ ...found.value, baseLabels })
      if (Option.isNone(origin)) return { _tag: "Silent", tag, digest: found.value.digest }
      const label = yield* today(claimants, origin.value)
      return { _tag: "Says", tag, digest: found.value.digest, label }
    })
    return yield* of("latest").pipe(
      Effect.catchTag(
        "NOT_FOUND",
        () =>
          Effect.flatMap(
            lastTag(parsed.right),
            (tag) => Option.isNone(tag) ? Effect.succeed(unreadable(`${image} has no tag`)) : of(tag.value)
          )
      )
    )
  })

  return Effect.fn("verification.look")(function*(claim: ClaimedSource): Effect.fn.Return<SourceFinding> {
    const pulls = yield* Ref.make(0)
    const reading = look(claim, pulls).pipe(
      Effect.catchTag("NOT_FOUND", (error) => Effect.succeed(unreadable(error.message)))
    )
    const result = yield* guard(claim, reading)
    const at = yield* Clock.currentTimeMillis
    return { claim, at, dueAt: at + believed, pulls: yield* Ref.get(pulls), result }
  })
})
