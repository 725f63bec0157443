/**
 * When a namespace's listing (100 images for one call) saves calls over asking image by image, and what its pages prove.
 */
import type { ImageFacts } from "./Finding.js"
import { hubKey } from "./HubImage.js"

/** Entries on a page of a listing. */
export const pageSize = 100

/** What a page says, without its facts; `domain` does not know who fetched it. */
export interface ListedPage {
  readonly count: number
  readonly images: ReadonlyArray<ImageFacts>
  readonly complete: boolean
  readonly walled: boolean
}

/**
 * Whether to list. `wanted`: distinct images of the namespace that wait. `count`: its size, where a page has told it.
 * A namespace of unknown size is worth one call as soon as two images wait; a known one is worth its pages when they are
 * fewer than the images.
 */
export const worthListing = (wanted: number, count: number | undefined): boolean =>
  wanted >= 2 && (count === undefined || Math.ceil(count / pageSize) < wanted)

/** What a page means for those who wait: every one of them is in exactly one of the three. */
export interface PageVerdict<W> {
  readonly found: ReadonlyArray<{ readonly wanted: W; readonly facts: ImageFacts }>
  /** Proved absent: the whole namespace was seen, and they were not in it. */
  readonly absent: ReadonlyArray<W>
  readonly open: ReadonlyArray<W>
  /** The next page is worth its call to those who are open. */
  readonly goOn: boolean
}

/** Reads a page for those who wait. `pagesSeen` counts this one. */
export const readPage = <W extends { readonly image: string }>(
  wanted: ReadonlyArray<W>,
  page: ListedPage,
  pagesSeen: number
): PageVerdict<W> => {
  const listed = new Map(page.images.map((facts) => [hubKey(facts.image), facts]))
  const found: Array<{ readonly wanted: W; readonly facts: ImageFacts }> = []
  const missing: Array<W> = []
  for (const one of wanted) {
    const facts = listed.get(hubKey(one.image))
    if (facts === undefined) missing.push(one)
    else found.push({ wanted: one, facts: { ...facts, image: one.image } })
  }
  if (page.complete) return { found, absent: missing, open: [], goOn: false }
  const pagesLeft = Math.ceil(page.count / pageSize) - pagesSeen
  return { found, absent: [], open: missing, goOn: !page.walled && pagesLeft > 0 && pagesLeft < missing.length }
}
