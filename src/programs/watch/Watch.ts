/**
 * Watching: looks at what is due, deliveries beside them, and what is done once in a while.
 */
import { Duration, Effect, Ref, Schedule } from "effect"
import type { Transient } from "../../domain/Errors.js"
import type { DigestWatcher } from "../../services/DigestWatcher.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import type { WatchActions } from "../../services/WatchActions.js"
import { WatchStore } from "../../services/WatchStore.js"
import { runDeliveries } from "./deliveries.js"
import { makeFindings } from "./findings.js"
import { runLooks } from "./looks.js"
import { makeSignal } from "./signal.js"
import { nothingYet, plus, type WatchOptions, type WatchSummary } from "./WatchOptions.js"

const updatesEvery = Duration.minutes(1)

const orWarn = (what: string) => <A, R>(effect: Effect.Effect<A, Transient, R>): Effect.Effect<void, never, R> =>
  Effect.asVoid(effect).pipe(Effect.catchTag("TRANSIENT", ({ message }) => Effect.logWarning(what, message)))

/**
 * Looks at everything and delivers what can be delivered now (`once`), or goes on for ever with what is due. Interrupted, it writes
 * what was seen and gives back what it holds, within two seconds. Fails with TRANSIENT only where a run that is to end has
 * lost its database for ten minutes. Returns what was done; `summary` holds it on the way.
 */
export const watch = Effect.fn("watch")(
  function*(options: WatchOptions, summary?: Ref.Ref<WatchSummary>): Effect.fn.Return<
    WatchSummary,
    Transient,
    WatchStore | DigestWatcher | WatchActions | ProcessBoard
  > {
    return yield* Effect.scoped(Effect.gen(function*() {
      const store = yield* WatchStore
      const board = yield* ProcessBoard
      const done = summary ?? (yield* Ref.make(nothingYet))
      const news = yield* makeSignal

      const tellUpdates = store.fireUpdates.pipe(
        Effect.tap((events) => events.length > 0 ? news.give : Effect.void),
        orWarn("updates were not told")
      )
      const count = (more: Partial<WatchSummary>) =>
        Effect.flatMap(Ref.updateAndGet(done, (all) => plus(all, more)), (all) => board.report("watch", all))
      if (!options.once) yield* count({})
      const findings = yield* makeFindings(count, news)
      yield* tellUpdates
      if (options.once) {
        yield* runLooks(options, findings)
        yield* findings.flush
        yield* runDeliveries(options, count, news)
        return yield* Ref.get(done)
      }
      yield* tellUpdates.pipe(Effect.schedule(Schedule.spaced(updatesEvery)), Effect.forkScoped)
      yield* Effect.all([runLooks(options, findings), runDeliveries(options, count, news)], {
        concurrency: "unbounded",
        discard: true
      })
      return yield* Ref.get(done)
    }))
  }
)
