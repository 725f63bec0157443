/**
 * The nightly look for newer versions of watched references: what is newest, and since when; the store tells the
 * actions of those that asked for it.
 */
import { Clock, Duration, Effect, Either, Option, Random } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import type { CensusError, Transient } from "../../domain/Errors.js"
import { canonical } from "../../domain/ImageReference.js"
import { linuxAmd64 } from "../../domain/Platform.js"
import { defaultPolicy } from "../../domain/UpdatePolicy.js"
import type { FoundUpdate, UpdateLookResult, UpdateState } from "../../domain/WatchUpdates.js"
import type { UpdateAnswer, UpdateFinder, UpdateQuestion } from "../../services/UpdateFinder.js"
import { type ClaimedUpdateLook, type UpdateFinding, WatchStore } from "../../services/WatchStore.js"
import { deferredFor, unfitReason, writeApart } from "../sync/outbox.js"
import { type Looked, lookUpAll } from "./Batch.js"
import { retryAt } from "./retryAt.js"

export interface NightlyOptions {
  /** The hour (UTC, 0 to 23) from which on a day's look is due. What was never looked at is due at once. */
  readonly hour: number
  /** How long claimed watches stay claimed when their process has died. */
  readonly lease: Duration.Duration
  /** How often the database is asked for what is due, and for updates whose time to be told has come. Default 1 min. */
  readonly poll?: Duration.Duration
}

const day = 86_400_000

/** When the last night's look was due (epoch milliseconds). */
export const lastNight = (now: number, hour: number): number => {
  const today = now - now % day + hour * 3_600_000
  return today <= now ? today : today - day
}

const questionOf = ({ watch }: ClaimedUpdateLook): UpdateQuestion => ({
  reference: watch.reference,
  platform: Option.getOrElse(watch.platform, () => linuxAmd64),
  policy: {
    ...defaultPolicy,
    level: Option.match(watch.updates, { onNone: () => "minor", onSome: ({ level }) => level })
  },
  // The newest is stored as soon as it is found; the rule's own age holds back its actions.
  minAge: Duration.zero,
  source: Option.none()
})

const updateOf = ({ candidates: [newest] }: UpdateAnswer): Option.Option<FoundUpdate> =>
  Option.map(Option.fromNullable(newest), ({ change, date, digest, notes, version }) => ({
    tag: version.text,
    change,
    digest,
    publishedAt: Option.map(Option.filter(date, ({ origin }) => origin === "registry"), ({ at }) => at),
    notes
  }))

// Asking again does not help with what is refused or not there: it is looked at again the next night.
const deferred = (
  error: CensusError,
  attempts: number,
  jitter: number,
  now: number,
  hour: number
): UpdateLookResult => ({
  _tag: "Deferred",
  problem: error.message,
  notBefore: Option.match(retryAt(error, now), {
    onNone: () => lastNight(now, hour) + day,
    onSome: (at) => Math.max(at, now + deferralDelay(attempts + 1, jitter))
  })
})

/**
 * What a look means for what is stored: only an answer that is known to be whole may say that there is nothing newer.
 * `jitter`: 0 to 1; `now` is epoch milliseconds.
 */
export const resultOf = (
  looked: Looked,
  { attempts }: Pick<UpdateState, "attempts">,
  jitter: number,
  now: number,
  hour: number
): UpdateLookResult => {
  if (Either.isLeft(looked)) return deferred(looked.left, attempts, jitter, now, hour)
  const update = updateOf(looked.right)
  const { cutOff } = looked.right.listing
  if (Option.isSome(update)) return { _tag: "Found", update: update.value }
  return Option.match(cutOff, {
    onNone: (): UpdateLookResult => ({ _tag: "None" }),
    onSome: (problem) => ({ _tag: "Deferred", problem, notBefore: lastNight(now, hour) + day })
  })
}

/** So many are looked up before what was found is written. */
const atOnce = 32

const pass = Effect.fn("updates.nightly.pass")(function*({ hour, lease }: NightlyOptions) {
  const store = yield* WatchStore
  const started = yield* Clock.currentTimeMillis
  const claimed = yield* store.claimUpdateLooks({
    limit: atOnce,
    lease,
    // Due is what was looked at before last night's hour, and not at that very instant.
    interval: Duration.millis(started - lastNight(started, hour) + 1)
  })
  if (claimed.length === 0) return 0
  const looked = yield* lookUpAll(claimed.map(questionOf))
  const at = yield* Clock.currentTimeMillis
  const findings = yield* Effect.forEach(
    claimed,
    ({ known, watch }, index) =>
      Effect.map(Random.next, (jitter): ReadonlyArray<UpdateFinding> => {
        const answer = looked[index]
        return answer === undefined ? [] : [{ watch: watch.id, at, result: resultOf(answer, known, jitter, at, hour) }]
      })
  )
  const watches = new Map(claimed.map((claim) => [claim.watch.id, claim]))
  yield* writeApart(
    findings.flat(),
    (batch) => store.recordUpdates(batch),
    Effect.fnUntraced(function*(finding, cause) {
      const claim = watches.get(finding.watch)
      const subject = claim === undefined ? finding.watch : canonical(claim.watch.reference)
      const problem = yield* unfitReason("updates", subject, cause)
      const { notBefore } = yield* deferredFor(claim?.known.attempts ?? 0, problem)
      yield* store.recordUpdates([{ ...finding, result: { _tag: "Deferred", problem, notBefore } }])
    })
  )
  const failed = looked.filter(Either.isLeft).length
  yield* Effect.logInfo("newer versions were looked up").pipe(
    Effect.annotateLogs({ watches: claimed.length, putOff: failed })
  )
  return claimed.length
})

/** Looks every night for ever. TRANSIENT where the database fails; images that cannot be looked up are put off. */
export const nightly = Effect.fn("updates.nightly")(
  function*(options: NightlyOptions): Effect.fn.Return<never, Transient, WatchStore | UpdateFinder> {
    const store = yield* WatchStore
    const { poll = Duration.minutes(1) } = options
    while (true) {
      const looked = yield* pass(options)
      const told = yield* store.fireUpdates
      if (told.length > 0) yield* Effect.logInfo(`${told.length} updates are told to their actions`)
      if (looked === 0) yield* Effect.sleep(poll)
    }
  }
)
