/**
 * The catalog as texts and as records.
 */
import { Option } from "effect"
import { pullReference, type Words } from "../../domain/CatalogImage.js"
import * as Csv from "../../domain/Csv.js"
import { fullName, type RepositoryName } from "../../domain/GitHubRepository.js"
import { dockerHub } from "../../domain/ImageReference.js"
import type { CatalogEntry, CatalogTag, TagDigest } from "../../services/ImageCatalog.js"
import { bytes, cut, grouped, instant, iso, jsonNumber, orDash, table } from "./text.js"

const isoOrNull = (at: Option.Option<number>): string | null => Option.getOrNull(Option.map(at, iso))

const wordsRecord = ({ labels, licence, notes, publisher, title }: Words) => ({
  title: Option.getOrNull(title),
  notes: Option.getOrNull(notes),
  labels,
  publisher: Option.getOrNull(publisher),
  licence: Option.getOrNull(licence)
})

/** An image for programs. What a person said stands apart, under `words`. */
export const imageRecord = (entry: CatalogEntry) => ({
  image: entry.name.image,
  registry: entry.name.registry,
  repository: entry.name.repository,
  official: entry.official,
  visibility: entry.visibility,
  words: wordsRecord(entry.words),
  description: entry.description,
  logo: Option.getOrNull(entry.logo),
  categories: entry.categories,
  repositories: entry.repositories,
  licence: Option.getOrNull(entry.licence),
  source: Option.getOrNull(entry.source),
  pulls: Option.getOrNull(Option.map(entry.pulls, jsonNumber)),
  stars: Option.getOrNull(entry.stars),
  registered: isoOrNull(entry.registered),
  lastUpdated: isoOrNull(entry.lastUpdated),
  lookedAt: isoOrNull(entry.lookedAt),
  goneSince: Option.getOrNull(entry.goneSince),
  platforms: entry.platforms,
  tags: entry.tags,
  tagCount: Option.getOrNull(entry.tagCount),
  attempts: entry.attempts,
  lastError: Option.getOrNull(entry.lastError)
})

const platformRecord = (platform: CatalogTag["platforms"][number]) => ({
  platform: platform.platform,
  osVersion: Option.getOrNull(platform.osVersion),
  digest: Option.getOrNull(platform.digest),
  size: Option.getOrNull(platform.size),
  pushed: isoOrNull(platform.pushed)
})

/** A tag for programs. */
export const tagRecord = (entry: CatalogEntry, tag: CatalogTag) => ({
  image: entry.name.image,
  tag: tag.tag,
  reference: pullReference(entry.name, tag.tag),
  digest: Option.getOrNull(tag.digest),
  mediaType: Option.getOrNull(tag.mediaType),
  size: Option.getOrNull(tag.size),
  pushed: isoOrNull(tag.pushed),
  platforms: tag.platforms.map(platformRecord),
  attestations: tag.attestations.map(platformRecord),
  firstSeen: iso(tag.firstSeen),
  goneSince: isoOrNull(tag.goneSince),
  words: wordsRecord(tag.words)
})

/** What a tag pointed to, for programs. */
export const digestRecord = ({ digest, since, tag, until }: TagDigest) => ({
  tag,
  digest,
  since: iso(since),
  until: isoOrNull(until)
})

/** What stands behind an image's name on lists: what is not as usual. */
export const remarks = (entry: CatalogEntry): string =>
  [
    ...(entry.visibility === "published" ? [] : [entry.visibility]),
    ...Option.toArray(Option.map(entry.goneSince, (day) => `gone since ${day}`)),
    ...Option.toArray(Option.map(entry.lastError, (error) => `put off: ${error}`))
  ].join("; ")

const page = ({ image, registry, repository }: CatalogEntry["name"]): string =>
  registry === dockerHub
    ? `https://hub.docker.com/${repository.startsWith("library/") ? `_/${image}` : `r/${repository}`}`
    : `https://${registry}/${repository}`

const one = (label: string, value: Option.Option<string>): ReadonlyArray<readonly [string, string]> =>
  Option.toArray(Option.map(Option.filter(value, (text) => text !== ""), (text) => [label, text] as const))

/** The head of an image's page: who it is, what it says, what people say. */
export const headLines = (entry: CatalogEntry, official: ReadonlyArray<RepositoryName>): ReadonlyArray<string> => {
  const { words } = entry
  const title = [
    Option.match(words.title, { onNone: () => entry.name.image, onSome: (text) => `${entry.name.image}: ${text}` }),
    ...(entry.official ? ["official"] : []),
    ...Option.toArray(Option.map(entry.pulls, (pulls) => `${grouped(pulls)} pulls`)),
    ...Option.toArray(Option.map(entry.stars, (stars) => `${grouped(stars)} stars`))
  ].join(" · ")
  const repositories = entry.repositories.length > 0 ? entry.repositories : official.map(fullName)
  const facts = [
    ...one("remarks", Option.some(remarks(entry))),
    ...one("labels", Option.some(words.labels.join(", "))),
    ...one("notes", words.notes),
    ...one("publisher", words.publisher),
    ...one("licence", Option.orElse(words.licence, () => entry.licence)),
    ...one("categories", Option.some(entry.categories.join(", "))),
    ...one(
      "source",
      Option.orElse(entry.source, () =>
        repositories.length === 0
          ? Option.none()
          : Option.some(repositories.map((name) => `https://github.com/${name}`).join(" ")))
    ),
    ...one("page", Option.some(page(entry.name))),
    ...one("logo", entry.logo),
    ...one("pushed", Option.map(entry.lastUpdated, (at) => `${instant(at)} UTC`)),
    ...one("looked at", Option.map(entry.lookedAt, (at) => `${instant(at)} UTC`))
  ]
  const width = Math.max(0, ...facts.map(([label]) => label.length))
  return [
    title,
    ...(entry.description === "" ? [] : [entry.description]),
    "",
    ...facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`)
  ]
}

const shortDigest = (digest: Option.Option<string>): string =>
  orDash(Option.map(digest, (text) => text.slice(0, text.indexOf(":") + 13)))

// More columns than this are no grid any more.
const mostColumns = 12

const columnTitle = (platforms: ReadonlyArray<string>) => {
  const linux = platforms.every((platform) => platform.startsWith("linux/"))
  return (platform: string): string => linux ? platform.slice("linux/".length) : platform
}

const sizeOn = (tag: CatalogTag, platform: string): string => {
  const there = tag.platforms.filter((one) => one.platform === platform)
  const [first] = there
  if (first === undefined) return "-"
  return Option.match(first.size, { onNone: () => "yes", onSome: bytes })
}

const longestTag = 40

/** Tags with their platforms as a grid: a column for each platform, with the compressed size where the tag has it. */
export const gridLines = (
  tags: ReadonlyArray<CatalogTag>,
  terminal: number | undefined
): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { platforms } of tags) {
    for (const platform of new Set(platforms.map((one) => one.platform))) {
      counts.set(platform, (counts.get(platform) ?? 0) + 1)
    }
  }
  const common = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([platform]) => platform)
  const shown = common.slice(0, mostColumns)
  const title = columnTitle(shown)
  const rest = common.length > shown.length
  return table(
    [
      { title: "TAG", align: "left" },
      { title: "PUSHED (UTC)", align: "left" },
      ...shown.map((platform) => ({ title: title(platform), align: "right" } as const)),
      ...(rest ? [{ title: "MORE", align: "left" } as const] : []),
      { title: "DIGEST", align: "left" }
    ],
    tags.map((tag) => [
      cut(tag.tag, longestTag) + (Option.isSome(tag.goneSince) ? " (gone)" : ""),
      orDash(Option.map(tag.pushed, instant)),
      ...shown.map((platform) => sizeOn(tag, platform)),
      ...(rest
        ? [String(tag.platforms.filter(({ platform }) => !shown.includes(platform)).length)]
        : []),
      shortDigest(tag.digest)
    ]),
    terminal
  )
}

/** What tags pointed to, as a table; a tag's name stands once. */
export const historyLines = (
  digests: ReadonlyArray<TagDigest>,
  terminal: number | undefined
): ReadonlyArray<string> =>
  table(
    [
      { title: "TAG", align: "left" },
      { title: "SINCE (UTC)", align: "left" },
      { title: "UNTIL (UTC)", align: "left" },
      { title: "DIGEST", align: "left" }
    ],
    digests.map((row, index) => [
      digests[index - 1]?.tag === row.tag ? "" : cut(row.tag, longestTag),
      instant(row.since),
      Option.match(row.until, { onNone: () => "now", onSome: instant }),
      shortDigest(Option.some(row.digest))
    ]),
    terminal
  )

/** The columns of the export as CSV. */
export const csvColumns = [
  "image",
  "tag",
  "reference",
  "digest",
  "size",
  "pushed",
  "platforms",
  "official",
  "licence",
  "title"
] as const

/** A tag as a line of CSV (RFC 4180); platforms with blanks between them. */
export const csvLine = (entry: CatalogEntry, tag: CatalogTag): string =>
  Csv.record([
    entry.name.image,
    tag.tag,
    pullReference(entry.name, tag.tag),
    Option.getOrElse(tag.digest, () => ""),
    Option.match(tag.size, { onNone: () => "", onSome: String }),
    Option.match(tag.pushed, { onNone: () => "", onSome: iso }),
    [...new Set(tag.platforms.map(({ platform }) => platform))].join(" "),
    String(entry.official),
    Option.getOrElse(Option.orElse(entry.words.licence, () => entry.licence), () => ""),
    Option.getOrElse(entry.words.title, () => "")
  ])
