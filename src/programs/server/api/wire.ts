/**
 * How values look on the wire: shared by every endpoint, and by the page.
 */
import { DateTime, Either, Encoding, ParseResult, Schema } from "effect"
import { UtcDay } from "../../../domain/UtcDay.js"

/** An instant: ISO 8601 in UTC on the wire, epoch milliseconds in the program. */
export const Instant = Schema.transform(
  Schema.String.annotations({ jsonSchema: { type: "string", format: "date-time" } }),
  Schema.Number,
  {
    strict: true,
    decode: (text) => Date.parse(text),
    encode: (millis) => DateTime.formatIso(DateTime.unsafeMake(millis))
  }
)

/** A calendar day in UTC, `YYYY-MM-DD`. */
export const Day = UtcDay.annotations({ jsonSchema: { type: "string", format: "date" } })

const isSafe = (value: bigint) => value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)

/** A count of 64 bits: a number, or a text of digits where a number would lose some. */
export const Count = Schema.transform(
  Schema.Union(Schema.Int, Schema.String.pipe(Schema.pattern(/^-?\d+$/))),
  Schema.BigIntFromSelf,
  {
    strict: true,
    decode: (value) => BigInt(value),
    encode: (value) => isSafe(value) ? Number(value) : String(value)
  }
)

const isNumbers = (value: unknown): value is ReadonlyArray<number | null> =>
  Array.isArray(value) && value.every((one) => one === null || Number.isInteger(one))

/** Whole numbers, `null` where one is not known. Checked as one value: lists hold thousands. */
export const Numbers = Schema.declare(isNumbers).annotations({
  jsonSchema: { type: "array", items: { anyOf: [{ type: "integer" }, { type: "null" }] } }
})

const unknownToDatabases = /\p{Surrogate}|\0/u

/** A text that a database can be asked for: no NUL, and no half of a character. */
export const Text = Schema.String.pipe(
  Schema.filter((text) => !unknownToDatabases.test(text) || "holds NUL or half of a character", { jsonSchema: {} })
)

const largest = 2n ** 63n

/** A number of 64 bits in digits. */
export const Digits = Schema.String.pipe(
  Schema.pattern(/^-?\d{1,19}$/),
  Schema.filter((text) => BigInt(text) < largest && BigInt(text) >= -largest, { jsonSchema: {} })
)

/** `null` on the wire where there is none. */
export const orNull = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.OptionFromNullOr(schema)

/** A page's rows at most. */
export const longestPage = 200

/** A whole number in an address, within bounds. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.NumberFromString.pipe(Schema.int(), Schema.between(minimum, maximum)).annotations({
    jsonSchema: { type: "integer", minimum, maximum }
  })

/** `limit` of a list: rows on a page. */
export const limit = Schema.optionalWith(wholeNumber(1, longestPage), { default: () => 50 })

/** A text to look for; an empty one is none. */
export const search = Schema.optionalWith(Text.pipe(Schema.maxLength(200)), { as: "Option" })

/** Where a page begins: what the page before said as `next`. Holds the sort key of that page's last row. */
export const cursor = <A, I>(key: Schema.Schema<A, I>) => {
  const json = Schema.parseJson(key)
  return Schema.optionalWith(
    Schema.transformOrFail(
      Schema.String.pipe(Schema.maxLength(2000)).annotations({ jsonSchema: { type: "string", maxLength: 2000 } }),
      Schema.typeSchema(key),
      {
        strict: true,
        decode: (text, _, ast) =>
          Either.match(Encoding.decodeBase64UrlString(text), {
            onLeft: () => ParseResult.fail(new ParseResult.Type(ast, text, "give what the page before said as next")),
            onRight: (decoded) =>
              ParseResult.mapError(
                ParseResult.decode(json)(decoded),
                () => new ParseResult.Type(ast, text, "give what the page before said as next")
              )
          }),
        encode: (value) => ParseResult.map(ParseResult.encode(json)(value), Encoding.encodeBase64Url)
      }
    ),
    { as: "Option" }
  )
}

/** The `next` of a page: the sort key of its last row, as `cursor` reads it. */
export const nextOf = <A, I>(key: Schema.Schema<A, I>) => {
  const encode = Schema.encodeSync(Schema.parseJson(key))
  return (last: A): string => Encoding.encodeBase64Url(encode(last))
}

/** What stands in an answer where the list goes on: give it back as `after`. */
export const Next = Schema.NullOr(Schema.String)

/** `owner/name` in its two parts. */
export const RepositoryPath = Schema.Struct({
  owner: Text.pipe(Schema.minLength(1), Schema.maxLength(100)),
  name: Text.pipe(Schema.minLength(1), Schema.maxLength(100))
})

/** An image's name in one segment of a path, with its slashes as `%2F`. */
export const ImagePath = Schema.Struct({
  image: Text.pipe(Schema.minLength(1), Schema.maxLength(600))
})
