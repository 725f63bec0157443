/**
 * The settings of the catalog, in the order of the README's table.
 */
import { Array as Arr, Config, Duration, Either, Option } from "effect"
import { type CatalogName, parseName } from "../../domain/CatalogImage.js"
import * as Read from "./readers.js"
import { optional, type Reader, withDefault } from "./Setting.js"

/** Images as a person listed them; `skipped` says in a line each which entries are none. */
export interface ListedImages {
  readonly names: ReadonlyArray<CatalogName>
  readonly skipped: ReadonlyArray<string>
}

// A wrong entry must not keep the others from being looked at.
const images: Reader<ListedImages> = (text) => {
  const parts = text.split(/[,\s]+/).filter((part) => part !== "")
  const [skipped, names] = Arr.partitionMap(parts, (part) => Either.mapLeft(parseName(part), ({ message }) => message))
  return Either.right({ names: [...new Map(names.map((name) => [name.image, name])).values()], skipped })
}

const tags: Reader<Option.Option<number>> = (text) =>
  text.toLowerCase() === "all"
    ? Either.right(Option.none())
    : Either.mapBoth(Read.wholeNumber({ min: 1, max: 100_000 })(text), {
      onLeft: (message) => `${message}, or all`,
      onRight: (count) => Option.some(count)
    })

export const catalogDefinitions = {
  scraperEnabled: withDefault("DOCKER_SCRAPER_ENABLED", {
    type: "true or false",
    default: "true",
    doc: "Whether the daemon keeps the catalog of images."
  }, Read.truth),
  scraperImages: optional("DOCKER_SCRAPER_IMAGES", {
    type: "list of images",
    default: "the official images",
    doc: "Which images the catalog has, with commas between them: `nginx`, `org/name`, `ghcr.io/o/n`."
  }, images),
  scraperMaxTags: withDefault("DOCKER_SCRAPER_MAX_TAGS", {
    type: "whole number or all",
    unit: "tags",
    default: "10",
    doc: "How many of an image's newest tags the catalog takes in."
  }, tags),
  scraperInterval: withDefault("DOCKER_SCRAPER_INTERVAL_H", {
    type: "number",
    unit: "hours",
    default: "24",
    doc: "How long until an image of the catalog is looked at again."
  }, (text) => Either.map(Read.number({ min: 0.01, max: 8760 })(text), Duration.hours)),
  catalogNewAs: withDefault("CATALOG_NEW_AS", {
    type: "published or draft",
    default: "published",
    doc: "As what new images come into the catalog."
  }, Read.choice("published", "draft")),
  catalogFromLinks: withDefault("CATALOG_FROM_LINKS", {
    type: "true or false",
    default: "false",
    doc: "Whether images that are linked to repositories join the catalog."
  }, Read.truth)
} as const

/** What is set about the catalog. */
export interface CatalogSettings {
  /** Whether the daemon keeps it. */
  readonly enabled: boolean
  /** None: the official images. */
  readonly images: Option.Option<ListedImages>
  /** None: all. */
  readonly maxTags: Option.Option<number>
  readonly interval: Duration.Duration
  readonly newAs: "published" | "draft"
  readonly fromLinks: boolean
}

export const catalogSettings: Config.Config<CatalogSettings> = Config.all({
  enabled: catalogDefinitions.scraperEnabled.config,
  images: catalogDefinitions.scraperImages.config,
  maxTags: catalogDefinitions.scraperMaxTags.config,
  interval: catalogDefinitions.scraperInterval.config,
  newAs: catalogDefinitions.catalogNewAs.config,
  fromLinks: catalogDefinitions.catalogFromLinks.config
})
