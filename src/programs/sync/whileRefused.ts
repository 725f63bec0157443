/**
 * What a lane does in a run that goes on for ever while a service refuses our credentials for everything: it gives its
 * rows back and waits, for other lanes have other services to ask. The services' layers try the credentials again by
 * themselves, hours apart; until then asking them costs no request.
 */
import { Clock, Duration, Effect, Ref } from "effect"
import type { Auth } from "../../domain/Errors.js"
import type { Lane } from "./Pass.js"

/** From one look at whether the credentials are taken again to the next. */
export const refusedPause = Duration.minutes(5)

/** The lane, waiting where it would have ended. `giveBack` ends the lease of a row that was not looked at. */
export const whileRefused = <C, R>(
  lane: Lane<C, R>,
  giveBack: (claim: C) => Effect.Effect<void>
): Effect.Effect<Lane<C, R>> =>
  Effect.map(Ref.make(0), (closedUntil) => {
    const open = Effect.flatMap(Effect.all([Ref.get(closedUntil), Clock.currentTimeMillis]), ([until, now]) =>
      until > now ? Effect.sleep(until - now) : Effect.void)

    const close = Effect.fn("whileRefused.close")(function*({ message }: Auth) {
      const now = yield* Clock.currentTimeMillis
      const before = yield* Ref.getAndSet(closedUntil, now + Duration.toMillis(refusedPause))
      if (before > now) {
        return
      }
      yield* Effect.logWarning(`${lane.name} waits ${Duration.format(refusedPause)}: ${message}`)
    })

    return {
      ...lane,
      claim: Effect.zipRight(open, lane.claim),
      work: (claim) =>
        Effect.catchTag(lane.work(claim), "AUTH", (why) => Effect.zipRight(close(why), giveBack(claim)))
    }
  })
