/**
 * Budgets of processes that share a Postgres server: the turn is a lock there, and parks stand in
 * `image_census_budgets`, where the next holder of the turn reads them. Everything else is kept in memory.
 */
import { SqlClient } from "@effect/sql"
import { Clock, Duration, Effect, Layer, type Redacted, Ref, Schema, Scope } from "effect"
import { budgetId, type BudgetKey } from "../../domain/RateBudget.js"
import { parkCeiling } from "../../domain/RetryAfter.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { tolerated } from "../store/offsetClock.js"
import * as RateBudgetsMemory from "./RateBudgetsMemory.js"
import { type Ask, type LockFailure, makeTurnLock, type TurnLock } from "./turnLock.js"

export interface SharedBudgetsOptions {
  /** `DATABASE_URL`: the server; each shared turn has a connection of its own there. */
  readonly url: Redacted.Redacted
  /** Who writes, for people who read the table. */
  readonly process: string
  /** Whose turn and park other processes share. Default: Docker Hub's, whose limit is the egress address's. */
  readonly isShared?: (key: BudgetKey) => boolean
}

const ofDockerHub = (key: BudgetKey): boolean => key.service === "dockerhub"

// Not every instant that the column can hold is one: a park until infinity would never end.
const Parks = Schema.Array(Schema.Struct({ until: Schema.Finite, reason: Schema.NullOr(Schema.String) }))

/** A park that lies further ahead was written by a clock that is: it says nothing of how long to wait. */
const isPark = (until: number, now: number): boolean => until <= now + parkCeiling + Duration.toMillis(tolerated)

/** Budgets that start empty, and take in the parks of other processes with each turn. */
export const make = Effect.fn("RateBudgetsSql.make")(function*(options: SharedBudgetsOptions) {
  const { isShared = ofDockerHub, process, url } = options
  const sql = yield* SqlClient.SqlClient
  const memory = yield* RateBudgetsMemory.make
  const scope = yield* Effect.scope
  const locks = yield* Ref.make<ReadonlyMap<string, TurnLock>>(new Map())

  // Called within the turn of this process alone, so that no two locks are made for one key.
  const lockOf = Effect.fnUntraced(function*(id: string) {
    const known = (yield* Ref.get(locks)).get(id)
    if (known !== undefined) return known
    const made = yield* Scope.extend(makeTurnLock(url, id), scope)
    yield* Ref.update(locks, (locks) => new Map(locks).set(id, made))
    return made
  })

  const readPark = (key: BudgetKey) => (ask: Ask): Effect.Effect<void, LockFailure> =>
    ask(
      `select (extract(epoch from parked_until) * 1000)::float8 as until, park_reason as reason
      from image_census_budgets where budget_id = $1 and parked_until is not null`,
      [budgetId(key)]
    ).pipe(
      Effect.flatMap((rows) =>
        Schema.decodeUnknown(Parks)(rows).pipe(
          Effect.catchTag(
            "ParseError",
            () =>
              Effect.as(Effect.logWarning(`the park of ${budgetId(key)} in the database is no instant: not parked`), [])
          )
        )
      ),
      Effect.flatMap((parks) =>
        Effect.map(Clock.currentTimeMillis, (now) => parks.filter(({ until }) => isPark(until, now)))
      ),
      Effect.flatMap((parks) =>
        Effect.forEach(
          parks,
          ({ reason, until }) => memory.park(key, Math.ceil(until), reason ?? "parked by another process"),
          { discard: true }
        )
      )
    )

  // A park that is there gives way to a longer one; one that lies too far ahead of this one is none.
  const stored = sql.literal(
    `case when b.parked_until <= excluded.parked_until + interval '2 hours' then b.parked_until end`
  )

  const writePark = (key: BudgetKey, until: number, reason: string) =>
    sql`insert into image_census_budgets as b (budget_id, service, payer, parked_until, park_reason, observed_at, process)
      values (${budgetId(key)}, ${key.service}, ${key.payer}, to_timestamp(${until}::float8 / 1000), ${reason}, now(),
        ${process})
      on conflict (budget_id) do update set
        parked_until = greatest(${stored}, excluded.parked_until),
        park_reason = case when ${stored} >= excluded.parked_until then b.park_reason else excluded.park_reason end,
        process = case when ${stored} >= excluded.parked_until then b.process else excluded.process end,
        observed_at = greatest(least(b.observed_at, now()), excluded.observed_at)`.pipe(
      Effect.timeout("2 seconds"),
      Effect.catchAll((error) =>
        Effect.logWarning(`other processes do not know yet of the park of ${budgetId(key)}: ${error.message}`)
      ),
      Effect.asVoid
    )

  return RateBudgets.of({
    ...memory,
    park: Effect.fn("RateBudgets.park")(function*(key: BudgetKey, until: number, reason: string) {
      yield* memory.park(key, until, reason)
      if (isShared(key)) yield* writePark(key, until, reason)
    }),
    turn: (key) => (effect) =>
      memory.turn(key)(
        isShared(key)
          ? Effect.flatMap(lockOf(budgetId(key)), (lock) => lock.hold(readPark(key))(effect))
          : effect
      )
  })
})

/** For processes that share a Postgres server whose schema is up to date. */
export const layer = (
  options: SharedBudgetsOptions
): Layer.Layer<RateBudgets, never, SqlClient.SqlClient> => Layer.scoped(RateBudgets, make(options))
