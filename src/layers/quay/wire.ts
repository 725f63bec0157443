/**
 * Quay's documents, as far as they are read here.
 */
import { Option, Schema } from "effect"
import { jsonOf } from "../../domain/JsonText.js"
import { parse as parseDay, type UtcDay } from "../../domain/UtcDay.js"
import type { QuayRepository } from "../../services/QuayApi.js"

const MaybeText = Schema.optional(Schema.NullishOr(Schema.String))

const Repository = Schema.Struct({
  namespace: Schema.String,
  name: Schema.String,
  kind: MaybeText,
  state: MaybeText,
  is_public: Schema.Boolean,
  tags: Schema.optional(Schema.NullishOr(Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ last_modified: MaybeText })
  }))),
  stats: Schema.optional(Schema.NullishOr(Schema.Array(Schema.Struct({
    date: Schema.String,
    count: Schema.Number.pipe(Schema.int(), Schema.nonNegative())
  }))))
})

const Problem = Schema.Struct({
  detail: MaybeText,
  error_message: MaybeText,
  error_type: MaybeText,
  message: MaybeText,
  title: MaybeText
})

const decodeRepository = Schema.decodeUnknownOption(jsonOf(Repository))
const decodeProblem = Schema.decodeUnknownOption(jsonOf(Problem))

/** What a repository's document says. `hidden`: it is there and not for everybody; `other`: it holds no images. */
export type ReadRepository =
  | { readonly _tag: "Public"; readonly repository: QuayRepository }
  | { readonly _tag: "Hidden" }
  | { readonly _tag: "Other" }

// RFC 2822 as Quay writes it: `Thu, 20 Nov 2025 10:00:00 -0000`.
const instantOf = (text: string | null | undefined): ReadonlyArray<number> => {
  const epoch = Date.parse(text ?? "")
  return Number.isFinite(epoch) && epoch > 0 ? [epoch] : []
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

/** Reads the document of the repository that was asked for; none for any other document. */
export const readRepository = (namespace: string, name: string, body: string): Option.Option<ReadRepository> =>
  decodeRepository(body).pipe(
    Option.filter((document) => same(document.namespace, namespace) && same(document.name, name)),
    Option.flatMap((document): Option.Option<ReadRepository> => {
      if ((document.kind ?? "image") !== "image" || document.state === "MARKED_FOR_DELETION") {
        return Option.some({ _tag: "Other" })
      }
      if (!document.is_public) return Option.some({ _tag: "Hidden" })
      const pushed = Object.values(document.tags ?? {}).flatMap((tag) => instantOf(tag.last_modified))
      const days = (document.stats ?? []).map(({ count, date }) =>
        Option.map(parseDay(date.slice(0, 10)), (day): readonly [UtcDay, number] => [day, count])
      )
      return Option.map(Option.all(days), (days) => ({
        _tag: "Public",
        repository: {
          lastUpdated: pushed.length === 0
            ? Option.none()
            : Option.some(pushed.reduce((last, at) => Math.max(last, at))),
          activity: days.map(([day, actions]) => ({ day, actions }))
            .sort((first, second) => first.day < second.day ? -1 : first.day > second.day ? 1 : 0)
        }
      }))
    })
  )

/** Whether a 404 is Quay's own word: gateways answer with problem documents (RFC 9457) of their own. */
export const saysMissing = (body: string): boolean =>
  Option.exists(decodeProblem(body), ({ error_type, title }) => (error_type ?? title) === "not_found")

/** The words of Quay's error document; none for what is not Quay's own (a proxy's page, an empty body). */
export const readProblem = (body: string): Option.Option<string> =>
  Option.flatMap(decodeProblem(body), ({ detail, error_message, error_type, message, title }) =>
    Option.fromNullable(
      [detail, error_message, message, title, error_type].find((text) =>
        text !== undefined && text !== null && text !== ""
      )
    ))
