/**
 * What the server answers before there is one: while the database is waited for, the probes, and 503 to everybody else.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Layer, type Scope } from "effect"
import { createServer } from "node:http"
import type { SettingsError, Transient } from "../../../domain/Errors.js"
import { bounded, inTurn, serverOptions, usualLimits } from "./connections.js"
import { drain, listenError } from "./listening.js"
import { answerNoRequests } from "./noRequest.js"
import { databaseProblem, health } from "./probes.js"
import { respondProblem, withSecurityHeaders } from "./respond.js"

const answer = (problem: Effect.Effect<Transient>) =>
  Effect.gen(function*() {
    const { url } = yield* HttpServerRequest.HttpServerRequest
    const path = url.split("?")[0]
    if (path === "/healthz") return health
    const why = databaseProblem(yield* problem)
    return path === "/readyz"
      ? HttpServerResponse.text(`${why}\n`, { status: 503, headers: { "cache-control": "no-store" } })
      : respondProblem(503, why, { "retry-after": "5" })
  }).pipe(Effect.map((response) => HttpServerResponse.setHeader(withSecurityHeaders(response), "connection", "close")))

/** Listens until the scope closes. `problem` is why the database is away. */
export const answerMeanwhile = Effect.fn("Server.meanwhile")(function*(
  address: { readonly host: string; readonly port: number },
  problem: Effect.Effect<Transient>
): Effect.fn.Return<void, SettingsError, Scope.Scope> {
  const context = yield* Layer.build(NodeHttpServer.layerContext)
  const server = createServer(serverOptions(usualLimits))
  const bound = bounded(server, usualLimits)
  const app = bound(answer(problem))
  const handle = inTurn(yield* Effect.provide(NodeHttpServer.makeHandler(app), context), usualLimits.waiting)
  server.on("request", handle).on("checkExpectation", handle)
  answerNoRequests(server)
  yield* Effect.mapError(
    NodeHttpServer.make(() => server, address),
    ({ cause }) => listenError(address)(cause)
  )
  yield* Effect.addFinalizer(() => drain(server, Effect.void))
})
