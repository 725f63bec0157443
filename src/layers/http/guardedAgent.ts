/**
 * Pools of connections that go no further than they may. A name is judged by the addresses that it resolves to for this
 * very connection, so a name that resolves to another address the second time (DNS rebinding) gains nothing.
 */
import { Duration, Effect, Option, type Scope } from "effect"
import { lookup as systemLookup } from "node:dns"
import type { LookupFunction } from "node:net"
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici"
import { literalAddress, type Reach, refusedWithin } from "../../domain/PrivateAddress.js"

/** An address that must not be connected to. The message is for people. */
export class RefusedAddress extends Error {
  override readonly name = "RefusedAddress"
}

/** The refused address that an error was caused by. */
export const refusedIn = (error: unknown): RefusedAddress | undefined => {
  if (error instanceof RefusedAddress) return error
  return error instanceof Error && error.cause !== undefined ? refusedIn(error.cause) : undefined
}

/** Values of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export interface Proxy {
  readonly https?: string | undefined
  readonly http?: string | undefined
  /** Hosts, comma-separated, with or without port; `*` is all. */
  readonly no?: string | undefined
}

/** What connections are held to. */
export interface Guard {
  readonly reach: Reach
  /** What a person can do about a refusal, for messages; empty where nothing. */
  readonly hint: string
  /**
   * Whether a proxy may be asked for a name that does not resolve here: what it stands for is the proxy's alone to know.
   */
  readonly trustsProxy: boolean
}

export interface AgentOptions {
  readonly guard: Guard
  readonly proxy: Proxy
  readonly connectTimeout: Duration.Duration
  /** How names are resolved. Default: as the system does. */
  readonly lookup?: LookupFunction | undefined
  /** Told of each direct connection: the host and port that were asked for, and the address that it came to. */
  readonly connected?: (at: { readonly host: string; readonly address: string }) => void
}

const refusalOf = ({ hint, reach }: Guard, host: string, address: string): RefusedAddress | undefined => {
  const reason = refusedWithin(reach, address)
  if (reason === undefined) return undefined
  const named = host === address ? host : `${host} (${address})`
  return new RefusedAddress(`${named} is ${reason}${hint === "" ? "" : `; ${hint}`}`)
}

const addressesOf = (found: string | ReadonlyArray<{ readonly address: string }>): ReadonlyArray<string> =>
  typeof found === "string" ? [found] : found.map(({ address }) => address)

const firstRefusal = (guard: Guard, host: string, addresses: ReadonlyArray<string>): RefusedAddress | undefined => {
  for (const address of addresses) {
    const refused = refusalOf(guard, host, address)
    if (refused !== undefined) return refused
  }
  return undefined
}

/**
 * What is wrong with a URL's host by its addresses now. None also where it has no address: then it cannot be reached,
 * unless by a proxy (`proxied`), which is not trusted with it.
 */
export const refusedHost = (
  host: string,
  guard: Guard,
  proxied: boolean,
  lookup: LookupFunction = systemLookup
): Effect.Effect<Option.Option<RefusedAddress>> => {
  if (guard.reach === "anywhere") return Effect.succeedNone
  const literal = literalAddress(host)
  if (literal !== undefined) return Effect.succeed(Option.fromNullable(refusalOf(guard, literal, literal)))
  return Effect.async((resume) => {
    lookup(host, { all: true }, (error, found) => {
      if (error === null) {
        return resume(Effect.succeed(Option.fromNullable(firstRefusal(guard, host, addressesOf(found)))))
      }
      const unknown = proxied && !guard.trustsProxy
      const hint = guard.hint === "" ? "" : `; ${guard.hint}`
      resume(Effect.succeed(
        unknown
          ? Option.some(new RefusedAddress(`${host} does not resolve here, and a proxy might lead it anywhere${hint}`))
          : Option.none()
      ))
    })
  })
}

// A refused name has no address to connect to.
const guardedLookup = (guard: Guard, lookup: LookupFunction): LookupFunction => (host, options, callback) =>
  lookup(host, options, (error, found, family) => {
    const refused = error === null ? firstRefusal(guard, host, addressesOf(found)) : undefined
    callback(refused ?? error, found, family)
  })

// A host that is an address is not looked up. The socket is looked at in any case: nothing was sent yet.
const guardedConnector = (options: AgentOptions): buildConnector.connector => {
  const { connected, guard, lookup = systemLookup } = options
  const timeout = Duration.toMillis(options.connectTimeout)
  const unguarded = guard.reach === "anywhere"
  const connect = buildConnector({ timeout, lookup: unguarded ? lookup : guardedLookup(guard, lookup) })
  return (asked, callback) => {
    const literal = literalAddress(asked.hostname)
    const refused = literal === undefined ? undefined : refusalOf(guard, literal, literal)
    if (refused !== undefined) return callback(refused, null)
    return connect(asked, (error, socket) => {
      if (error !== null) return callback(error, null)
      const address = socket.remoteAddress ?? ""
      const refused = refusalOf(guard, asked.hostname, address)
      if (refused === undefined) {
        connected?.({ host: asked.host ?? asked.hostname, address })
        return callback(null, socket)
      }
      socket.destroy()
      callback(refused, null)
    })
  }
}

const nothing = (): void => undefined

/** A request that was never sent can neither be aborted nor paused. */
const unsent: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: nothing,
  pause: nothing,
  resume: nothing
}

// What goes through a proxy is connected by the proxy, so the name is looked at before it is told to it.
const lookedAt = (options: AgentOptions): Dispatcher.DispatcherComposeInterceptor => (dispatch) => (asked, handler) => {
  const host = asked.origin === undefined ? "" : new URL(asked.origin).hostname
  const fail = (error: Error) => handler.onResponseError?.(unsent, error)
  Effect.runCallback(refusedHost(host, options.guard, true, options.lookup), {
    onExit: (exit) => {
      if (exit._tag === "Failure") return fail(new Error("the name was not looked up"))
      if (Option.isSome(exit.value)) return fail(exit.value.value)
      try {
        dispatch(asked, handler)
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
      }
    }
  })
  return true
}

/** A pool of connections within a reach. Goes with the scope. */
export const makeAgent = (options: AgentOptions): Effect.Effect<Dispatcher, never, Scope.Scope> => {
  const { http = "", https = "", no = "" } = options.proxy
  const connect = guardedConnector(options)
  return Effect.acquireRelease(
    // Empty strings keep undici from reading the environment itself.
    Effect.sync((): Dispatcher => {
      if (http === "" && https === "") return new Agent({ connect })
      const agent = new EnvHttpProxyAgent({ connect, httpProxy: http, httpsProxy: https, noProxy: no })
      return options.guard.reach === "anywhere" ? agent : agent.compose(lookedAt(options))
    }),
    (agent) => Effect.promise(() => agent.destroy())
  )
}
