/**
 * Puts a handler on a socket of the loopback address.
 */
import { Effect, FiberSet, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { Answer, Handler, Request } from "./Exchange.js"

const host = "127.0.0.1"

const headersOf = (message: IncomingMessage): Record<string, string | undefined> => {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return headers
}

const bodyOf = (message: IncomingMessage): Effect.Effect<string, Error> =>
  Effect.async((resume) => {
    const chunks = new Array<Buffer>()
    message.on("data", (chunk: Buffer) => chunks.push(chunk))
    message.on("end", () => resume(Effect.succeed(Buffer.concat(chunks).toString("utf8"))))
    message.on("error", (error) => resume(Effect.fail(error)))
  })

const requestOf = (message: IncomingMessage): Effect.Effect<Request, Error> =>
  Effect.map(bodyOf(message), (body) => {
    const headers = headersOf(message)
    const origin = `http://${headers["host"] ?? host}`
    const url = new URL(message.url ?? "/", origin)
    return { method: message.method ?? "GET", path: url.pathname, query: url.searchParams, headers, body, origin }
  })

const send = (answer: Answer, method: string, response: ServerResponse): void => {
  if (answer._tag === "Reset") {
    response.socket?.resetAndDestroy()
    return
  }
  const body = Buffer.from(answer.body)
  const length = answer.goesOn === undefined ? { "content-length": body.byteLength } : {}
  response.writeHead(answer.status, { ...answer.headers, ...length })
  if (method === "HEAD") {
    response.end()
  } else if (answer.goesOn === "silence") {
    response.write(body)
  } else if (answer.goesOn === "endless") {
    const more = (): void => {
      while (!response.destroyed && response.write(body));
    }
    response.on("drain", more)
    more()
  } else if (answer.cut === undefined) {
    response.end(body)
  } else {
    // What was written has to leave before the connection breaks.
    response.write(body.subarray(0, answer.cut), () => response.socket?.destroy())
  }
}

/** Where a service is reached: `http://127.0.0.1:54321`. */
export interface Served {
  readonly url: string
  readonly port: number
}

/**
 * Serves until the scope closes; then open connections break. `port` 0 takes any that is free. A caller who hangs up
 * interrupts the work on its request. Dies where the port is taken.
 */
export const serve = (handler: Handler, port = 0): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.gen(function*() {
    const fork = yield* FiberSet.makeRuntime<never>()
    const server = createServer((message, response) => {
      const fiber = fork(
        requestOf(message).pipe(
          Effect.flatMap((request) => Effect.map(handler(request), (answer) => send(answer, request.method, response))),
          Effect.catchAll(() => Effect.sync(() => response.destroy()))
        )
      )
      response.on("close", () => fiber.unsafeInterruptAsFork(fiber.id()))
    })
    server.keepAliveTimeout = 60_000
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(port, host, () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address()
    const bound = typeof address === "object" && address !== null ? address.port : port
    return { url: `http://${host}:${bound}`, port: bound }
  })
