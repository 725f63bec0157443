/**
 * A server that stands for every service, refuses everything, and repeats all that it was sent in its refusals.
 */
import { Effect } from "effect"
import { createServer, type IncomingMessage } from "node:http"

const decoded = (authorization: string): string =>
  Buffer.from(authorization.slice(authorization.indexOf(" ") + 1), "base64").toString("utf8")

const echoOf = ({ headers, method, url }: IncomingMessage, body: string): string => {
  const { authorization = "" } = headers
  return `${method} ${url} ${body} with ${authorization} that is ${decoded(authorization)}, and ${
    JSON.stringify(headers)
  }`
}

// As each of them refuses.
const statusOf = ({ headers, url = "" }: IncomingMessage): number => {
  if (url.startsWith("/v2/users/login") || url.startsWith("/v2/auth/token")) return 401
  if (url.startsWith("/v2/") && headers.authorization === undefined) return 401
  if (url.startsWith("/hooks/")) return 500
  return 403
}

/** `received` is what it was sent, `traces` what it was sent as a collector. */
export const startEchoes = Effect.gen(function*() {
  const traces: Array<string> = []
  const received: Array<string> = []
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((request, response) => {
        const chunks: Array<Uint8Array> = []
        request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
        request.on("end", () => {
          const body = Buffer.concat(chunks).toString("utf8")
          if (request.url === "/v1/traces") {
            traces.push(body)
            return response.writeHead(200, { "content-type": "application/json" }).end("{}")
          }
          const echo = echoOf(request, body)
          received.push(echo)
          const saying = {
            message: echo,
            detail: echo,
            error_message: echo,
            errors: [{ code: "DENIED", message: echo, type: "FORBIDDEN" }]
          }
          return response.writeHead(statusOf(request), {
            "content-type": "application/json",
            "www-authenticate": "Basic realm=\"echoes\""
          }).end(JSON.stringify(saying))
        })
      })
    ),
    (server) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  // As a proxy it refuses too.
  server.on("connect", ({ headers }: IncomingMessage, socket) => {
    const echo = JSON.stringify(headers)
    socket.end(`HTTP/1.1 403 ${echo}\r\ncontent-length: ${echo.length}\r\nconnection: close\r\n\r\n${echo}`)
  })
  const port = yield* Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  return { host: `127.0.0.1:${port}`, traces, received }
})
