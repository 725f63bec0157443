/**
 * Connections for webhooks. The address that a socket was connected to decides, so a name that resolves to another
 * address the second time (DNS rebinding) gains nothing.
 */
import { Duration, Effect, Option, type Scope } from "effect"
import { lookup } from "node:dns/promises"
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici"
import { literalAddress, privateReason } from "../../domain/PrivateAddress.js"

/** An address that must not be connected to. The message is for people. */
export class RefusedAddress extends Error {
  override readonly name = "RefusedAddress"
}

/** Values of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export interface WebhookProxy {
  readonly https?: string | undefined
  readonly http?: string | undefined
  readonly no?: string | undefined
}

const refusal = (host: string, address: string, reason: string): RefusedAddress =>
  new RefusedAddress(
    `${host === address ? host : `${host} (${address})`} is ${reason}; --allow-private allows such addresses`
  )

const refusalOf = (host: string, address: string): RefusedAddress | undefined => {
  const reason = privateReason(address)
  return reason === undefined ? undefined : refusal(host, address, reason)
}

/** What is wrong with a URL's host by its addresses now. None also where it has no address: then it cannot be reached. */
export const refusedHost = (host: string): Effect.Effect<Option.Option<RefusedAddress>> => {
  const literal = literalAddress(host)
  if (literal !== undefined) return Effect.succeed(Option.fromNullable(refusalOf(literal, literal)))
  return Effect.tryPromise(() => lookup(host, { all: true })).pipe(
    Effect.map((found) =>
      Option.fromNullable(found.map(({ address }) => refusalOf(host, address)).find((one) => one !== undefined))
    ),
    Effect.orElseSucceed(() => Option.none())
  )
}

// Nothing was sent yet when the connection is looked at. The name was looked up before, so that in most cases there is
// not even a connection.
const guarded = (connect: buildConnector.connector): buildConnector.connector => (options, callback) => {
  connect(options, (error, socket) => {
    if (error !== null) return callback(error, null)
    const refused = refusalOf(options.hostname, socket.remoteAddress ?? "")
    if (refused === undefined) return callback(null, socket)
    socket.destroy()
    callback(refused, null)
  })
}

/** A pool of connections to public addresses alone, or to any. Goes with the scope. */
export const makeAgent = (
  options: { readonly allowPrivate: boolean; readonly proxy: WebhookProxy; readonly connectTimeout: Duration.Duration }
): Effect.Effect<Dispatcher, never, Scope.Scope> => {
  const plain = buildConnector({ timeout: Duration.toMillis(options.connectTimeout) })
  const connect = options.allowPrivate ? plain : guarded(plain)
  const { http = "", https = "", no = "" } = options.proxy
  return Effect.acquireRelease(
    // Empty strings keep undici from reading the environment itself. What goes through a proxy is connected by the proxy.
    Effect.sync((): Dispatcher =>
      http === "" && https === ""
        ? new Agent({ connect })
        : new EnvHttpProxyAgent({ connect, httpProxy: http, httpsProxy: https, noProxy: no })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
}
