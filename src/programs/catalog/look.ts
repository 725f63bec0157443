/**
 * What looks at images have in common.
 */
import type { Option } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { CatalogFinding, TagListing } from "../../services/ImageCatalog.js"

/** What came of a look. `error`: what ended it before its end; what was answered before that counts. */
export interface Look {
  readonly image: CatalogFinding["image"]
  readonly tags: Option.Option<TagListing>
  readonly error: Option.Option<CensusError>
}
