/**
 * The server: the API, the page and the probes on one address. Closing its scope stops it within two seconds: streams
 * end, requests that are under way have a second.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as OpenApi from "@effect/platform/OpenApi"
import { Effect, Layer, Option, type Scope } from "effect"
import { createServer } from "node:http"
import { SettingsError } from "../../domain/Errors.js"
import { countingBegins } from "../../domain/telemetry.js"
import { CensusPages } from "../../services/CensusPages.js"
import { loopDelay } from "../node/eventLoop.js"
import { Api, prefix } from "./api/Api.js"
import { catalog } from "./handlers/catalog.js"
import { events } from "./handlers/events.js"
import { images } from "./handlers/images.js"
import { repositories } from "./handlers/repositories.js"
import { status } from "./handlers/status.js"
import { updates, watches } from "./handlers/watches.js"
import { isLoopback, type TokenEntry } from "./http/access.js"
import * as App from "./http/app.js"
import { badgeOf, badgeRoute } from "./http/badges.js"
import * as Connections from "./http/connections.js"
import type { Origins } from "./http/cors.js"
import { docsOf, docsPath, documentOf } from "./http/docs.js"
import { fixedOnce } from "./http/fixed.js"
import { drain, listenError } from "./http/listening.js"
import { metrics } from "./http/metrics.js"
import { answerNoRequests } from "./http/noRequest.js"
import { health, ready } from "./http/probes.js"
import { answered } from "./http/respond.js"
import * as StaticFiles from "./http/staticFiles.js"
import type { LiveStatus } from "./live/LiveStatus.js"
import * as LiveStream from "./live/LiveStream.js"

/** Where to listen, and who may. */
export interface ServerOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly version: string
  readonly tokens: ReadonlyArray<TokenEntry>
  readonly origins: Origins
  /** Badges are for everybody who reaches the server; for those who may read if absent. */
  readonly openBadges?: boolean | undefined
  /** How long requests may take; the usual time if absent. */
  readonly patience?: App.Patience | undefined
  /** What connections may hold; the usual bounds if absent. */
  readonly limits?: Connections.ConnectionLimits | undefined
}

const addressOf = (host: string, port: number): string => `http://${host.includes(":") ? `[${host}]` : host}:${port}`

/** A bind address that others reach needs tokens. */
export const requireTokens = ({ host, tokens }: Pick<ServerOptions, "host" | "tokens">) =>
  tokens.length > 0 || isLoopback(host)
    ? Effect.void
    : new SettingsError({
      setting: "IMAGE_CENSUS_API_TOKENS",
      message:
        `is not set, and ${host} is reached from other machines; set it (image-census token new prints an entry), ` +
        "or leave --host 127.0.0.1"
    })

// Names are long once they are percent-encoded; without this, the router knows none of more than 100 characters.
const longestSegment = 4000

const appOf = (described: typeof Api) =>
  HttpApiBuilder.httpApp.pipe(
    HttpRouter.withRouterConfig({ maxParamLength: longestSegment }),
    Effect.provide(
      Layer.mergeAll(
        HttpApiBuilder.middleware(answered),
        HttpApiSwagger.layer({ path: docsPath })
      ).pipe(
        Layer.provideMerge(HttpApiBuilder.api(described)),
        Layer.provide([catalog, repositories, images, updates, watches, events, status]),
        Layer.provideMerge(Layer.merge(HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer))
      )
    )
  )

const memoryOf = () => process.memoryUsage.rss()

/** Listens, and serves until the scope closes. Answers the address at which it is reached. */
export const serve = Effect.fn("Server.serve")(function*(options: ServerOptions) {
  yield* countingBegins
  const limits = options.limits ?? Connections.usualLimits
  const server = createServer(Connections.serverOptions(limits))
  const bounded = Connections.bounded(server, limits)
  const live = yield* LiveStream.make()
  const context = yield* Layer.build(NodeHttpServer.layerContext)
  const described = Api.annotate(OpenApi.Version, options.version)
  const apiApp = yield* appOf(described)
  const docs = yield* fixedOnce(docsOf(apiApp))
  const document = yield* fixedOnce(Effect.sync(() => documentOf(OpenApi.fromApi(described))))
  const facts = {
    version: options.version,
    node: process.version,
    residentBytes: Effect.sync(memoryOf),
    loopDelay: yield* loopDelay
  }
  const badge = badgeRoute(yield* CensusPages, options.openBadges === true ? "open" : "read")
  const routes = new Map<
    string,
    App.Route<Effect.Effect.Context<typeof apiApp> | CensusPages | LiveStatus | Scope.Scope>
  >([
    ["/healthz", { access: "open", answer: () => Effect.succeed(health) }],
    ["/readyz", { access: "open", answer: () => ready }],
    ["/metrics", { access: "read", answer: () => bounded(metrics(facts)) }],
    [`${prefix}/live`, { access: "read", answer: () => live.view }],
    [`${prefix}/openapi.json`, { access: "read", answer: (request) => bounded(document(request)) }],
    [docsPath, { access: "open", answer: (request) => bounded(docs(request)) }]
  ])
  const app = App.make(
    {
      tokens: options.tokens,
      origins: options.origins,
      loopback: isLoopback(options.host),
      patience: options.patience ?? App.usualPatience
    },
    {
      api: bounded(apiApp),
      routes: (path) => Option.orElse(Option.fromNullable(routes.get(path)), () => Option.map(badgeOf(path), badge)),
      files: yield* Effect.provide(StaticFiles.load, context)
    }
  )
  const handle = Connections.inTurn(yield* Effect.provide(NodeHttpServer.makeHandler(app), context), limits.waiting)
  // What else somebody expects is nothing to refuse them for, as Node would.
  server.on("request", handle).on("checkExpectation", handle)
  answerNoRequests(server)
  // Last: who is let in before there is somebody to answer would wait for ever.
  const { address } = yield* NodeHttpServer.make(() => server, { host: options.host, port: options.port }).pipe(
    Effect.mapError(({ cause }) => listenError(options)(cause))
  )
  yield* Effect.addFinalizer(() => drain(server, live.end))
  return addressOf(options.host, address._tag === "TcpAddress" ? address.port : options.port)
})
