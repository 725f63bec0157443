/**
 * Somebody whose repository and image are there to do harm.
 */
import type { Effect } from "effect"
import type { Answer, Request } from "../service/Exchange.js"
import type { HubFacts } from "../world/World.js"

/** Answers a request instead of a service, or changes the service's answer. */
export type Before = (request: Request, usual: Effect.Effect<Answer>) => Effect.Effect<Answer>

export interface Stranger {
  /** What is wrong, in a few words: the name of the repository and of the image. */
  readonly name: string
  /** Where the image is. Default `ghcr.io`. */
  readonly registry?: "docker.io" | "ghcr.io" | "quay.io" | typeof ownRegistry
  /** The repository's files beside the workflow that pushes the image. */
  readonly files?: ReadonlyMap<string, string>
  /** What the image's registry answers of it. Default: as usual. */
  readonly atRegistry?: Before
  /** What Docker Hub says of it. */
  readonly hub?: Partial<HubFacts>
  /** What Docker Hub's API answers of it. Default: as usual. */
  readonly atHub?: Before
  /** What stands at the repository's alias in GitHub's answers. Default: as usual. */
  readonly atGitHub?: unknown
}

/** A registry that strangers run: there they decide what is answered, and not only what is kept. */
export const ownRegistry = "own.stranger.example"

/** Whose repositories and images these are. */
export const owner = "stranger"

/** A name of a repository out of a few words. */
export const slug = (words: string): string => words.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")
