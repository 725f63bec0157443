/**
 * The tags of a repository, a page at a time (distribution-spec, "Listing Tags").
 */
import { Chunk, Effect, Either, Option, Schema, Stream } from "effect"
import type { CensusError, Transient } from "../../domain/Errors.js"
import { canonicalName } from "../../domain/ImageReference.js"
import { jsonOf } from "../../domain/JsonText.js"
import { nextPage } from "../../domain/LinkHeader.js"
import type { RegistryRepository } from "../../services/OciRegistry.js"
import { type Calls, ok } from "./calls.js"
import type { Core } from "./core.js"
import { malformed } from "./failures.js"
import { maxListingBytes, type Settled } from "./options.js"
import type { Call, Reply } from "./transport.js"

const usualPage = 1_000

const TagList = jsonOf(Schema.Struct({ tags: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))) }))

const decode = Schema.decodeUnknownEither(TagList)

interface Position {
  readonly call: Call
  readonly page: number
  /** First and last tag of the page before, by which a circle is seen at once. */
  readonly before: string
}

/** The call for the next page. A page on another server fails: it is neither ours to trust nor the registry's to name. */
export const advance = (call: Call, reply: Reply): Effect.Effect<Option.Option<Call>, Transient> =>
  Effect.suspend(() => {
    const { link } = reply.headers
    if (link === undefined) return Effect.succeedNone
    const fail = (message: string) => Effect.fail(malformed(call.endpoint.registry, `${call.what}: ${message}`))
    const next = nextPage(reply.url, link)
    if (Either.isLeft(next)) return fail(`where the next page is cannot be read: ${next.left.message}`)
    const url = Option.getOrUndefined(next.right)
    if (url === undefined) return Effect.succeedNone
    return Effect.succeedSome<Call>({ ...call, url })
  })

/** Follows the next links of listings. */
export const makeTags = (core: Core, calls: Calls, options: Settled) => {
  const tags = (
    repository: RegistryRepository,
    { pageSize = usualPage }: { readonly pageSize?: number } = {}
  ): Stream.Stream<string, CensusError> =>
    Stream.suspend(() => {
      const first = calls.reading(repository, {
        method: "GET",
        path: "tags/list",
        what: `the tags of ${canonicalName(repository)}`
      })
      first.url.searchParams.set("n", String(pageSize))
      const seen = new Set<string>()
      const fail = (message: string) =>
        Effect.fail(malformed(repository.registry, `${first.what}: the listing ${message}`))

      const page = ({ before, call, page }: Position) =>
        Effect.gen(function*() {
          if (seen.has(call.url.href)) return yield* fail(`leads back to ${call.url.pathname}${call.url.search}`)
          if (page > options.maxTagPages) return yield* fail(`has not ended after ${options.maxTagPages} pages`)
          seen.add(call.url.href)
          const { bytes, reply } = yield* core.whole(call, ok, maxListingBytes)
          const listed = decode(Buffer.from(bytes).toString("utf8"))
          if (Either.isLeft(listed)) return yield* fail("is not JSON with a list of tags")
          const tags = listed.right.tags ?? []
          const next = yield* advance(call, reply)
          const ends = JSON.stringify([tags.length, tags[0], tags[tags.length - 1]])
          if (tags.length > 0 && ends === before) return yield* fail(`repeats the page that ends with ${tags.at(-1)}`)
          return [
            Chunk.fromIterable(tags),
            Option.map(next, (call): Position => ({ call, page: page + 1, before: ends }))
          ] as const
        }).pipe(Effect.withSpan("OciRegistry.tags"))

      return Stream.paginateChunkEffect({ call: first, page: 1, before: "" }, page)
    })

  return { tags }
}
