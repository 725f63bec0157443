/**
 * Connections by how far they may go, for clients that are sent on by what they ask.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import { Context } from "effect"
import type { Network, Reach } from "../../domain/PrivateAddress.js"
import type { HeadRequests } from "./headRequests.js"

/** A pool of connections. Neither way follows redirects: whoever asks counts them. */
export interface Connection {
  readonly client: HttpClient
  readonly heads: HeadRequests
}

/** Present beside an HTTP client that can do it; without it, addresses are judged by what stands in them alone. */
export class Connections extends Context.Tag("image-census/Connections")<Connections, {
  /**
   * Connections to addresses within a reach. A host that is not, by its address or by what its name resolves to, is not
   * connected to: the request fails with a `RefusedAddress` as its cause, at HEADs too.
   */
  readonly within: (reach: Reach) => Connection
  /**
   * The network in which the server of a URL was when it was last connected to `anywhere`; undefined where that never
   * was, where it was on the internet, or where a proxy connects.
   */
  readonly networkOf: (url: URL) => Network | undefined
}>() {}
