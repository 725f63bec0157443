/**
 * Processes that share a database go by one clock. Where this machine's differs from the database's by more than five
 * minutes, it says so and goes by the database's: leases, parks, due times and days written by a wrong clock would stop
 * others for as long as it is wrong. Smaller differences are left alone. Waits are spans, so they stay what they are.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { type Clock, Duration, Effect, Layer, MutableRef, Option, Schedule, Schema } from "effect"
import type { Transient } from "../../domain/Errors.js"
import { clockIsAhead } from "../../domain/telemetry.js"
import { rowOf, transient } from "./core.js"
import { OffsetClock, tolerated } from "./offsetClock.js"

const lookEvery = Duration.minutes(1)
/** An answer that took longer (no connection was free, the machine slept) tells too little of when it was given. */
const longestRead = Duration.minutes(1)

const Now = Schema.Struct({ now: Schema.Number })

/** Milliseconds by which a clock is ahead of the database's. */
const measure = (base: Clock.Clock) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const before = base.unsafeCurrentTimeMillis()
    const { now } = yield* rowOf(Now)(sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`)
    const after = base.unsafeCurrentTimeMillis()
    // The database read its clock somewhere in between.
    return Math.abs(after - before) > Duration.toMillis(longestRead)
      ? Option.none()
      : Option.some(Math.round((before + after) / 2 - now))
  })

const make = Effect.gen(function*() {
  const base = yield* Effect.clock
  const clock = new OffsetClock(base, MutableRef.make(0))

  const look = Effect.gen(function*() {
    const measured = yield* measure(base)
    if (Option.isNone(measured)) return
    const difference = measured.value
    const wrong = Math.abs(difference) > Duration.toMillis(tolerated)
    const before = MutableRef.getAndSet(clock.ahead, wrong ? difference : 0)
    yield* clockIsAhead(difference / 1000)
    if (wrong && before === 0) {
      yield* Effect.logWarning(
        `this machine's clock is ${Duration.format(Duration.seconds(Math.round(Math.abs(difference) / 1000)))} ${
          difference > 0 ? "ahead of" : "behind"
        } the database's, which is gone by; set this machine's clock right`
      )
    }
    if (!wrong && before !== 0) yield* Effect.logInfo("this machine's clock agrees with the database's again")
  }).pipe(transient)
  yield* look
  // Without an answer, what is known of the difference goes on to hold.
  const again = Effect.catchAll(look, (error) => Effect.logDebug("the database's clock was not read", error.message))
  yield* Effect.forkScoped(Effect.delay(Effect.repeat(again, Schedule.spaced(lookEvery)), lookEvery))
  return Layer.setClock(clock)
})

/**
 * Sets the clock of everything that is built after it, and of what runs on it, by the database in context. TRANSIENT where
 * the database does not tell: a wrong clock would find all times wrong.
 */
export const layer: Layer.Layer<never, Transient, SqlClient> = Layer.unwrapScoped(make)
