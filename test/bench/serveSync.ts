/**
 * A sync in a process of its own, at five times the pace that Docker Hub allows: 500 images every second. Tells its parent
 * after each round how many it has written so far, and how long (milliseconds) its slowest claim and write took.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Clock, Config, Duration, Effect, Option, Schedule } from "effect"
import { dayOf, startOf } from "../../src/domain/UtcDay.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { storeIn } from "../support/program.js"

const program = Effect.gen(function*() {
  const url = yield* Config.string("DATABASE_URL")
  const written = { rows: 0, claim: 0, write: 0 }
  const round = Effect.gen(function*() {
    const store = yield* RepoDockerStore
    const [claim, claims] = yield* Effect.timed(store.claimImages({
      limit: 500,
      lease: Duration.minutes(10),
      interval: Duration.hours(24)
    }))
    const at = yield* Clock.currentTimeMillis
    const [write] = yield* Effect.timed(store.recordRefresh(claims.map((claim) => ({
      claim,
      at,
      result: {
        _tag: "Refreshed",
        facts: { image: claim.image, pulls: BigInt(at), stars: 1, lastUpdated: Option.some(startOf(dayOf(at))) }
      }
    }))))
    written.rows += claims.length
    written.claim = Math.max(written.claim, Duration.toMillis(claim))
    written.write = Math.max(written.write, Duration.toMillis(write))
    process.send?.(written)
  })
  yield* Effect.repeat(round, Schedule.fixed("1 second")).pipe(Effect.provide(storeIn({ DATABASE_URL: url })))
})

NodeRuntime.runMain(program)
