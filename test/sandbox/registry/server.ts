/**
 * Simulated registries on a socket of this machine.
 */
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as delay } from "node:timers/promises"
import { makeAnswers, type RegistryAnswer, type RegistryOptions } from "./answers.js"
import { makeRegistryStore, type RegistryStore } from "./store.js"

/** What goes wrong instead of an answer, decided for each request. */
export type RegistryFault = (method: string, path: string) => RegistryAnswer | "reset" | "truncated" | undefined

export interface RunningRegistry {
  /** `127.0.0.1:45678`. */
  readonly host: string
  readonly store: RegistryStore
  /** Switches faults on; undefined switches them off. */
  readonly setFault: (fault: RegistryFault | undefined) => void
}

const read = (request: IncomingMessage, done: (body: Uint8Array) => void): void => {
  const chunks: Array<Uint8Array> = []
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  request.on("end", () => done(Buffer.concat(chunks)))
}

const write = (method: string, response: ServerResponse, answer: RegistryAnswer, truncated: boolean): void => {
  const body = Buffer.from(answer.body ?? "")
  response.writeHead(answer.status, { ...answer.headers, "content-length": String(body.byteLength) })
  if (method === "HEAD") response.end()
  else if (truncated) response.write(body.subarray(0, body.byteLength / 2), () => response.destroy())
  else response.end(body)
}

export interface ServerOptions {
  /** Milliseconds that every answer takes. Default 0. */
  readonly latency?: number
}

/** Starts a registry on a free port; it ends with the scope. */
export const startRegistry = (
  { latency = 0, ...options }: RegistryOptions & ServerOptions
): Effect.Effect<RunningRegistry, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<RunningRegistry & { readonly close: Effect.Effect<void> }>((resume) => {
      const store = makeRegistryStore()
      const answers = makeAnswers(store, options)
      let fault: RegistryFault | undefined
      const server = createServer((request, response) => {
        read(request, (body) => {
          const method = request.method ?? "GET"
          const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`)
          const wrong = fault?.(method, url.pathname)
          if (wrong === "reset") response.destroy()
          else {
            const answer = wrong === undefined || wrong === "truncated"
              ? answers({ method, url, headers: request.headers, body })
              : wrong
            const send = () => write(method, response, answer, wrong === "truncated")
            if (latency === 0) send()
            else void delay(latency).then(send)
          }
        })
      })
      server.keepAliveTimeout = 60_000
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({
          host: `127.0.0.1:${port}`,
          store,
          setFault: (next) => {
            fault = next
          },
          close: Effect.async<void>((closed) => {
            server.closeAllConnections()
            server.close(() => closed(Effect.void))
          })
        }))
      })
    }),
    ({ close }) => close
  )
