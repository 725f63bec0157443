/**
 * The status as server-sent events. One look at the database serves all viewers; each frame is the whole status, so a
 * slow viewer skips to the latest, and all of them hold the same one. Where a look fails, `trouble` says that what they
 * have is no longer current.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Clock, Duration, Effect, Option, Ref, Schedule, Schema, type Scope } from "effect"
import { Readable } from "node:stream"
import type { Transient } from "../../../domain/Errors.js"
import { Status } from "../api/status.js"
import { respondProblem } from "../http/respond.js"
import { LiveStatus, type StatusValue } from "./LiveStatus.js"

/** The stream for one viewer after the other. */
export interface LiveStream {
  /** An answer without an end; a problem where there are too many viewers already. */
  readonly view: Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>
  /** Ends all streams; there are no more after that. */
  readonly end: Effect.Effect<void>
  /** How many watch. */
  readonly viewers: Effect.Effect<number>
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

const encodeFrame = (status: StatusValue) =>
  Effect.map(encode(status), (json) => encoder.encode(`id: ${status.now}\nevent: status\ndata: ${json}\n\n`)).pipe(
    Effect.orDie
  )

// For people; where the database is, is not for everybody who may look.
const frameOfTrouble = (message: string) => encoder.encode(`event: trouble\ndata: ${JSON.stringify({ message })}\n\n`)
const noAnswer = frameOfTrouble("the database does not answer")
const lateAnswer = frameOfTrouble("the database does not answer in time")
const troubleOf = ({ reason }: Transient) => reason === "timeout" ? lateAnswer : noAnswer
const troubleNews = "trouble"

interface Sent {
  readonly at: number
  readonly news: string
}

interface Encoded {
  readonly status: StatusValue
  readonly frame: Uint8Array
}

/** A viewer's connection, from our side. */
interface Viewer {
  readonly body: Readable
  /** Sends a frame, or keeps it in place of the one that was not taken yet. */
  readonly offer: (frame: Uint8Array, now: number) => void
  /** Since when a frame waits to be taken. */
  readonly waitingSince: () => number | undefined
}

// No Effect stream: a thousand viewers are a thousand of these, and they all end within a moment.
const makeViewer = (left: (viewer: Viewer) => void): Viewer => {
  let wanted = false
  let waiting: { readonly frame: Uint8Array; readonly since: number } | undefined
  const body = new Readable({
    highWaterMark: 1,
    read: () => {
      wanted = waiting === undefined
      if (waiting === undefined) return
      const { frame } = waiting
      waiting = undefined
      body.push(frame)
    },
    destroy: (error, done) => {
      left(viewer)
      done(error)
    }
  })
  const viewer: Viewer = {
    body,
    offer: (frame, now) => {
      if (!wanted) {
        waiting = { frame, since: waiting?.since ?? now }
        return
      }
      wanted = false
      body.push(frame)
    },
    waitingSince: () => waiting?.since
  }
  return viewer
}

/** Looks while there are viewers, as long as the scope lasts. */
export const make = Effect.fn("LiveStream.make")(function*() {
  const { current } = yield* LiveStatus
  const sent = yield* Ref.make(Option.none<Sent>())
  const encoded = yield* Ref.make(Option.none<Encoded>())
  const viewers = new Set<Viewer>()
  let over = false

  // Everybody who looks within a second gets the same status, and the same bytes.
  const frameOf = Effect.fnUntraced(function*(status: StatusValue) {
    const known = Option.filter(yield* Ref.get(encoded), (one) => one.status === status)
    if (Option.isSome(known)) return known.value.frame
    const frame = yield* encodeFrame(status)
    yield* Ref.set(encoded, Option.some({ status, frame }))
    return frame
  })

  const tell = Effect.fnUntraced(function*(news: string, encodedFrame: Effect.Effect<Uint8Array>) {
    const now = yield* Clock.currentTimeMillis
    const last = yield* Ref.get(sent)
    if (Option.exists(last, (before) => before.news === news && now - before.at < quiet)) return
    const frame = yield* encodedFrame
    yield* Ref.set(sent, Option.some({ at: now, news }))
    for (const { offer } of viewers) offer(frame, now)
  })

  const look = Effect.flatMap(current, (status) => tell(newsOf(status), frameOf(status))).pipe(
    Effect.catchTag("TRANSIENT", (error) =>
      Effect.zipRight(
        Effect.logDebug("the live status was not read", error.message),
        tell(troubleNews, Effect.succeed(troubleOf(error)))
      )),
    // A fault of ours must not end what everybody looks at.
    Effect.catchAllDefect((defect) => Effect.logError("the live status was not told", defect))
  )

  const disconnectStuck = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const { body, waitingSince } of viewers) if (now - (waitingSince() ?? now) >= stuckFor) body.destroy()
  })

  yield* Effect.suspend(() => viewers.size === 0 ? Effect.void : Effect.zipRight(look, disconnectStuck)).pipe(
    Effect.repeat(Schedule.spaced(pollEvery)),
    Effect.forkScoped
  )

  const view = Effect.gen(function*() {
    const first = yield* Effect.flatMap(current, frameOf).pipe(
      // Then the next look that succeeds is told, however little has changed for the others.
      Effect.catchTag("TRANSIENT", (error) => Effect.as(Ref.set(sent, Option.none()), troubleOf(error)))
    )
    const now = yield* Clock.currentTimeMillis
    if (over) return respondProblem(503, "the server is stopping", { "retry-after": "5" })
    if (viewers.size >= mostViewers) {
      return respondProblem(503, `${mostViewers} are watching already; try again later`, { "retry-after": "30" })
    }
    const viewer = makeViewer((gone) => viewers.delete(gone))
    viewers.add(viewer)
    // A HEAD is answered without its body, and who asked may have left meanwhile.
    yield* Effect.addFinalizer(() => Effect.sync(() => viewer.body.destroy()))
    viewer.offer(first, now)
    return HttpServerResponse.raw(viewer.body, {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
    })
  })

  const end = Effect.sync(() => {
    over = true
    for (const { body } of viewers) body.push(null)
    viewers.clear()
  })

  const live: LiveStream = { view, end, viewers: Effect.sync(() => viewers.size) }
  return live
})
