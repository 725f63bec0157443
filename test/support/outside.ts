/** A world of names behind a proxy that keeps a record of who was asked, and what the names resolve to here. */
import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, createServer as createPlainServer, type LookupFunction, type Server } from "node:net"

/** What names resolve to; others resolve to nothing. */
export const resolving =
  (names: Readonly<Record<string, ReadonlyArray<string>>>): LookupFunction => (host, options, callback) => {
    const found = (names[host] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    const [first] = found
    if (first === undefined) return callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), [])
    if (options.all === true) return callback(null, found)
    return callback(null, first.address, first.family)
  }

const listening = (server: Server): Effect.Effect<number> =>
  Effect.async((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const closing = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
  })

/** A port of this machine that counts who connects, and hangs up. */
export const countingPort = Effect.gen(function*() {
  const counted = { connections: 0 }
  const server = createPlainServer((socket) => {
    counted.connections++
    socket.destroy()
  })
  const port = yield* listening(server)
  yield* Effect.addFinalizer(() => closing(server))
  return { port, counted }
})

/** A server on this machine for the length of the scope. */
export const serving = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.gen(function*() {
    const server = createServer(answer)
    const port = yield* listening(server)
    yield* Effect.addFinalizer(() => {
      server.closeAllConnections()
      return closing(server)
    })
    return `http://127.0.0.1:${port}`
  })

/**
 * A proxy whose way to port 80 of every host leads to `answer`; other ports it does not reach. `asked` has the hosts
 * and ports that it was told to connect to.
 */
export const proxying = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.gen(function*() {
    const inside = new URL(yield* serving(answer))
    const asked: Array<string> = []
    const server = createServer()
    server.on("connect", (request, socket) => {
      const target = request.url ?? ""
      asked.push(target)
      socket.on("error", () => socket.destroy())
      if (!target.endsWith(":80")) return socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      const upstream = connect(Number(inside.port), inside.hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        socket.pipe(upstream)
        upstream.pipe(socket)
      })
      upstream.on("error", () => socket.destroy())
      socket.on("close", () => upstream.destroy())
    })
    const port = yield* listening(server)
    yield* Effect.addFinalizer(() => {
      server.closeAllConnections()
      return closing(server)
    })
    return { proxy: `http://127.0.0.1:${port}`, asked }
  })
