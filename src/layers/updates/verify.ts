/**
 * Verifying candidates: newest first, and only until the newest of every level is known to be there for the platform.
 */
import { Clock, Duration, Effect, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import type { Annotations } from "../../domain/OciDocuments.js"
import type { UpdateCandidate, UpdateLevel } from "../../domain/UpdatePolicy.js"
import type { FirstSights } from "../../services/FirstSights.js"
import type { OfferedUpdate, PassedOverTag, UpdateQuestion } from "../../services/UpdateFinder.js"
import type { HubPages } from "./listings.js"
import { factsOfHub, type ManifestFacts, type TagFacts } from "./tagFacts.js"

type Offer = Omit<OfferedUpdate, "notes">

/** What came of a candidate. */
type Verdict =
  | { readonly _tag: "Offered"; readonly offer: Offer }
  | { readonly _tag: "PassedOver"; readonly tag: string; readonly reason: PassedOverTag["reason"] }

export interface Verified {
  /** Newest first: the newest of every level, and on the Hub what its pages tell of the others. */
  readonly offers: ReadonlyArray<Offer>
  readonly passedOver: ReadonlyArray<PassedOverTag>
  /** The image for the platform behind a tag of the repository. */
  readonly imageOf: (tag: string) => Effect.Effect<Option.Option<Digest>, CensusError>
  /**
   * The annotations of a tag's index, and of its entry for the platform, where the index was read to verify it. What
   * the Hub's pages verified has none: its index would be one more pull.
   */
  readonly annotationsOf: (tag: string) => Annotations
}

/** After so many manifests of tags that are not there for the platform, the next one is offered as unknown. */
const mostLooks = 20

const unknown: TagFacts = {
  digest: Option.none(),
  support: "unknown",
  image: Option.none(),
  pushed: Option.none()
}

// Old tags stand on the Hub's pages without digests.
const isWhole = ({ digest, image, support }: TagFacts): boolean =>
  support === "no" || (support === "yes" && Option.isSome(digest) && Option.isSome(image))

/** Verifies by the Hub's pages where they hold a tag, else by its manifest. */
export const makeVerify = (manifests: ManifestFacts, sights: typeof FirstSights.Service) =>
  Effect.fn("UpdateFinder.verify")(function*(
    { minAge, platform, reference }: UpdateQuestion,
    candidates: ReadonlyArray<UpdateCandidate>,
    pages: HubPages
  ): Effect.fn.Return<Verified, CensusError> {
    const now = yield* Clock.currentTimeMillis
    const coolOff = Duration.toMillis(minAge)
    const tagged = (tag: string): ImageReference => ({ ...reference, tag: Option.some(tag), digest: Option.none() })
    const annotations = new Map<string, Annotations>()

    const onPages = (tag: string): Option.Option<TagFacts> =>
      Option.map(Option.fromNullable(pages.tags.get(tag)), (found) => factsOfHub(found, platform))

    const byManifest = (tag: string): Effect.Effect<TagFacts, CensusError> =>
      Effect.map(manifests.facts(tagged(tag), platform), (facts) => {
        annotations.set(tag, facts.annotations)
        return facts
      })

    const undated = coolOff === 0
      ? []
      : candidates.map(({ version }) => version.text).filter((tag) =>
        Option.isNone(Option.flatMap(onPages(tag), ({ pushed }) => pushed))
      )
    const seen = undated.length === 0 ? new Map<string, number>() : yield* sights.see(reference, undated)

    const judged = ({ change, version }: UpdateCandidate, facts: TagFacts): Verdict => {
      const tag = version.text
      if (facts.support === "no") return { _tag: "PassedOver", tag, reason: "platform" }
      const date = Option.orElse(
        Option.map(facts.pushed, (at) => ({ at, origin: "registry" as const })),
        () => Option.map(Option.fromNullable(seen.get(tag)), (at) => ({ at, origin: "first sight" as const }))
      )
      // A date of the future (clocks differ) is no reason where no age is asked for.
      if (coolOff > 0 && Option.exists(date, ({ at }) => now - at < coolOff)) {
        return { _tag: "PassedOver", tag, reason: "too new" }
      }
      const { digest, image, support } = facts
      return { _tag: "Offered", offer: { version, change, support, digest, image, date } }
    }

    // What is too new by its first sight need not be looked at.
    const isYoung = (tag: string): boolean => {
      const at = seen.get(tag)
      return at !== undefined && now - at < coolOff
    }

    const look = (candidate: UpdateCandidate): Effect.Effect<Verdict, CensusError> => {
      const tag = candidate.version.text
      const known = onPages(tag)
      if (Option.exists(known, isWhole)) {
        return Effect.succeed(judged(candidate, Option.getOrElse(known, () => unknown)))
      }
      if (isYoung(tag)) return Effect.succeed({ _tag: "PassedOver", tag, reason: "too new" })
      return byManifest(tag).pipe(
        Effect.map((facts) =>
          judged(candidate, {
            ...facts,
            pushed: Option.orElse(facts.pushed, () => Option.flatMap(known, ({ pushed }) => pushed))
          })
        ),
        Effect.catchTag("NOT_FOUND", () => Effect.succeed<Verdict>({ _tag: "PassedOver", tag, reason: "gone" }))
      )
    }

    // Behind a verified one, only what is known already is offered; where looking was given up, nothing is hidden.
    const unlooked = (candidate: UpdateCandidate, found: boolean): Verdict => {
      const known = onPages(candidate.version.text)
      return Option.isNone(known) && found
        ? { _tag: "PassedOver", tag: candidate.version.text, reason: "not looked at" }
        : judged(candidate, Option.getOrElse(known, () => unknown))
    }

    const levelOf = (level: UpdateLevel) =>
      Effect.gen(function*() {
        const verdicts = new Array<Verdict>()
        let found = false
        let looks = 0
        for (const candidate of candidates) {
          if (candidate.change !== level) continue
          const verdict: Verdict = found || looks >= mostLooks ? unlooked(candidate, found) : yield* look(candidate)
          if (!Option.exists(onPages(candidate.version.text), isWhole)) looks += 1
          found ||= verdict._tag === "Offered"
          verdicts.push(verdict)
        }
        return verdicts
      })

    const levels = yield* Effect.forEach(["major", "minor", "patch"] as const, levelOf, { concurrency: 3 })
    const verdicts = new Map(
      levels.flat().map((one) => [one._tag === "Offered" ? one.offer.version.text : one.tag, one] as const)
    )
    const inOrder = candidates.flatMap(({ version }) => {
      const verdict = verdicts.get(version.text)
      return verdict === undefined ? [] : [verdict]
    })
    return {
      offers: inOrder.flatMap((one) => one._tag === "Offered" ? [one.offer] : []),
      passedOver: inOrder.flatMap((one) => one._tag === "PassedOver" ? [{ tag: one.tag, reason: one.reason }] : []),
      imageOf: (tag) =>
        Option.match(Option.flatMap(onPages(tag), ({ image }) => image), {
          onSome: (image) => Effect.succeedSome(image),
          onNone: () => Effect.map(byManifest(tag), ({ image }) => image)
        }),
      annotationsOf: (tag) => annotations.get(tag) ?? {}
    }
  })
