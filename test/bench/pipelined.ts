/**
 * The HTTP server under connections that ask for hundreds of answers at once, and under readers that do not read: how much
 * memory do they take, and does it answer others meanwhile?
 */
import { Clock, Config, Console, Effect } from "effect"
import { connect, type Socket } from "node:net"
import { request } from "undici"
import { seed } from "../support/apiRequests.js"
import { startProgram, storeIn, wait, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { residentMegabytes } from "./running.js"
import { server } from "./server.js"
import { line } from "./table.js"

const widths = [52, 12] as const

/** As much as answers that were not taken may hold; what requests hold beside them is far less. */
const bound = 64

const sockets = 50
const requests = 500
const rounds = 5

const kinds = ["/api/docs", "/api/v1/images?limit=200", "/api/v1/openapi.json", "/api/v1/status"] as const

const print = (cells: ReadonlyArray<string | number>) => Console.log(line(widths, cells))

/** Connections on which hundreds of requests are written at once; `reads`: whether they take the answers. */
const opened = (address: string, reads: boolean) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { hostname, port } = new URL(address)
      return Array.from({ length: sockets }, (_, n) => {
        const path = kinds[n % kinds.length] ?? kinds[0]
        const socket: Socket = connect(Number(port), hostname)
        socket.on("error", () => undefined)
        if (reads) socket.resume()
        else socket.pause()
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(reads ? requests : 16))
        return socket
      })
    }),
    (all) => Effect.sync(() => all.forEach((socket) => socket.destroy()))
  )

const health = (address: string) =>
  Effect.gen(function*() {
    const from = yield* Clock.currentTimeMillis
    const { body, statusCode } = yield* Effect.promise(() => request(`${address}/healthz`))
    yield* Effect.promise(() => body.dump())
    return { ok: statusCode === 200, took: (yield* Clock.currentTimeMillis) - from }
  })

/** The most that was resident in so many seconds, and what health checks saw. */
const watched = (address: string, pid: number, seconds: number) =>
  Effect.gen(function*() {
    let most = 0
    let slowest = 0
    let failed = 0
    for (let n = 0; n < seconds * 10; n++) {
      const { ok, took } = yield* health(address)
      slowest = Math.max(slowest, took)
      if (!ok) failed += 1
      most = Math.max(most, (yield* residentMegabytes(pid)).now)
      yield* wait(100)
    }
    return { most, slowest, failed }
  })

/** Prints the figures beside their bounds; false where one is broken. */
export const pipelinedBench = Effect.gen(function*() {
  const seconds = yield* Config.integer("BENCH_SECONDS").pipe(Config.withDefault(5))
  yield* build
  const { url: admin } = yield* server
  const url = yield* createDatabase(admin, "pipelined")
  yield* Effect.provide(seed, storeIn({ DATABASE_URL: url }))
  const running = yield* startProgram(
    { environment: { DATABASE_URL: url, LOG_LEVEL: "error" } },
    "serve",
    "--port",
    "0"
  )
  yield* waitUntil(Effect.map(running.stdout, (text) => text.includes("dashboard:")))
  const address = /dashboard: (\S+?)\/?\n/.exec(yield* running.stdout)?.[1] ?? ""
  // What a server costs that is in use is no matter of how many ask at once.
  yield* Effect.forEach(
    Array.from({ length: 100 }, () => kinds).flat(),
    (path) => Effect.promise(() => request(`${address}${path}`).then(({ body }) => body.dump({ limit: 10_000_000 }))),
    { concurrency: 20, discard: true }
  )
  yield* wait(1000)
  const before = (yield* residentMegabytes(running.pid)).now
  const rushes = yield* Effect.forEach(
    Array.from({ length: rounds }),
    () => Effect.scoped(Effect.zipRight(opened(address, true), watched(address, running.pid, seconds / rounds)))
  )
  const rush = Math.max(...rushes.map(({ most }) => most)) - before
  const stuck = yield* Effect.scoped(
    Effect.zipRight(opened(address, false), watched(address, running.pid, seconds))
  )
  const all = [...rushes, stuck]
  const failed = all.reduce((sum, one) => sum + one.failed, 0)
  yield* print([`${sockets} connections, ${requests} requests at once on each, ${rounds} times`, "", "bound"])
  yield* print(["resident MB before", before.toFixed(0), ""])
  yield* print(["resident MB more, at most", rush.toFixed(0), `< ${bound}`])
  yield* print([`${sockets} connections, 16 requests each, no answer read`, "", ""])
  yield* print(["resident MB more, at most", (stuck.most - before).toFixed(0), `< ${bound}`])
  yield* print(["health checks that failed", failed, 0])
  yield* print(["slowest health check, ms", Math.max(...all.map(({ slowest }) => slowest)), ""])
  return rush < bound && stuck.most - before < bound && failed === 0
}).pipe(Effect.scoped)
