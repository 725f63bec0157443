/**
 * A service's contract, tried on everything that keeps it: in memory, and on every kind of database.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { layer } from "@effect/vitest"
import { Context, Effect, Layer, TestClock } from "effect"
import { describe } from "vitest"
import { testDatabases } from "./databases.js"

/** A test of a contract. */
interface Case<S> {
  readonly name: string
  readonly run: (stores: S) => Effect.Effect<void>
}

/** How stores on tables that are empty are had, in memory and on a database; and when every test starts. */
interface ContractOptions<S, E> {
  readonly memory: Effect.Effect<S>
  readonly sql: Effect.Effect<S, E, SqlClient>
  readonly startsAt: number
}

/** `when` makes a test, which fails when its effect does; `onEvery` runs tests on everything that keeps the contract. */
export const contractOf = <S, E>({ memory, sql, startsAt }: ContractOptions<S, E>) => {
  const Fresh = Context.GenericTag<"test/Fresh", Effect.Effect<S>>("test/Fresh")
  const overSql = Layer.effect(
    Fresh,
    Effect.map(Effect.context<SqlClient>(), (context) => Effect.orDie(Effect.provide(sql, context)))
  )
  const kinds = [
    { name: "memory", available: true, layer: Layer.succeed(Fresh, memory) },
    ...testDatabases.map(({ available, migrated, name }) => ({
      name,
      available,
      layer: Layer.provide(overSql, migrated)
    }))
  ]

  const when = <F>(name: string, run: (stores: S) => Effect.Effect<void, F>): Case<S> => ({
    name,
    run: (stores) => Effect.orDie(run(stores))
  })

  const onEvery = (subject: string, cases: ReadonlyArray<Case<S>>): void => {
    for (const kind of kinds) {
      describe.skipIf(!kind.available)(`${subject}, ${kind.name}`, () => {
        layer(kind.layer, { timeout: 60_000 })((it) => {
          for (const { name, run } of cases) {
            it.effect(name, () =>
              Effect.gen(function*() {
                yield* TestClock.setTime(startsAt)
                yield* run(yield* yield* Fresh)
              }))
          }
        })
      })
    }
  }

  return { when, onEvery }
}
