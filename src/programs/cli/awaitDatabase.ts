/**
 * What runs for long waits for a database that is away when it starts, as it does for one that goes away while it runs.
 */
import { type Duration, Effect, ExecutionStrategy, Exit, Layer, Option, Ref, Schedule, Scope } from "effect"
import type { SettingsError, Transient } from "../../domain/Errors.js"
import { databaseBackoff } from "../sync/outbox.js"
import type { LayerError } from "./CommandLayers.js"

/** How a command waits. */
export interface AwaitOptions {
  /** At most so long; without end if absent. */
  readonly patience?: Duration.Duration | undefined
  /** Runs from the first failure until the wait is over; `problem` is why the database is away now. */
  readonly meanwhile?:
    | ((problem: Effect.Effect<Transient>) => Effect.Effect<void, SettingsError, Scope.Scope>)
    | undefined
}

/**
 * Runs an effect with layers that need the database. While it is away, they are made again at growing intervals, half a
 * second to half a minute, and the log says why; interruption ends the wait at once. What a person has to mend fails at
 * once (SETTINGS), and so does a database that stays away for longer than the patience (TRANSIENT).
 */
export const provideAwaiting =
  <ROut, RIn>(layer: Layer.Layer<ROut, LayerError, RIn>, { meanwhile, patience }: AwaitOptions = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | LayerError, RIn | Exclude<R, ROut>> =>
    Effect.scoped(Effect.gen(function*() {
      const lost = yield* Ref.make(Option.none<Transient>())
      const waiting = yield* Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))

      const tell = Effect.fnUntraced(function*(error: Transient) {
        const before = yield* Ref.getAndSet(lost, Option.some(error))
        if (Option.isNone(before) && meanwhile !== undefined) {
          yield* Scope.extend(meanwhile(Effect.map(Ref.get(lost), Option.getOrElse(() => error))), waiting)
        }
        if (Option.exists(before, ({ message }) => message === error.message)) return
        yield* Effect.logWarning(`waiting for the database: ${error.message}`)
      })

      const parent = yield* Effect.scope
      // What was made before the failure is given back before the next try.
      const attempt = Effect.flatMap(Scope.fork(parent, ExecutionStrategy.sequential), (scope) =>
        Effect.onExit(
          Layer.buildWithScope(layer, scope),
          (exit) => Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void
        ))
      const context = yield* attempt.pipe(
        Effect.tapErrorTag("TRANSIENT", tell),
        Effect.retry({
          schedule: patience === undefined ? databaseBackoff : Schedule.upTo(databaseBackoff, patience),
          while: ({ _tag }) => _tag === "TRANSIENT"
        })
      )
      yield* Scope.close(waiting, Exit.void)
      if (Option.isSome(yield* Ref.get(lost))) yield* Effect.logInfo("the database answers")
      return yield* Effect.provide(effect, context)
    }))
