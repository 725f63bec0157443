/**
 * How a registry client behaves, with its usual values.
 */
import { Duration } from "effect"
import type { MirrorSetting } from "./endpoints.js"

export interface OciRegistryOptions {
  /** Other addresses for the reads of registries. Default: none. */
  readonly mirrors?: ReadonlyArray<MirrorSetting>
  /** Registries that labels may name beside those that everybody knows. Those with a mirror are among them. Default: none. */
  readonly configured?: ReadonlyArray<string>
  /** Requests in flight to one registry. Default 6. */
  readonly concurrency?: number
  /** Requests per second to one registry, by its name; no entry means no limit of ours. */
  readonly requestsPerSecond?: Readonly<Record<string, number>>
  /**
   * The longest that one call waits for a registry that asked to wait, over all its attempts; what would take longer
   * fails with RATE_LIMIT at once. Default 30 s.
   */
  readonly longestWait?: Duration.Duration
  /** Attempts after the first for timeouts, broken connections and server errors. Default 3. */
  readonly retries?: number
  /** For an exchange with its whole body, and for each silence within a blob. Default 30 s. */
  readonly timeout?: Duration.Duration
  /** Remember what tags point to for the life of this client: right for one command, wrong for a daemon. Default false. */
  readonly rememberTags?: boolean
  /** Pages of one tag listing before it counts as endless. Default 2,000. */
  readonly maxTagPages?: number
}

export type Settled = Required<OciRegistryOptions>

/** The options with the usual values in place of what is missing. */
export const settle = (options: OciRegistryOptions): Settled => ({
  mirrors: [],
  configured: [],
  concurrency: 6,
  requestsPerSecond: {},
  longestWait: Duration.seconds(30),
  retries: 3,
  timeout: Duration.seconds(30),
  rememberTags: false,
  maxTagPages: 2_000,
  ...options
})

/** The largest manifest, and the largest document that is read whole (distribution-spec, "Pushing Manifests"). */
export const maxDocumentBytes = 4 * 1024 * 1024

/** The largest page of a tag listing: some registries send all tags as one. */
export const maxListingBytes = 32 * 1024 * 1024
