/**
 * `ProcessBoard` of a single process, kept in memory: for tests, and for library users without a database.
 */
import { Clock, Effect, Layer, Ref } from "effect"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import type { ProcessIdentity } from "../store/ProcessIdentity.js"

/** A board that shows this process, once it has reported, and its own budgets. */
export const make = Effect.fn("ProcessBoard.make")(function*(self: ProcessIdentity) {
  const rateBudgets = yield* RateBudgets
  const reports = yield* Ref.make<Readonly<Record<string, unknown>>>({})
  return ProcessBoard.of({
    report: (job, progress) => Ref.update(reports, (jobs) => ({ ...jobs, [job]: progress })),
    running: Effect.gen(function*() {
      const progress = yield* Ref.get(reports)
      const heartbeatAt = yield* Clock.currentTimeMillis
      const { command, host, id, pid, startedAt } = self
      return Object.keys(progress).length === 0 ? [] : [{ id, host, pid, command, startedAt, heartbeatAt, progress }]
    }),
    budgets: rateBudgets.snapshot
  })
})

/** `ProcessBoard` in memory, for this process. */
export const layer = (self: ProcessIdentity): Layer.Layer<ProcessBoard, never, RateBudgets> =>
  Layer.effect(ProcessBoard, make(self))
