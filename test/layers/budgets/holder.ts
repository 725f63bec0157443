/**
 * A process that takes the Hub's turn at the database it is given, says so, and keeps it until it is killed.
 */
import { PgClient } from "@effect/sql-pg"
import { Console, Effect, Layer, Redacted } from "effect"
import { layer } from "../../../src/layers/budgets/RateBudgetsSql.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"

const url = Redacted.make(process.argv[2] ?? "")

const hold = Effect.gen(function*() {
  const budgets = yield* RateBudgets
  return yield* budgets.turn({ service: "dockerhub", payer: "here" })(
    Effect.zipRight(Console.log("held"), Effect.never)
  )
})

await Effect.runPromise(
  Effect.provide(hold, layer({ url, process: "holder" }).pipe(Layer.provide(PgClient.layer({ url }))))
)
