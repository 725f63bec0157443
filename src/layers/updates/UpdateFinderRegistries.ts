/**
 * `UpdateFinder` over registries: names from their tag lists, facts from Docker Hub's pages or from manifests.
 */
import { Clock, DateTime, Duration, Effect, Either, Layer, Option } from "effect"
import type { Digest } from "../../domain/Digest.js"
import { downloadSize } from "../../domain/DownloadSize.js"
import { type CensusError, RateLimit } from "../../domain/Errors.js"
import { type ImageReference, isDockerHub } from "../../domain/ImageReference.js"
import type { Annotations } from "../../domain/OciDocuments.js"
import type { BudgetKey } from "../../domain/RateBudget.js"
import * as Tag from "../../domain/TagVersion.js"
import { chooseUpdates, noVersionWarning, type UpdateCandidate } from "../../domain/UpdatePolicy.js"
import { DockerHubTags } from "../../services/DockerHubTags.js"
import { FirstSights } from "../../services/FirstSights.js"
import { OciRegistry } from "../../services/OciRegistry.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { ReleaseProjects } from "../../services/ReleaseProjects.js"
import {
  type OfferedUpdate,
  type PassedOverTag,
  type UpdateAnswer,
  UpdateFinder,
  type UpdateQuestion
} from "../../services/UpdateFinder.js"
import { unsafeMakeFairSemaphore } from "../fairSemaphore.js"
import { cutOff, type HubPages, makeListings } from "./listings.js"
import { makeNotes } from "./notes.js"
import { makePinned } from "./pinned.js"
import { byDigest, makeManifestFacts } from "./tagFacts.js"
import { makeVerify } from "./verify.js"

export interface UpdateFinderOptions {
  /** Who pays for Docker Hub's API: the address that leaves to it. Default `default`. */
  readonly egress?: string
  /** The longest wait for Docker Hub's API where it asks to wait; then RATE_LIMIT. Default 30 s. */
  readonly longestWait?: Duration.Duration
}

const noPages: HubPages = { tags: new Map(), count: 0 }

/** For so long (milliseconds) the Hub's API is left alone once it gave no answer. */
const hubRest = 60_000

/** What is told of the newest candidate beside the update itself. */
interface Adornment extends Pick<UpdateAnswer, "download" | "source" | "warnings"> {
  /** Epoch milliseconds. */
  readonly created: Option.Option<number>
}

const bare = ({ source }: UpdateQuestion, warnings: ReadonlyArray<string>): Adornment => ({
  download: Option.none(),
  created: Option.none(),
  source,
  warnings
})

const unlisted = (tag: string, listed: ReadonlyArray<string>): string =>
  `the tag ${tag} is there, but not among the ${listed.length} tags that the registry listed`

/** The first candidate of every level: what a person wants to know first. */
const newestOf = (candidates: ReadonlyArray<UpdateCandidate>): ReadonlyArray<string> =>
  (["major", "minor", "patch"] as const).flatMap((level) =>
    candidates.filter(({ change }) => change === level).slice(0, 1).map(({ version }) => version.text)
  )

/** A finder over the services that it is given. */
export const make = Effect.fnUntraced(function*(options: UpdateFinderOptions = {}) {
  const registry = yield* OciRegistry
  const budgets = yield* RateBudgets
  const hubKey: BudgetKey = { service: "dockerhub", payer: options.egress ?? "default" }
  const longestWait = Duration.toMillis(options.longestWait ?? Duration.seconds(30))
  const hubTurn = unsafeMakeFairSemaphore(1)
  const listings = makeListings(registry, yield* DockerHubTags)
  const manifests = makeManifestFacts(registry)
  const pinnedOf = makePinned(registry, manifests)
  const notes = makeNotes(registry, yield* ReleaseProjects)
  const verify = makeVerify(manifests, yield* FirstSights)

  // The Hub's client waits for parks of any length; whoever asks here wants an answer.
  const tooLong = Effect.gen(function*() {
    const until = yield* budgets.parkedUntil(hubKey)
    if (until - (yield* Clock.currentTimeMillis) <= longestWait) return yield* Effect.sleep("1 second")
    return yield* new RateLimit({
      budget: hubKey,
      until: DateTime.unsafeMake(until),
      reason: "Docker Hub's limit of requests is spent"
    })
  })
  const askHub = <A>(effect: Effect.Effect<A, CensusError>): Effect.Effect<A, CensusError> =>
    hubTurn.withPermit(Effect.raceFirst(effect, Effect.forever(tooLong)))

  // Where the Hub's API gives no answer (a mirror behind a wall), manifests tell the same for more requests. A limit is
  // said: the pulls of a whole batch would be spent instead of waiting for a minute.
  let restsUntil = 0
  const withoutPages = (error: Exclude<CensusError, RateLimit>) =>
    Effect.gen(function*() {
      yield* Effect.logWarning("Docker Hub's API gives no answer: manifests are read instead", error.message)
      restsUntil = (yield* Clock.currentTimeMillis) + hubRest
      return noPages
    })
  const pagesFor = (reference: ImageReference, candidates: ReadonlyArray<UpdateCandidate>) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (!isDockerHub(reference.registry) || candidates.length === 0 || now < restsUntil) return noPages
      return yield* askHub(listings.hubPages(reference, newestOf(candidates))).pipe(
        Effect.catchTags({ AUTH: withoutPages, TRANSIENT: withoutPages, NOT_FOUND: withoutPages })
      )
    })

  /** Size and source of the newest candidate; what cannot be had becomes a warning. */
  const adorn = Effect.fn("UpdateFinder.adorn")(function*(
    question: UpdateQuestion,
    image: Digest,
    annotations: Annotations,
    running: Effect.Effect<Option.Option<Digest>, CensusError>
  ): Effect.fn.Return<Adornment> {
    const { reference } = question
    const manifestOf = (digest: Digest) => manifests.manifest(reference, digest)
    const [next, current] = yield* Effect.all([
      Effect.either(manifests.image(reference, image)),
      Effect.either(Effect.flatMap(running, Effect.transposeMapOption(manifestOf)))
    ], { concurrency: 2 })
    if (Either.isLeft(next)) return bare(question, [`its size and source are not known: ${next.left.message}`])
    const found = yield* notes.source(next.right, annotations, question)
    return {
      download: Option.map(
        Either.getRight(current),
        (manifest) => downloadSize(next.right.manifest, Option.getOrUndefined(manifest))
      ),
      created: Option.flatMap(next.right.config, ({ created }) => created),
      source: found.source,
      warnings: [
        ...Option.toArray(
          Option.map(Either.getLeft(current), ({ message }) => `the size of the update is not known: ${message}`)
        ),
        ...found.warnings
      ]
    }
  })

  const isThere = (reference: ImageReference, tag: string): Effect.Effect<boolean, CensusError> =>
    registry.resolve({ ...reference, tag: Option.some(tag), digest: Option.none() }).pipe(
      Effect.as(true),
      Effect.catchTag("NOT_FOUND", () => Effect.succeed(false))
    )

  const find = Effect.fn("UpdateFinder.find")(
    function*(question: UpdateQuestion): Effect.fn.Return<UpdateAnswer, CensusError> {
      const { platform, policy, reference } = question
      const tag = Option.getOrElse(reference.tag, () => "")
      const pinned = Option.isSome(reference.tag) && Option.isSome(reference.digest)
        ? Option.some(yield* pinnedOf(reference, reference.digest.value, platform))
        : Option.none()
      const current = Tag.parse(tag)
      const base = { reference, platform, current, pinned }
      if (Option.isNone(current)) {
        const warning = tag === ""
          ? "a digest alone names no version: write name:tag@digest, and its tag is compared"
          : noVersionWarning(tag)
        return {
          ...base,
          floating: false,
          candidates: [],
          passedOver: [],
          beyond: Option.none(),
          download: Option.none(),
          source: question.source,
          listing: { tags: 0, cutOff: Option.none() },
          warnings: [warning]
        }
      }
      const listed = yield* listings.tags(reference)
      const byNames = chooseUpdates(current.value, listed, policy)
      const pages = yield* pagesFor(reference, byNames.candidates)
      const tags = [...new Set([...listed, ...pages.tags.keys()])]
      const choice = tags.length === listed.length ? byNames : chooseUpdates(current.value, tags, policy)
      const verified = yield* verify(question, choice.candidates, pages)
      // A tag that is there and is not listed: then others may be missing too.
      const exists = tags.includes(tag) || (yield* isThere(reference, tag))
      const missing = exists && !tags.includes(tag)
      const [newest] = verified.offers
      const running = Option.match(reference.digest, {
        onNone: () => exists ? verified.imageOf(tag) : Effect.succeedNone,
        onSome: (digest) => Effect.map(manifests.facts(byDigest(reference, digest), platform), ({ image }) => image)
      })
      const adorned = newest === undefined || Option.isNone(newest.image)
        ? bare(question, [])
        : yield* adorn(question, newest.image.value, verified.annotationsOf(newest.version.text), running)
      const page = Option.isSome(adorned.source) && newest !== undefined
        ? yield* notes.pages(adorned.source.value)
        : () => Option.none()
      const beyond = choice.passedOver.filter(({ reason }) => reason === "level").map(({ tag }) => tag)
      const passedOver: ReadonlyArray<PassedOverTag> = [...verified.passedOver, ...choice.passedOver]
      return {
        ...base,
        floating: choice.floating,
        candidates: verified.offers.map((offer): OfferedUpdate => ({
          ...offer,
          date: Option.orElse(offer.date, () =>
            Option.map(
              Option.filter(adorned.created, () => offer === newest),
              (at) => ({ at, origin: "image" as const })
            )),
          notes: page(offer.version)
        })),
        passedOver,
        beyond: Option.fromNullable(
          chooseUpdates(current.value, beyond, { ...policy, level: "major" }).candidates[0]
        ),
        download: adorned.download,
        source: adorned.source,
        listing: {
          tags: listed.length,
          cutOff: Option.orElse(
            cutOff(listed, pages.count),
            () => missing ? Option.some(unlisted(tag, listed)) : Option.none()
          )
        },
        warnings: [
          ...(exists ? [] : [`the registry has no tag ${tag}`]),
          ...adorned.warnings
        ]
      }
    }
  )

  return UpdateFinder.of({ find })
})

/** The finder as a layer. */
export const layer = (
  options: UpdateFinderOptions = {}
): Layer.Layer<
  UpdateFinder,
  never,
  OciRegistry | DockerHubTags | RateBudgets | ReleaseProjects | FirstSights
> => Layer.effect(UpdateFinder, make(options))
