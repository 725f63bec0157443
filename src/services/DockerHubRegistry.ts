import type { Effect, Stream } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { ImageFacts } from "../domain/Finding.js"

/** One page of a namespace's listing. */
export interface NamespacePage {
  /** How many repositories the namespace has in all, as the Hub counts. */
  readonly count: number
  readonly images: ReadonlyArray<ImageFacts>
  /** True on the page with which the whole namespace has been seen: then, what was not listed is absent. */
  readonly complete: boolean
  /** True where the anonymous wall ended the listing: what was not listed has to be asked for singly. */
  readonly walled: boolean
}

/** Docker Hub's API: one call at a time for the whole egress address, behind one park. */
export class DockerHubRegistry extends Context.Tag("image-census/DockerHubRegistry")<DockerHubRegistry, {
  /**
   * `GET /v2/namespaces/{ns}/repositories/{name}`: one attempt. The park is waited out before the call is made; a
   * RATE_LIMIT answer parks the address and fails, so that the caller decides whether to ask again.
   * NOT_FOUND is a definite 404 with the Hub's JSON body. `image` is a familiar name (see `domain/HubImage`), and the
   * facts carry it as it was given, with the details that the same answer brings.
   */
  readonly repository: (image: string) => Effect.Effect<ImageFacts, CensusError>
  /**
   * `GET /v2/namespaces/{ns}/repositories?page_size=100`: a page per element, a call per page, on demand. Ends after
   * the page that is `complete` or `walled`. NOT_FOUND: there is no such namespace.
   */
  readonly namespace: (namespace: string) => Stream.Stream<NamespacePage, CensusError>
}>() {}
