/**
 * By which connections the addresses of an exchange with a registry are reached: those that a person named by any,
 * those that an answer named by connections that go no further than that registry's word does.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Option } from "effect"
import { type Reach, reachFrom } from "../../domain/PrivateAddress.js"
import { getOrMake } from "../getOrMake.js"
import type { Connections } from "../http/Connections.js"
import type { HeadRequests } from "../http/headRequests.js"
import { reachOf, refusalOf, sameOrigin } from "./addresses.js"
import type { Endpoint } from "./endpoints.js"

/** A client, and a quicker one for HEADs where there is one. Neither follows redirects. */
export interface Way {
  readonly client: HttpClient.HttpClient
  readonly heads: HeadRequests | undefined
}

export interface Ways {
  /** How far an address may be: the registry's own as far as whoever named it, others as far as its answers may send us. */
  readonly reach: (endpoint: Endpoint, url?: URL) => Reach
  readonly to: (endpoint: Endpoint, url: URL) => Way
  /** Why an answer of a registry, or of a server that it led to, may not send us from one address to another. */
  readonly refusal: (endpoint: Endpoint, from: URL, to: URL) => string | undefined
  /** Whether HEADs have a way of their own. */
  readonly quickHeads: boolean
}

const reaches: ReadonlyArray<Reach> = ["public", "site", "machine", "anywhere"]

const narrower = (one: Reach, other: Reach): Reach => reaches.indexOf(one) < reaches.indexOf(other) ? one : other

// The spans are ours (`OciRegistry.…`); one more for each exchange would only cost.
const untraced = (client: HttpClient.HttpClient) => HttpClient.withTracerDisabledWhen(client, () => true)

/**
 * The ways of a client. Without `Connections`, all go through `http`: addresses are judged by what stands in them, and
 * what names resolve to is not seen.
 */
export const makeWays = (http: HttpClient.HttpClient, connections: Option.Option<typeof Connections.Service>): Ways => {
  const plain: Way = { client: untraced(http), heads: undefined }
  const ways = new Map<Reach, Way>()

  const wayWithin = (reach: Reach): Way =>
    Option.match(connections, {
      onNone: () => plain,
      onSome: ({ within }) =>
        getOrMake(ways, reach, () => {
          const { client, heads } = within(reach)
          return { client: untraced(client), heads }
        })
    })

  // The network that the address tells, or where the server was when we were last connected to it.
  const reachBy = (url: URL): Reach => {
    const seen = Option.flatMapNullable(connections, ({ networkOf }) => networkOf(url))
    return Option.match(seen, { onNone: () => reachOf(url), onSome: reachFrom })
  }

  const others = ({ base, within = "anywhere" }: Endpoint): Reach => narrower(within, reachBy(base))

  const reach = (endpoint: Endpoint, url?: URL): Reach =>
    url !== undefined && sameOrigin(url, endpoint.base) ? endpoint.within ?? "anywhere" : others(endpoint)

  return {
    reach,
    to: (endpoint, url) => wayWithin(reach(endpoint, url)),
    refusal: (endpoint, from, to) =>
      refusalOf(from, to, sameOrigin(from, endpoint.base) ? others(endpoint) : reachBy(from)),
    quickHeads: Option.isSome(connections)
  }
}
