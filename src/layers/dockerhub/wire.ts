/**
 * Docker Hub's documents, as far as they are read here, and how they become facts. Nothing is guessed: a document of
 * another shape decodes to nothing.
 */
import { Either, Option, Schema } from "effect"
import type { ImageFacts } from "../../domain/Finding.js"
import type { HubPath } from "../../domain/HubImage.js"
import type { HubDetails } from "../../domain/HubTag.js"
import { stringEnd } from "../../domain/JsonDocuments.js"
import { parse } from "../../domain/JsonText.js"
import type { Malformed } from "../../domain/Malformed.js"

// A number with all its parts.
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

const quoteLarge = (text: string): string =>
  text.replace(number, (token) => /^-?\d{16,}$/.test(token) ? `"${token}"` : token)

// Digits within strings are left alone. No pattern goes over a string: one of 16 MB is too much for its stack.
const withLargeQuoted = (text: string): string => {
  let out = ""
  let from = 0
  while (from < text.length) {
    const string = text.indexOf("\"", from)
    if (string === -1) return out + quoteLarge(text.slice(from))
    const end = stringEnd(text, string)
    out += quoteLarge(text.slice(from, string)) + text.slice(string, end)
    from = end
  }
  return out
}

/**
 * Reads JSON without losing the digits of large integers: those of 16 digits and more become strings. Left when the
 * text is not JSON, or too deep.
 */
export const parseJson = (text: string): Either.Either<unknown, Malformed> =>
  Either.flatMap(
    parse(text),
    (value) => /\d{16}/.test(text) ? parse(withLargeQuoted(text)) : Either.right(value)
  )

/** A count of any size. */
const Count = Schema.Union(
  Schema.transform(
    Schema.Number.pipe(Schema.int(), Schema.between(0, Number.MAX_SAFE_INTEGER)),
    Schema.BigIntFromSelf,
    {
      strict: true,
      decode: (count) => BigInt(count),
      encode: (count) => Number(count)
    }
  ),
  Schema.transform(Schema.String.pipe(Schema.pattern(/^\d{1,40}$/)), Schema.BigIntFromSelf, {
    strict: true,
    decode: (count) => BigInt(count),
    encode: String
  })
)

const Text = Schema.NullishOr(Schema.String)

/** A repository, alone or in a listing; a listing marks nothing as required, and tells less. */
const Repository = Schema.Struct({
  name: Schema.optional(Text),
  namespace: Schema.optional(Text),
  is_private: Schema.optional(Schema.NullishOr(Schema.Boolean)),
  pull_count: Count,
  // Absent is another document; null is a Hub that has none to tell.
  star_count: Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.nonNegative())),
  last_updated: Schema.optional(Text),
  // What the census can do without is taken as far as it is there.
  description: Schema.optional(Schema.Unknown),
  full_description: Schema.optional(Schema.Unknown),
  categories: Schema.optional(Schema.Unknown),
  date_registered: Schema.optional(Schema.Unknown)
})
type Repository = typeof Repository.Type

const Page = Schema.Struct({
  count: Schema.Number.pipe(Schema.int(), Schema.nonNegative()),
  next: Schema.optional(Text),
  results: Schema.Array(Repository)
})

const Token = Schema.Struct({ access_token: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]+$/)) })

const Refusal = Schema.Struct({ message: Schema.optional(Schema.Unknown), detail: Schema.optional(Schema.Unknown) })

const decodeRepository = Schema.decodeUnknownOption(Repository)
const decodePage = Schema.decodeUnknownOption(Page)
const decodeRefusal = Schema.decodeUnknownOption(Refusal)

/** The token in the answer to a login. */
export const readToken = (document: unknown): Option.Option<string> =>
  Option.map(Schema.decodeUnknownOption(Token)(document), (token) => token.access_token)

const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i

// The Hub writes 0 to 9 fraction digits, and the year 1 where it means "never".
export const instant = (text: unknown): Option.Option<number> => {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}T/.test(text)) return Option.none()
  return Option.liftPredicate(Date.parse(zoned.test(text) ? text : `${text}Z`), (epoch) => epoch > 0)
}

/** Whether a document speaks of what was asked for: as far as it says. */
const isSame = (said: string | null | undefined, asked: string): boolean =>
  said === undefined || said === null || said.toLowerCase() === asked.toLowerCase()

const factsOf = (image: string, repository: Repository): ImageFacts => ({
  image,
  pulls: repository.pull_count,
  stars: repository.star_count ?? 0,
  lastUpdated: instant(repository.last_updated)
})

const decodeCategory = Schema.decodeUnknownOption(Schema.Struct({ name: Schema.NonEmptyString }))

const text = (value: unknown): string => typeof value === "string" ? value : ""

const detailsOf = (repository: Repository): HubDetails => ({
  description: text(repository.description),
  fullDescription: text(repository.full_description),
  categories: Array.isArray(repository.categories)
    ? repository.categories.flatMap((category) =>
      Option.toArray(Option.map(decodeCategory(category), ({ name }) => name))
    )
    : [],
  registered: instant(repository.date_registered)
})

/** What a repository's document says: nothing when it is private, for then it is not published. */
export interface ReadRepository {
  readonly facts: Option.Option<ImageFacts>
}

/** Reads the document of the repository that was asked for; none for any other document. */
export const readRepository = (image: string, path: HubPath, document: unknown): Option.Option<ReadRepository> =>
  decodeRepository(document).pipe(
    Option.filter(({ name, namespace }) => isSame(name, path.name) && isSame(namespace, path.namespace)),
    Option.map((repository) => ({
      facts: repository.is_private === true
        ? Option.none()
        : Option.some({ ...factsOf(image, repository), details: detailsOf(repository) })
    }))
  )

/** A page as it was sent. `names`: every entry on it, private ones too, in lower case. */
export interface ReadPage {
  readonly count: number
  readonly hasNext: boolean
  readonly names: ReadonlyArray<string>
  readonly images: ReadonlyArray<ImageFacts>
}

/**
 * Reads a page of this namespace's listing. One entry without its name or counts spoils the page: left out, it would
 * later count as absent.
 */
export const readListing = (
  namespace: string,
  familiar: (path: HubPath) => string,
  document: unknown
): Option.Option<ReadPage> =>
  Option.flatMap(decodePage(document), (page) => {
    const names: Array<string> = []
    const images: Array<ImageFacts> = []
    for (const entry of page.results) {
      if (typeof entry.name !== "string" || entry.name === "" || !isSame(entry.namespace, namespace)) {
        return Option.none()
      }
      names.push(entry.name.toLowerCase())
      if (entry.is_private !== true) images.push(factsOf(familiar({ namespace, name: entry.name }), entry))
    }
    return Option.some({ count: page.count, hasNext: typeof page.next === "string", names, images })
  })

/** The words of an error document: its `message` or `detail`, or the bare string that some routes send. */
export const wordsOf = (document: unknown): string => {
  if (typeof document === "string") return document
  const words = Option.map(decodeRefusal(document), ({ detail, message }) => [message, detail])
  return Option.getOrElse(words, () => []).filter((word) => typeof word === "string").join("; ")
}
