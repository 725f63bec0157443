/**
 * The status as server-sent events. One look at the database serves all viewers; each frame is the whole status, so a
 * slow viewer skips to the latest and holds one frame at most.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Clock, type Deferred, Duration, Effect, Option, PubSub, Queue, Ref, Schedule, Schema, Stream } from "effect"
import { Status } from "../api/status.js"
import { respondProblem } from "../http/respond.js"
import { LiveStatus, type StatusValue } from "./LiveStatus.js"

/** The connection of a viewer. */
export interface Viewer {
  /** Whether what was written last still waits to be taken. */
  readonly isStuck: () => boolean
  readonly disconnect: () => void
}

/** The stream for one viewer after the other. */
export interface LiveStream {
  /** An answer without an end; a problem where there are too many viewers already. */
  readonly view: (viewer: Viewer) => Effect.Effect<HttpServerResponse.HttpServerResponse>
}

const pollEvery = Duration.seconds(1)
/** A frame is sent at least so often, so that proxies and viewers know that the connection lives. */
const quiet = Duration.toMillis(Duration.seconds(15))
/** A viewer who took nothing for so long is disconnected. */
const stuckFor = Duration.toMillis(Duration.seconds(30))
const mostViewers = 5000

const encode = Schema.encode(Schema.parseJson(Status))
const encoder = new TextEncoder()

// What passes by itself is no news: viewers count seconds themselves.
const newsOf = (status: StatusValue): string =>
  JSON.stringify({
    ...status,
    now: 0,
    countedAt: 0,
    parks: status.parks.map((park) => ({ ...park, secondsLeft: 0 })),
    processes: status.processes.map((process) => ({ ...process, heartbeatAt: 0 }))
  })

const frameOf = (status: StatusValue) =>
  Effect.map(encode(status), (json) => encoder.encode(`id: ${status.now}\nevent: status\ndata: ${json}\n\n`)).pipe(
    Effect.orDie
  )

interface Sent {
  readonly at: number
  readonly news: string
  readonly frame: Uint8Array
}

/** Starts to look as soon as there is a viewer. `closing` ends all streams. */
export const make = Effect.fn("LiveStream.make")(function*(closing: Deferred.Deferred<void>) {
  const { current } = yield* LiveStatus
  const frames = yield* PubSub.sliding<Uint8Array>(1)
  const sent = yield* Ref.make(Option.none<Sent>())
  // When each viewer was first seen not to take what was written.
  const viewers = new Map<Viewer, number | undefined>()

  const look = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const status = yield* current
    const news = newsOf(status)
    const last = yield* Ref.get(sent)
    if (Option.exists(last, (before) => before.news === news && now - before.at < quiet)) return
    const frame = yield* frameOf(status)
    yield* Ref.set(sent, Option.some({ at: now, news, frame }))
    yield* PubSub.publish(frames, frame)
  })

  const disconnectStuck = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const [viewer, since] of viewers) {
      if (!viewer.isStuck()) viewers.set(viewer, undefined)
      else if (since === undefined) viewers.set(viewer, now)
      else if (now - since >= stuckFor) viewer.disconnect()
    }
  })

  yield* Effect.suspend(() => viewers.size === 0 ? Effect.void : Effect.zipRight(look, disconnectStuck)).pipe(
    Effect.catchAllCause((cause) => Effect.logDebug("the live status was not read", cause)),
    Effect.repeat(Schedule.spaced(pollEvery)),
    Effect.forkScoped
  )

  const first = Effect.map(
    Effect.option(Effect.flatMap(current, frameOf)),
    (frame) => Stream.fromIterable(Option.toArray(frame))
  )

  const streamFor = (viewer: Viewer) =>
    Stream.unwrapScoped(Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() => viewers.set(viewer, undefined)),
        () => Effect.sync(() => viewers.delete(viewer))
      )
      const subscription = yield* PubSub.subscribe(frames)
      const later = Stream.repeatEffect(Queue.take(subscription))
      return Stream.concat(yield* first, later)
    })).pipe(Stream.interruptWhenDeferred(closing))

  const view = (viewer: Viewer) =>
    Effect.sync(() =>
      viewers.size >= mostViewers
        ? respondProblem(503, `${mostViewers} are watching already; try again later`, { "retry-after": "30" })
        : HttpServerResponse.stream(streamFor(viewer), {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
        })
    )

  const live: LiveStream = { view }
  return live
})
