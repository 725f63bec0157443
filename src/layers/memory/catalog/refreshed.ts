/**
 * What the refresh of pull counts brings for the catalog in memory.
 */
import { Option } from "effect"
import { fromDetails } from "../../../domain/CatalogImage.js"
import type { ImageFacts } from "../../../domain/Finding.js"
import type { CatalogTables } from "./tables.js"

/** Takes in the details of an image that the catalog has, as answered at an instant (epoch milliseconds). */
export const refreshed = (catalog: CatalogTables, { details, image }: ImageFacts, at: number): void => {
  const row = catalog.entries.get(image)
  if (row === undefined || !row.tracked || details === undefined) return
  catalog.entries.set(image, {
    ...row,
    ...fromDetails(details),
    fetchedAt: Option.some(at),
    missingSince: Option.none(),
    gone: false
  })
}
