/**
 * The one HTTP client of the program, on undici's pool of kept-alive connections.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Context, Duration, Effect, Layer } from "effect"
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici"
import { SettingsError } from "../../domain/Errors.js"
import { HeadRequests, make as makeHeads } from "./HeadRequests.js"
import { followSameHost } from "./redirects.js"

export interface HttpClientOptions {
  /** The program's version, for the User-Agent. */
  readonly version: string
  /** Where the operators of the services that are asked can read who asks: an address (URL), for the User-Agent. */
  readonly address: string
  /** Values of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. The process's environment is not looked at here. */
  readonly proxy?: {
    readonly https?: string | undefined
    readonly http?: string | undefined
    /** Hosts, comma-separated, with or without port; `*` is all. */
    readonly no?: string | undefined
  }
  /** For a connection to come about. Default 10 s. */
  readonly connectTimeout?: Duration.Duration
}

/** `image-census/<version> (+address)`. */
export const userAgent = (options: Pick<HttpClientOptions, "version" | "address">): string =>
  `image-census/${options.version} (+${options.address})`

const checkedProxy = (setting: string, value: string | undefined): Effect.Effect<string, SettingsError> => {
  const text = value ?? ""
  const usable = text === "" || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
  // The value may hold a password, so the message does not repeat it.
  return usable
    ? Effect.succeed(text)
    : Effect.fail(new SettingsError({ setting, message: "is no address of a proxy; write http://host:port" }))
}

const makeDispatcher = Effect.fnUntraced(function*(options: HttpClientOptions) {
  const connect = { timeout: Duration.toMillis(options.connectTimeout ?? Duration.seconds(10)) }
  const httpsProxy = yield* checkedProxy("HTTPS_PROXY", options.proxy?.https)
  const httpProxy = yield* checkedProxy("HTTP_PROXY", options.proxy?.http)
  const direct = httpsProxy === "" && httpProxy === ""
  return yield* Effect.acquireRelease(
    // Empty strings keep undici from reading the environment itself.
    Effect.sync((): Dispatcher =>
      direct
        ? new Agent({ connect })
        : new EnvHttpProxyAgent({ connect, httpsProxy, httpProxy, noProxy: options.proxy?.no ?? "" })
    ),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )
})

const clientOn = (dispatcher: Dispatcher, options: HttpClientOptions): HttpClient.HttpClient =>
  NodeHttpClient.makeUndici(dispatcher).pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", userAgent(options))),
    followSameHost
  )

/**
 * A client that names itself in every request, obeys the proxies, follows redirects on the same host only, and tells
 * nobody outside about our traces; and the short way for HEADs over the same connections. Timeouts and the reading of
 * bodies are `exchange`'s. Fails with SETTINGS where a proxy's address is none.
 */
export const layer = (options: HttpClientOptions): Layer.Layer<HttpClient.HttpClient | HeadRequests, SettingsError> =>
  Layer.scopedContext(
    Effect.map(
      makeDispatcher(options),
      (dispatcher) =>
        Context.make(HttpClient.HttpClient, clientOn(dispatcher, options)).pipe(
          Context.add(HeadRequests, makeHeads(dispatcher, userAgent(options)))
        )
    )
  )
