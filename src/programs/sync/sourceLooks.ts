/**
 * One look at what an image says of its origin: the manifest and the config of its newest tag, for one platform.
 */
import { Chunk, Clock, Duration, Effect, Either, Option, Ref, Stream } from "effect"
import { parse as parseDigest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { Deferral } from "../../domain/Finding.js"
import { parse as parseRepository } from "../../domain/GitHubRepository.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { labelsOf, newestTag, type OriginEvidence, originOf, spokesman } from "../../domain/ImageOrigin.js"
import { type ImageReference, parse as parseReference, parseNormalized } from "../../domain/ImageReference.js"
import * as Documents from "../../domain/OciDocuments.js"
import type { ClaimedSource, SourceFinding, SourceResult } from "../../domain/RegistryCheck.js"
import { baseKey, baseOf, type Labels } from "../../domain/ReleaseNotes.js"
import { sourceKey, type SourceLabel } from "../../domain/Verification.js"
import { makeRemembered } from "../../layers/remembered.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import type { LabelledImages, OciRegistry, RegistryManifest } from "../../services/OciRegistry.js"
import type { Guards } from "./breaker.js"

/** Tags that are looked through for the newest one, where there is no `latest`. */
const mostTags = 2_000
/** Milliseconds: how long what an image says is believed, and what could not be read is left alone. */
const believed = 30 * 86_400_000
/** Milliseconds: how long a base's labels are remembered, for many images are built on one; and that it gave no answer. */
const baseHolds = 3_600_000
const baseFails = 60_000

interface Read extends Omit<OriginEvidence, "baseLabels"> {
  readonly digest: string
}

/** Where images are read, and how many manifests were asked for there. */
interface Reading extends Pick<LabelledImages, "document" | "manifest"> {
  readonly pulls: Ref.Ref<number>
}

/** The manifests that a look asked for, at the image's registry and at that of its base. */
interface Pulls {
  readonly here: Ref.Ref<number>
  readonly elsewhere: Ref.Ref<NonNullable<SourceFinding["basePulls"]> | undefined>
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

const labelled = Effect.fnUntraced(
  function*(at: Reading, reference: ImageReference, found: RegistryManifest, index: Labels) {
    const read = Documents.parseManifest(text(found.bytes))
    if (Either.isLeft(read)) return Option.none<Read>()
    const { annotations, config } = read.right
    const described = Documents.kindOf(config.mediaType) === "config" ? exact(reference, config.digest) : Option.none()
    const labels = Option.isNone(described)
      ? Option.none<Labels>()
      : labelsOf(text(yield* at.document(described.value)))
    return Option.some<Read>({
      digest: found.digest,
      labels: Option.getOrElse(labels, () => nothing),
      manifestAnnotations: annotations ?? nothing,
      indexAnnotations: index
    })
  }
)

// An index, a manifest and a config at most.
const readAt = Effect.fnUntraced(function*(
  at: Reading,
  reference: ImageReference
): Effect.fn.Return<Option.Option<Read>, CensusError> {
  const manifest = (reference: ImageReference) =>
    Effect.zipRight(Ref.update(at.pulls, (count) => count + 1), at.manifest(reference))
  const found = yield* manifest(reference)
  if (Documents.kindOf(found.mediaType) !== "index") return yield* labelled(at, reference, found, nothing)
  const index = Documents.parseIndex(text(found.bytes))
  const child = Option.flatMap(Either.getRight(index), spokesman)
  const digest = Option.flatMap(child, ({ digest }) => exact(reference, digest))
  if (Either.isLeft(index) || Option.isNone(digest)) return Option.none()
  // Official images have theirs on the descriptors of the index.
  const annotations = { ...index.right.annotations, ...Option.getOrUndefined(child)?.annotations }
  const one = yield* labelled(at, reference, yield* manifest(digest.value), annotations)
  return Option.map(one, (one) => ({ ...one, digest: found.digest }))
})

/** Looks at images through registries. What labels name is looked at within the guard of whoever is asked for it. */
export const makeSourceLook = Effect.fn("sourceLooks.make")(function*(registry: OciRegistry["Type"], guards: Guards) {
  const github = yield* GitHubProbe
  const bases = makeRemembered<Labels, CensusError>({ answers: baseHolds, failures: baseFails, keys: 500 })

  // The base's own answer decides; a base that is not shown to us decides nothing.
  const baseLabels = (
    at: Reading,
    image: ImageReference,
    base: ImageReference
  ): Effect.Effect<Labels, CensusError> =>
    bases(
      baseKey(image, base),
      Effect.map(readAt(at, base), Option.match({ onNone: () => nothing, onSome: ({ labels }) => labels }))
    ).pipe(
      Effect.catchTags({ NOT_FOUND: () => Effect.succeed(nothing), AUTH: () => Effect.succeed(nothing) })
    )

  /**
   * What an image has from its base. Trouble at the base's registry puts the image off, and is not its registry's: that
   * one has answered. A base that may not be asked for is not known, which at worst hides a link.
   */
  const inherited = Effect.fnUntraced(function*(
    claim: ClaimedSource,
    image: ImageReference,
    labels: Labels,
    pulls: Pulls
  ): Effect.fn.Return<{ readonly labels: Labels } | Deferral, CensusError> {
    const named = Option.flatMap(baseOf(labels), (name) => Either.getRight(parseReference(name)))
    if (Option.isNone(named)) return { labels: nothing }
    const base = named.value
    const reads = registry.namedBy(image)
    const refusal = reads.refusal(base)
    if (Option.isSome(refusal)) {
      yield* Effect.logInfo(`the base of ${claim.image} is not known: ${refusal.value}`)
      return { labels: nothing }
    }
    const read = (pulls: Ref.Ref<number>) =>
      Effect.map(baseLabels({ ...reads, pulls }, image, base), (labels) => ({ labels }))
    if (base.registry === image.registry) return yield* read(pulls.here)
    const there = yield* Ref.make(0)
    const guard = yield* guards(`verification at ${base.registry}`)
    return yield* guard(claim, read(there), Duration.zero).pipe(
      Effect.ensuring(
        Effect.flatMap(
          Ref.get(there),
          (count) => Ref.set(pulls.elsewhere, { registry: base.registry, pulls: count })
        )
      )
    )
  })

  // A label may hold a name that the repository had before it was known here; GitHub knows where that leads, and its
  // trouble is its own.
  const today = Effect.fnUntraced(function*(
    claim: ClaimedSource,
    label: SourceLabel
  ): Effect.fn.Return<SourceLabel | Deferral> {
    const named = sourceKey(label.source)
    const old = Either.getRight(parseRepository(`https://${named}`))
    if (Option.isNone(old) || claim.claimants.some((name) => named === `github.com/${name}`)) return label
    const guard = yield* guards("GitHub, for names in labels")
    const renamed = github.probe(old.value).pipe(
      Effect.map(({ repository }): SourceLabel => ({
        ...label,
        source: { ...label.source, path: fullName(repository) }
      })),
      Effect.catchTag("NOT_FOUND", () => Effect.succeed(label))
    )
    return yield* guard(claim, renamed, Duration.zero)
  })

  const lastTag = ({ registry: host, repository }: ImageReference) =>
    Effect.map(
      Stream.runCollect(Stream.take(registry.tags({ registry: host, repository }), mostTags)),
      (tags) => newestTag(Chunk.toReadonlyArray(tags))
    )

  const look = Effect.fnUntraced(function*(
    claim: ClaimedSource,
    pulls: Pulls
  ): Effect.fn.Return<SourceResult | Deferral, CensusError> {
    const { digest, image } = claim
    const parsed = parseNormalized(image)
    if (Either.isLeft(parsed)) return unreadable(parsed.left.message)
    const at = (tag: string): ImageReference => ({ ...parsed.right, tag: Option.some(tag), digest: Option.none() })
    const reading: Reading = { manifest: registry.manifest, document: registry.document, pulls: pulls.here }
    const of = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<SourceResult | Deferral, CensusError> {
      // Asking for the digest costs no pull.
      if (Option.isSome(digest) && (yield* registry.resolve(at(tag))).digest === digest.value) {
        return { _tag: "Unchanged" }
      }
      const found = yield* readAt(reading, at(tag))
      if (Option.isNone(found)) return unreadable(`${image}:${tag} is no image`)
      const base = yield* inherited(claim, parsed.right, found.value.labels, pulls)
      if (!("labels" in base)) return base
      const origin = originOf({ ...found.value, baseLabels: base.labels })
      if (Option.isNone(origin)) return { _tag: "Silent", tag, digest: found.value.digest }
      const label = yield* today(claim, origin.value)
      return "source" in label ? { _tag: "Says", tag, digest: found.value.digest, label } : label
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
    const pulls: Pulls = { here: yield* Ref.make(0), elsewhere: yield* Ref.make<SourceFinding["basePulls"]>(undefined) }
    const reading = look(claim, pulls).pipe(
      Effect.catchTag("NOT_FOUND", (error) => Effect.succeed(unreadable(error.message)))
    )
    const guard = yield* guards(`verification at ${claim.registry}`)
    const result = yield* guard(claim, reading)
    const at = yield* Clock.currentTimeMillis
    const basePulls = yield* Ref.get(pulls.elsewhere)
    const asked = { pulls: yield* Ref.get(pulls.here), ...(basePulls === undefined ? {} : { basePulls }) }
    return { claim, at, dueAt: at + believed, ...asked, result }
  })
})
