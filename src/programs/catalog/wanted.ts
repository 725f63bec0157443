/**
 * Which images the catalog is about by default.
 */
import { Effect, Either, Option } from "effect"
import { parseName } from "../../domain/CatalogImage.js"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import type { CatalogOptions } from "./CatalogOptions.js"

/** Tells the catalog which images are wanted: those of the settings, or else the official ones. */
export const saveWanted = Effect.fn("catalog.wanted")(function*(options: CatalogOptions) {
  const catalog = yield* ImageCatalog
  const wanted = Option.isSome(options.images)
    ? options.images.value.map((name) => ({ name, origin: "setting" as const }))
    : (yield* catalog.official).flatMap(({ name }) =>
      Option.toArray(Option.map(Either.getRight(parseName(name)), (name) => ({ name, origin: "official" as const })))
    )
  return yield* catalog.want(wanted, { fromLinks: options.fromLinks, as: options.newAs })
})
