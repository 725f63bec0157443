/**
 * What keeps the database's own books: how far the census is, day by day, and forgetting what is not to be kept.
 */
import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { addDays, dayOf } from "../../domain/UtcDay.js"
import { CensusPages } from "../../services/CensusPages.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { Retention } from "../../services/Retention.js"
import { WatchStore } from "../../services/WatchStore.js"

/** What is kept, and after which intervals rows are due. */
export interface UpkeepOptions {
  /** Days; none for ever. */
  readonly keepPulls: Option.Option<number>
  readonly keepTagHistory: Option.Option<number>
  readonly keepEvents: Option.Option<number>
  readonly intervals: { readonly discovery: Duration.Duration; readonly refresh: Duration.Duration }
}

const countEvery = Duration.minutes(10)
const forgetEvery = Duration.hours(6)
// The first claims of the other jobs go before.
const firstCount = Duration.seconds(30)

const keepDay = Effect.fn("Upkeep.keepDay")(function*(options: UpkeepOptions) {
  const store = yield* RepoDockerStore
  const pages = yield* CensusPages
  const today = dayOf(yield* Clock.currentTimeMillis)
  const { backlog, images, repositories } = yield* store.status(options.intervals)
  yield* pages.keepDay(today, { backlog, images, repositories, snapshots: yield* pages.doneOn(today) })
})

/** Forgets once what is older than it is to be kept. */
export const forget = Effect.fn("Upkeep.forget")(function*(options: UpkeepOptions) {
  const retention = yield* Retention
  const now = yield* Clock.currentTimeMillis
  if (Option.isSome(options.keepPulls)) {
    const { months, rows } = yield* retention.dropPulls(addDays(dayOf(now), -options.keepPulls.value))
    if (rows > 0) yield* Effect.logInfo(`${rows} daily rows were too old to keep`).pipe(Effect.annotateLogs({ months }))
  }
  const before = (days: number) => now - Duration.toMillis(Duration.days(days))
  if (Option.isSome(options.keepTagHistory)) {
    const rows = yield* retention.dropTagHistory(before(options.keepTagHistory.value))
    if (rows > 0) yield* Effect.logInfo(`${rows} rows of tags' history were too old to keep`)
  }
  if (Option.isSome(options.keepEvents)) {
    const events = yield* (yield* WatchStore).prune(before(options.keepEvents.value))
    if (events > 0) yield* Effect.logInfo(`${events} events were too old to keep`)
  }
})

/** Counts every ten minutes and forgets every six hours, for ever. */
export const upkeep = Effect.fn("upkeep")((options: UpkeepOptions) =>
  Effect.all([
    keepDay(options).pipe(Effect.repeat(Schedule.spaced(countEvery))),
    forget(options).pipe(Effect.repeat(Schedule.spaced(forgetEvery)))
  ], { concurrency: "unbounded", discard: true }).pipe(Effect.delay(firstCount))
)
