/**
 * What connections may hold of the server's memory: how many there are, how much one of them asks for at once, and how
 * long nothing has to happen on one until it is closed.
 */
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { Duration, Effect } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { endWithProblem } from "./noRequest.js"
import { respondProblem } from "./respond.js"

/** Bounds of connections. */
export interface ConnectionLimits {
  /** Connections at once; more are closed without an answer. */
  readonly connections: number
  /** Requests on one connection, one after the other; the last one's answer closes it. */
  readonly requests: number
  /** Requests that wait on one connection behind the one that is being answered; who sends more is disconnected. */
  readonly waiting: number
  /** Requests at once on all connections; more are answered 503. Live viewers and health checks are not counted. */
  readonly atOnce: number
  /** Bytes of answers that were not taken yet; beyond that, requests are answered 503. */
  readonly unread: number
  /** The headers of a request, from the first byte on, or from the connection on. */
  readonly headers: Duration.Duration
  /** A connection on which nothing moves for so long is closed, such as that of a reader who stopped reading. */
  readonly silence: Duration.Duration
}

/**
 * 5,000 viewers and as many others as a browser's pages and scrapers need. A request under way costs some 50 kB and an
 * answer up to a few MB, so all of them together stay below 100 MB.
 */
export const usualLimits: ConnectionLimits = {
  connections: 6_000,
  requests: 1_000,
  waiting: 16,
  atOnce: 500,
  unread: 64_000_000,
  headers: Duration.seconds(10),
  silence: Duration.minutes(1)
}

/** What Node's server is made with. */
export const serverOptions = ({ headers }: ConnectionLimits) => ({
  headersTimeout: Duration.toMillis(headers),
  requestTimeout: 3 * Duration.toMillis(headers),
  connectionsCheckingInterval: Duration.toMillis(headers) / 2,
  keepAliveTimeout: 5_000,
  // Node's answer to who gives none is not ours.
  requireHostHeader: false
})

type Handle = (request: IncomingMessage, response: ServerResponse) => void

interface Line {
  busy: boolean
  refused: boolean
  readonly waiting: Array<() => void>
}

const isOver = ({ destroyed, writableEnded }: Socket): boolean => destroyed || writableEnded

/**
 * Answers the requests of a connection one after the other. Node hands on all that came in one packet at once: 500 of them
 * on 50 connections were 25,000 requests under way.
 */
export const inTurn = (handle: Handle, most: number): Handle => {
  const lines = new WeakMap<Socket, Line>()
  return (request, response) => {
    const { socket } = request
    const line = lines.get(socket) ?? { busy: false, refused: false, waiting: [] }
    lines.set(socket, line)
    const begin = (): void => {
      line.busy = true
      response.once("close", () => {
        line.busy = false
        const next = line.waiting.shift()
        // Whatever waits is for nobody any more, and is forgotten with the connection.
        if (next !== undefined && !isOver(socket)) next()
      })
      handle(request, response)
    }
    if (line.refused) return
    if (!line.busy) return begin()
    if (line.waiting.length < most) return void line.waiting.push(begin)
    line.refused = true
    line.waiting.length = 0
    endWithProblem(socket, 503, `send no more than ${most + 1} requests at once on a connection`)
  }
}

const busy = (detail: string) => respondProblem(503, detail, { "retry-after": "5" })

/** Bounds a server's connections. Answers how to bound a request's work by what is under way on all of them. */
export const bounded = (server: Server, limits: ConnectionLimits) => {
  server.maxConnections = limits.connections
  server.maxRequestsPerSocket = limits.requests
  server.timeout = Duration.toMillis(limits.silence)
  const sockets = new Set<Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  let underWay = 0
  const unread = (): number => {
    let bytes = 0
    for (const { writableLength } of sockets) bytes += writableLength
    return bytes
  }
  return <R>(app: Effect.Effect<HttpServerResponse, never, R>): Effect.Effect<HttpServerResponse, never, R> =>
    Effect.suspend(() => {
      if (underWay >= limits.atOnce) {
        return Effect.succeed(busy(`${limits.atOnce} requests are under way; try again later`))
      }
      if (unread() > limits.unread) {
        return Effect.succeed(busy(`${limits.unread} bytes of answers wait to be taken; try again later`))
      }
      underWay += 1
      return Effect.ensuring(app, Effect.sync(() => (underWay -= 1)))
    })
}
