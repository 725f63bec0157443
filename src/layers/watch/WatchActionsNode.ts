/**
 * `WatchActions` on Node: webhooks over connections that are looked at, programs without a shell.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as HttpClient from "@effect/platform/HttpClient"
import { Duration, Effect, Layer, Option, type Redacted } from "effect"
import type { LookupFunction } from "node:net"
import type { WatchAction } from "../../domain/Watch.js"
import { type ActionResult, WatchActions } from "../../services/WatchActions.js"
import { type Guard, makeAgent, type Proxy, refusedHost } from "../http/guardedAgent.js"
import { runCommand } from "./command.js"
import { sendWebhook } from "./webhook.js"

export interface WatchActionsOptions {
  /** Signs webhooks; none: they are not signed. */
  readonly secret: Option.Option<Redacted.Redacted>
  /** For a webhook's whole exchange. Default 30 s. */
  readonly webhookTimeout?: Duration.Duration
  /** For a program. Default 5 minutes. */
  readonly commandTimeout?: Duration.Duration
  /** Names of environment variables that programs do not get. Default: none. */
  readonly withheld?: ReadonlyArray<string>
  readonly userAgent?: string
  readonly proxy?: Proxy
  /** How names are resolved. Default: as the system does. */
  readonly lookup?: LookupFunction
}

const connectTimeout = Duration.seconds(10)

const refused = (message: string): ActionResult => ({
  ok: false,
  result: `refused: ${message}`,
  output: Option.none(),
  retryAt: Option.none()
})

// Whoever may add a watch is not thereby allowed to reach this machine's networks, a proxy's included.
const guard: Guard = { reach: "public", hint: "--allow-private allows such addresses", trustsProxy: false }
const unguarded: Guard = { ...guard, reach: "anywhere" }

/** The actions with connections of their own, which go with the scope. */
export const make = Effect.fnUntraced(function*(options: WatchActionsOptions) {
  const executor = yield* CommandExecutor.CommandExecutor
  const proxy = options.proxy ?? {}
  const proxied = (proxy.http ?? "") !== "" || (proxy.https ?? "") !== ""
  const problemOf = (action: WatchAction): Effect.Effect<Option.Option<string>> => {
    if (action._tag === "Command") return Effect.succeedNone
    // One that a person or another program wrote into the database.
    if (!URL.canParse(action.url)) return Effect.succeedSome("the address of the webhook cannot be read")
    if (action.allowPrivate) return Effect.succeedNone
    const { hostname } = new URL(action.url)
    return Effect.map(refusedHost(hostname, guard, proxied, options.lookup), Option.map(({ message }) => message))
  }
  const clientOf = (guard: Guard) =>
    Effect.map(makeAgent({ guard, proxy, connectTimeout, lookup: options.lookup }), (agent) =>
      // Receivers need not know our traces, and the address may hold a secret that a span would keep.
      HttpClient.withTracerDisabledWhen(
        HttpClient.withTracerPropagation(NodeHttpClient.makeUndici(agent), false),
        () => true
      ))
  const clients = { any: yield* clientOf(unguarded), public: yield* clientOf(guard) }
  const timeout = options.webhookTimeout ?? Duration.seconds(30)
  const userAgent = options.userAgent ?? "image-census"

  return WatchActions.of({
    problemOf,
    deliver: (event, action) =>
      action._tag === "Command"
        ? runCommand(event, action.argv, {
          executor,
          timeout: options.commandTimeout ?? Duration.minutes(5),
          withheld: options.withheld ?? []
        })
        : Effect.flatMap(problemOf(action), (problem) =>
          Option.isSome(problem)
            ? Effect.succeed(refused(problem.value))
            : sendWebhook(event, action.url, {
              client: action.allowPrivate ? clients.any : clients.public,
              secret: options.secret,
              timeout,
              userAgent
            }))
  })
})

/** The actions as a layer. */
export const layer = (
  options: WatchActionsOptions
): Layer.Layer<WatchActions, never, CommandExecutor.CommandExecutor> => Layer.scoped(WatchActions, make(options))
