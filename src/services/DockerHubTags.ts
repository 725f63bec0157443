import type { Stream } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { HubTag } from "../domain/HubTag.js"

/** One page of an image's tags. */
export interface TagPage {
  /** How many tags the image has in all, as the Hub counts. */
  readonly count: number
  /** Those that no page before has brought, newest first. */
  readonly tags: ReadonlyArray<HubTag>
  /** True on the page with which all tags have been seen: then, what was not listed is not there. */
  readonly complete: boolean
  /** True where the anonymous wall (1,000 tags) ended the listing. */
  readonly walled: boolean
}

/** What Docker Hub lists of an image's tags. Its calls take the same turn and the same park as `DockerHubRegistry`'s. */
export class DockerHubTags extends Context.Tag("image-census/DockerHubTags")<DockerHubTags, {
  /**
   * `GET /v2/namespaces/{ns}/repositories/{name}/tags`: a page per element, a call per page, on demand, newest tags
   * first. Ends after the page that is `complete` or `walled`, and, neither, where pages repeat or a page cannot be
   * trusted to be whole. `pageSize` is 1 to 100, default 100. NOT_FOUND: there is no such image.
   */
  readonly pages: (
    image: string,
    options?: { readonly pageSize?: number }
  ) => Stream.Stream<TagPage, CensusError>
}>() {}
