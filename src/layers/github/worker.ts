/**
 * What one member of the pool does: as soon as it is free, it asks the questions of which there are enough. One request at
 * a time, so that its responses never take more than 60 s of a minute.
 */
import { Duration, Effect, Either, Ref } from "effect"
import type { Auth } from "../../domain/Errors.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { roundsOf } from "../contained.js"
import type { Member } from "./credentials.js"
import type { Lane, Workplace } from "./lane.js"
import type { Rest } from "./refusals.js"
import type { Signal } from "./signal.js"

/** A worker for a member whose lanes are given, those first whose answers others wait for. */
export const makeWorker = Effect.fnUntraced(function*(
  place: Workplace,
  member: Member,
  lanes: ReadonlyArray<Lane>,
  signal: Signal,
  window: Duration.Duration,
  rest: Rest
) {
  const budgets = yield* RateBudgets
  const waiting = (): number => lanes.reduce((sum, lane) => sum + lane.waiting(), 0)

  const firstFull = Effect.findFirst(lanes, (lane) => Effect.map(lane.full, (full) => lane.waiting() >= full))

  // What does not fill a request waits while more comes; longer while other requests are under way, whose answers may
  // bring more.
  const gather = Effect.gen(function*() {
    for (let rounds = 0; rounds < 20; rounds++) {
      const full = yield* firstFull
      if (full._tag === "Some") return full.value
      const before = waiting()
      const busy = yield* Ref.get(place.busy)
      yield* Effect.sleep(busy > 0 ? Duration.times(window, 10) : window)
      if (waiting() === before) break
    }
    return lanes.find((lane) => lane.waiting() > 0)
  })

  const round: Effect.Effect<void, Auth> = Effect.gen(function*() {
    yield* signal.until(() => waiting() > 0)
    yield* budgets.gate(member.payer.key)
    const token = yield* Effect.either(member.token)
    if (Either.isLeft(token)) {
      // A limit has parked the member, a failure has opened the circuit: the next round waits for them.
      if (token.left._tag === "AUTH") return yield* token.left
      return
    }
    const lane = yield* gather
    if (lane !== undefined) yield* lane.turn(token.right)
  })

  /** Works as long as it is let; rests while GitHub refuses the member. */
  const run: Effect.Effect<never> = round.pipe(
    Effect.catchTag("AUTH", (why) => Effect.zipRight(member.forget, rest(member.payer, why))),
    roundsOf("github", `the requests of ${member.payer.key.payer}`)
  )

  return { id: member.payer.key.payer, run } as const
})
