/**
 * What the layers for GitHub are given. Plain values: reading them from the environment is a program's work.
 */
import type { Duration, Redacted } from "effect"

/** A GitHub App: its installations pay, each for itself. */
export interface GitHubAppOptions {
  /** The App's id or client id. */
  readonly appId: string
  /** A private key that `readPrivateKey` returned. */
  readonly privateKey: Redacted.Redacted
  /** Which installations to use. Empty: all that are not suspended. */
  readonly installationIds: ReadonlyArray<string>
}

export interface GitHubOptions {
  /** Personal tokens. Each pays for itself: `token:1`, `token:2` and so on in this order. */
  readonly tokens: ReadonlyArray<Redacted.Redacted>
  readonly app?: GitHubAppOptions | undefined
  /** Default `https://api.github.com`. GraphQL is at `/graphql` below it; for `…/api/v3` it is `…/api/graphql`. */
  readonly apiUrl?: string
  /** Also list the folders in which workflows and other files that tell of images are. Default: Dockerfiles alone. */
  readonly files?: boolean
  /**
   * The largest number of repositories in one request (`GITHUB_BATCH_SIZE`): twice as many
   * where only their HEADs are compared, half as many texts of files. Default 100.
   */
  readonly batchSize?: number
  /** The size of each credential's first batch; it doubles from there. Default 25. */
  readonly firstBatchSize?: number
  /** How long a request waits for more repositories to ask for after the last that came. Default 10 ms. */
  readonly window?: Duration.Duration
  /** For a whole exchange, body included. Default 30 s. */
  readonly timeout?: Duration.Duration
}

/** Where to ask. */
export interface GitHubUrls {
  readonly rest: string
  readonly graphql: string
}

/** The addresses below an API address, whether or not it ends in a slash. */
export const githubUrls = (apiUrl = "https://api.github.com"): GitHubUrls => {
  const rest = apiUrl.trim().replace(/\/+$/, "").replace(/\/graphql$/, "")
  return { rest, graphql: rest.endsWith("/api/v3") ? `${rest.slice(0, -"/v3".length)}/graphql` : `${rest}/graphql` }
}
