/**
 * Keeping the catalog: claims flow into looks, each look's finding is one transaction. A sync may be interrupted anywhere;
 * what was written stays, the rest is looked at by the next one.
 */
import { Chunk, Clock, Duration, Effect, Option, Ref, Schedule, type Scope, Stream } from "effect"
import { isOfficial } from "../../domain/CatalogImage.js"
import type { Auth, Transient } from "../../domain/Errors.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { dockerHub } from "../../domain/ImageReference.js"
import { isStorable } from "../../domain/StorableText.js"
import { contained } from "../../layers/contained.js"
import type { DockerHubRegistry } from "../../services/DockerHubRegistry.js"
import type { DockerHubTags } from "../../services/DockerHubTags.js"
import {
  type CatalogChange,
  type CatalogClaim,
  type CatalogFinding,
  type ClaimedEntry,
  ImageCatalog
} from "../../services/ImageCatalog.js"
import type { OciRegistry } from "../../services/OciRegistry.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { nextDay, orDefer } from "../sync/looks.js"
import { databaseBackoff, deferredFor, isLost, unfitReason, writeApart } from "../sync/outbox.js"
import { makePersist } from "./askHub.js"
import type { CatalogOptions, CatalogSummary } from "./CatalogOptions.js"
import type { Look } from "./look.js"
import { lookElsewhere } from "./lookElsewhere.js"
import { lookAtHub } from "./lookHub.js"
import { saveWanted } from "./wanted.js"

// The Hub takes one call at a time; beside it other registries are asked, and findings are written.
const atOnce = 8
const claimed = 16
/** What is known to be gone is looked at so much more rarely. */
const goneRarer = 7
const longestLease = Duration.seconds(30)
/** What ending may cost: what could not be given back lapses. */
const lastRelease = Duration.millis(400)
const patience = Duration.minutes(10)
/** At the daemon's start, what the census owes today gets the Hub's first turns. */
const behindTheCensus = Duration.seconds(5)

/** What this needs of the world. */
export type CatalogServices =
  | ImageCatalog
  | DockerHubRegistry
  | DockerHubTags
  | OciRegistry
  | RateBudgets
  | ProcessBoard

type Progress = Omit<CatalogSummary, "requests" | "seconds">

const start: Progress = { looked: 0, changed: 0, gone: 0, tagsAdded: 0, tagsMoved: 0, tagsGone: 0, failed: [] }

const counted = (before: Progress, finding: CatalogFinding, change: CatalogChange): Progress => ({
  looked: before.looked + (Option.isNone(finding.failure) ? 1 : 0),
  changed: before.changed +
    (change.imageChanged || change.tagsAdded + change.tagsMoved + change.tagsGone > 0 ? 1 : 0),
  gone: before.gone + (Option.exists(finding.image, ({ _tag }) => _tag === "Gone") ? 1 : 0),
  tagsAdded: before.tagsAdded + change.tagsAdded,
  tagsMoved: before.tagsMoved + change.tagsMoved,
  tagsGone: before.tagsGone + change.tagsGone,
  failed: Option.match(finding.failure, {
    onNone: () => before.failed,
    onSome: ({ reason }) => [...before.failed.slice(-99), { image: finding.claim.name.image, reason }]
  })
})

/** A worker with its leases, alive as long as the scope. */
const makeWorker = Effect.fn("catalog.worker")(function*(options: CatalogOptions, mayWait: boolean): Effect.fn.Return<
  {
    readonly progress: Ref.Ref<Progress>
    readonly drain: (which: (tried: ReadonlySet<string>) => CatalogClaim["which"]) => Effect.Effect<
      void,
      Auth | Transient,
      DockerHubRegistry | DockerHubTags | OciRegistry
    >
  },
  Auth | Transient,
  CatalogServices | Scope.Scope
> {
  const catalog = yield* ImageCatalog
  const board = yield* ProcessBoard
  const persist = yield* makePersist
  const progress = yield* Ref.make(start)
  const held = yield* Ref.make<ReadonlySet<string>>(new Set())
  const tried = yield* Ref.make<ReadonlySet<string>>(new Set())
  const lease = Duration.min(options.lease, longestLease)
  const official = new Map(
    (yield* catalog.official).map(({ name, repositories }) => [name, repositories.map(fullName)])
  )
  const again = mayWait ? databaseBackoff : Schedule.upTo(databaseBackoff, patience)

  const drop = (image: string) => Ref.update(held, (all) => new Set([...all].filter((one) => one !== image)))

  const leave = Effect.flatMap(Ref.get(held), (images) => catalog.release([...images])).pipe(
    Effect.zipRight(catalog.endPass),
    Effect.catchTag(
      "TRANSIENT",
      (error) => Effect.logWarning("leases of the catalog lapse by themselves", error.message)
    )
  )
  yield* Effect.addFinalizer(() => Effect.interruptible(leave).pipe(Effect.timeoutOption(lastRelease)))
  yield* Ref.get(held).pipe(
    Effect.flatMap((images) => catalog.extend([...images], lease)),
    Effect.catchTag("TRANSIENT", (error) => Effect.logWarning("leases were not lengthened", error.message)),
    contained("catalog", "lengthening leases"),
    Effect.repeat(Schedule.spaced(Duration.times(lease, 1 / 3))),
    Effect.delay(Duration.times(lease, 1 / 3)),
    Effect.forkScoped
  )
  yield* Effect.flatMap(
    Ref.get(progress),
    ({ failed, ...counts }) => board.report("catalog", { ...counts, failed: failed.length })
  ).pipe(
    Effect.repeat(Schedule.spaced("1 second")),
    Effect.forkScoped
  )

  const findingOf = Effect.fn("catalog.look")(function*(claim: ClaimedEntry) {
    const look = claim.name.registry === dockerHub
      ? lookAtHub(persist, options.maxTags)
      : lookElsewhere(options.maxTags)
    const { attempts, name } = claim
    const defer = orDefer({ job: "catalog", subject: name.image, attempts, latest: nextDay })
    const result = yield* defer(Effect.suspend(() => look(claim)))
    const nothing: Look = { image: Option.none(), tags: Option.none(), error: Option.none() }
    const found = "_tag" in result ? nothing : result
    const failure = "_tag" in result
      ? Option.some(result)
      : yield* Option.match(result.error, {
        onNone: () => Effect.succeedNone,
        onSome: (error) => Effect.map(defer(Effect.fail(error)), (deferral) => Option.some(deferral))
      })
    const refused = Option.match(found.tags, {
      onNone: () => 0,
      onSome: ({ names }) => names.filter((tag) => !isStorable(tag)).length
    })
    if (refused > 0) {
      yield* Effect.logWarning(`${name.image}: the names of ${refused} tags are no text, and are left out`)
    }
    const at = yield* Clock.currentTimeMillis
    const gone = Option.exists(found.image, ({ _tag }) => _tag === "Gone")
    const finding: CatalogFinding = {
      claim,
      at,
      image: found.image,
      repositories: isOfficial(claim.name) ? official.get(claim.name.image) ?? [] : [],
      tags: found.tags,
      failure,
      dueAt: at + Duration.toMillis(options.interval) * (gone ? goneRarer : 1)
    }
    return finding
  })

  const write = (finding: CatalogFinding) =>
    Effect.suspend(() => catalog.record(finding)).pipe(
      Effect.retry({ schedule: again, while: isLost }),
      Effect.flatMap((change) => Ref.update(progress, (before) => counted(before, finding, change)))
    )

  const work = (claim: ClaimedEntry) =>
    Effect.gen(function*() {
      const finding = yield* findingOf(claim)
      yield* Option.match(finding.failure, {
        onNone: () => Effect.void,
        onSome: ({ reason }) => Effect.logWarning(`${claim.name.image} is put off`, reason)
      })
      yield* writeApart(
        [finding],
        ([finding]) => finding === undefined ? Effect.void : write(finding),
        // The image keeps why, and what was found is not tried to be written again at once.
        (finding, cause) =>
          Effect.flatMap(unfitReason("catalog", claim.name.image, cause), (reason) =>
            Effect.flatMap(deferredFor(claim.attempts, reason), (failure) =>
              write({ ...finding, image: Option.none(), tags: Option.none(), failure: Option.some(failure) })))
      ).pipe(
        // The image stays as it was; its lease lapses.
        Effect.catchTag("TRANSIENT", (error) =>
          Effect.zipRight(
            Effect.logError(`${claim.name.image} was not written`, error.message),
            Ref.update(progress, (before) => ({
              ...before,
              failed: [...before.failed.slice(-99), { image: claim.name.image, reason: error.message }]
            }))
          ))
      )
      yield* drop(claim.name.image)
    }).pipe(Effect.annotateLogs("image", claim.name.image))

  const drain = (which: (tried: ReadonlySet<string>) => CatalogClaim["which"]) => {
    const take = Effect.uninterruptible(Effect.gen(function*() {
      const claims = yield* catalog.claim({ limit: claimed, lease, which: which(yield* Ref.get(tried)) })
      const names = claims.map(({ name }) => name.image)
      yield* Ref.update(held, (all) => new Set([...all, ...names]))
      yield* Ref.update(tried, (all) => new Set([...all, ...names]))
      return claims
    })).pipe(
      Effect.tapError((error) => Effect.logWarning("catalog: the database does not answer", error.message)),
      Effect.retry({ schedule: again, while: isLost })
    )
    return Stream.repeatEffectChunkOption(
      Effect.mapError(take, Option.some).pipe(
        Effect.flatMap((claims) =>
          claims.length > 0 ? Effect.succeed(Chunk.fromIterable(claims)) : Effect.fail(Option.none())
        )
      )
    ).pipe(Stream.mapEffect(work, { concurrency: atOnce, unordered: true }), Stream.runDrain)
  }

  return { progress, drain }
})

const requests = Effect.map(Effect.flatMap(RateBudgets, ({ snapshot }) => snapshot), (states) => {
  const sum = (of: (service: string) => boolean) =>
    states.filter(({ key }) => of(key.service)).reduce((total, state) => total + state.requests, 0)
  return { dockerhub: sum((service) => service === "dockerhub"), registries: sum(isRegistry) }
})

const isRegistry = (service: string): boolean => service !== "dockerhub" && service !== "github"

/** Images to look at whether they are due or not; none: the whole catalog. */
export type Named = Option.Option<ReadonlyArray<string>>

/**
 * Looks at the whole catalog (or at these images) now, and ends when everything was looked at, also what another sync is
 * in the middle of. Images that are put off are left to later, unless they are named. Fails with AUTH where Docker Hub
 * refuses us for everything, and with TRANSIENT where the database was lost for ten minutes.
 */
export const syncOnce = Effect.fn("catalog.sync")(
  function*(options: CatalogOptions, named: Named): Effect.fn.Return<
    CatalogSummary,
    Auth | Transient,
    CatalogServices | Scope.Scope
  > {
    const catalog = yield* ImageCatalog
    const began = yield* Clock.currentTimeMillis
    const before = yield* requests
    yield* saveWanted(options)
    const worker = yield* makeWorker(options, false)
    const since = yield* Option.match(named, {
      onNone: () => catalog.beginPass(Duration.min(options.lease, longestLease)),
      onSome: () => Effect.succeed(began)
    })
    const which = (tried: ReadonlySet<string>): CatalogClaim["which"] =>
      Option.match(named, {
        onNone: () => ({ _tag: "all", since }),
        onSome: (images) => ({ _tag: "named", since, images: images.filter((image) => !tried.has(image)) })
      })
    // What others hold is theirs to end; should they die, it comes back to us.
    const others = Option.isSome(named) ? Effect.succeed(0) : catalog.heldByOthers({ _tag: "all", since })
    yield* worker.drain(which).pipe(
      Effect.zipRight(others),
      Effect.tap((held) => held > 0 ? Effect.sleep("500 millis") : Effect.void),
      Effect.repeat({ while: (held) => held > 0 })
    )
    const after = yield* requests
    return {
      ...yield* Ref.get(worker.progress),
      requests: {
        dockerhub: after.dockerhub - before.dockerhub,
        registries: after.registries - before.registries
      },
      seconds: ((yield* Clock.currentTimeMillis) - began) / 1000
    }
  },
  Effect.scoped
)

/** Looks at what is due, for ever. */
export const keep = Effect.fn("catalog.keep")(
  function*(options: CatalogOptions): Effect.fn.Return<void, Auth | Transient, CatalogServices> {
    const round = Effect.scoped(Effect.gen(function*() {
      const catalog = yield* ImageCatalog
      yield* saveWanted(options)
      const worker = yield* makeWorker(options, true)
      yield* catalog.beginPass(Duration.min(options.lease, longestLease))
      yield* worker.drain(() => ({ _tag: "due" }))
      const { changed, failed, looked } = yield* Ref.get(worker.progress)
      if (looked + failed.length > 0) {
        yield* Effect.logInfo(`catalog: ${looked} images looked at, ${changed} changed, ${failed.length} put off`)
      }
    }))
    yield* Effect.sleep(behindTheCensus)
    return yield* Effect.forever(Effect.zipRight(round, Effect.sleep(options.idleSleep)))
  }
)
