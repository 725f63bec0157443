/**
 * The catalog as the settings want it.
 */
import { Effect, Option } from "effect"
import type { SettingsValues } from "../settings/Settings.js"
import type { CatalogOptions } from "./CatalogOptions.js"

/** The options of the catalog's job and commands. */
export const catalogOptions = ({ catalog, dockerhub, store }: SettingsValues): CatalogOptions => ({
  images: Option.map(catalog.images, ({ names }) => names),
  fromLinks: catalog.fromLinks,
  newAs: catalog.newAs,
  maxTags: catalog.maxTags,
  interval: catalog.interval,
  lease: store.lease,
  idleSleep: dockerhub.idleSleep
})

/** Names the entries of `DOCKER_SCRAPER_IMAGES` that are no images, and are skipped. */
export const tellSkipped = ({ catalog }: SettingsValues): Effect.Effect<void> =>
  Effect.forEach(
    Option.match(catalog.images, { onNone: () => [], onSome: ({ skipped }) => skipped }),
    (problem) => Effect.logWarning(`DOCKER_SCRAPER_IMAGES: ${problem}; skipped`),
    { discard: true }
  )
