/**
 * The one HTTP client of the program, on undici's pools of kept-alive connections.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Context, Duration, Effect, Layer } from "effect"
import type { LookupFunction } from "node:net"
import { SettingsError } from "../../domain/Errors.js"
import { type Network, networkOf, type Reach } from "../../domain/PrivateAddress.js"
import { type Connection, Connections } from "./Connections.js"
import { type AgentOptions, makeAgent, type Proxy } from "./guardedAgent.js"
import { make as makeHeads } from "./headRequests.js"
import { followSameHost } from "./redirects.js"

export interface HttpClientOptions {
  /** The program's version, for the User-Agent. */
  readonly version: string
  /** Where the operators of the services that are asked can read who asks: an address (URL), for the User-Agent. */
  readonly address: string
  /** The process's environment is not looked at here. */
  readonly proxy?: Proxy
  /** For a connection to come about. Default 10 s. */
  readonly connectTimeout?: Duration.Duration
  /** How names are resolved. Default: as the system does. */
  readonly lookup?: LookupFunction
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

/** So many servers outside the internet are remembered at most. */
const manyServers = 1_000

// Servers that are not on the internet, by host and port.
const makeSeen = () => {
  const seen = new Map<string, Network>()
  return {
    connected: ({ address, host }: { readonly address: string; readonly host: string }): void => {
      const network = networkOf(address) ?? "public"
      if (network === "public") seen.delete(host)
      else if (seen.has(host) || seen.size < manyServers) seen.set(host, network)
    },
    networkOf: ({ host }: URL): Network | undefined => seen.get(host)
  }
}

const makeConnections = Effect.fnUntraced(function*(options: HttpClientOptions) {
  const proxy: Proxy = {
    https: yield* checkedProxy("HTTPS_PROXY", options.proxy?.https),
    http: yield* checkedProxy("HTTP_PROXY", options.proxy?.http),
    no: options.proxy?.no
  }
  const seen = makeSeen()
  const connectionOf = (reach: Reach, more: Partial<AgentOptions> = {}) =>
    Effect.map(
      makeAgent({
        // A network that resolves outside names at its proxy alone could be sent nowhere by a registry otherwise.
        guard: { reach, hint: "", trustsProxy: true },
        proxy,
        connectTimeout: options.connectTimeout ?? Duration.seconds(10),
        lookup: options.lookup,
        ...more
      }),
      (dispatcher): Connection => ({
        client: NodeHttpClient.makeUndici(dispatcher).pipe(
          HttpClient.withTracerPropagation(false),
          HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", userAgent(options)))
        ),
        heads: makeHeads(dispatcher, userAgent(options))
      })
    )
  const connections: Readonly<Record<Reach, Connection>> = {
    anywhere: yield* connectionOf("anywhere", { connected: seen.connected }),
    machine: yield* connectionOf("machine"),
    site: yield* connectionOf("site"),
    public: yield* connectionOf("public")
  }
  return Connections.of({ within: (reach) => connections[reach], networkOf: seen.networkOf })
})

/**
 * A client that names itself in every request, obeys the proxies, follows redirects on the same host only, and tells
 * nobody outside about our traces; and the connections under it. Timeouts and the reading of bodies are `exchange`'s.
 * Fails with SETTINGS where a proxy's address is none.
 */
export const layer = (options: HttpClientOptions): Layer.Layer<HttpClient.HttpClient | Connections, SettingsError> =>
  Layer.scopedContext(
    Effect.map(
      makeConnections(options),
      (connections) =>
        Context.make(HttpClient.HttpClient, followSameHost(connections.within("anywhere").client)).pipe(
          Context.add(Connections, connections)
        )
    )
  )
