/**
 * Pages of images, in any of their orders.
 */
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option, Schema } from "effect"
import { findable } from "../../../domain/StorableText.js"
import { UtcDay } from "../../../domain/UtcDay.js"
import type { ImageDetail, ImageOrder, ImagePlace, ListedImage } from "../../../services/CensusPages.js"
import { rowsOf, type StoreCore, transient } from "../core.js"
import { imageColumns, imageFields } from "../images.js"
import { finiteMillis, holding } from "./shared.js"

const BigCount = Schema.OptionFromNullOr(Schema.BigInt)
const Day = Schema.OptionFromNullOr(UtcDay)

const fields = { ...imageFields, asOf: Day, days7: BigCount, days30: BigCount, days90: BigCount }
const Row = Schema.Struct(fields)
const DetailRow = Schema.Struct({
  ...fields,
  knownSince: UtcDay,
  first: Day,
  last: Day,
  days: Schema.Int,
  notBefore: Schema.OptionFromNullOr(Schema.Number),
  lastError: Schema.OptionFromNullOr(Schema.String)
})

const listed = <R extends typeof Row.Type>({ asOf, days30, days7, days90, ...row }: R) => ({
  ...row,
  growth: { asOf, days7, days30, days90 }
})

/** Which column each order reads, of the image's row (`d`) or of its growth (`g`). */
const numbers = {
  pulls: "d.pulls",
  stars: "d.stars",
  growth7: "g.days_7",
  growth30: "g.days_30",
  growth90: "g.days_90"
} as const

interface Page {
  readonly search: Option.Option<string>
  readonly registry: Option.Option<string>
  readonly order: ImageOrder
  readonly after: Option.Option<ImagePlace>
  readonly limit: number
}

/** `images` and `image`. */
export const makeImagePages = ({ sql }: StoreCore) => {
  const columns = sql`${imageColumns(sql)}, to_char(g.as_of, 'YYYY-MM-DD') as "asOf", g.days_7::text as "days7",
    g.days_30::text as "days30", g.days_90::text as "days90"`

  const wanted = ({ registry, search }: Page) =>
    sql`${holding(sql, search, "d.image_name")} and ${
      Option.match(registry, { onNone: () => sql`true`, onSome: (name) => sql`d.registry = ${findable(name)}` })
    }`

  const select = (page: Page, where: Fragment, order: Fragment, limit: number) =>
    rowsOf(Row)(sql`
      select ${columns} from repo_docker d left join repo_docker_growth g on g.image_name = d.image_name
      where ${where} and ${wanted(page)} order by ${order} limit ${limit}`)

  const behind = (name: Option.Option<string>) =>
    Option.match(name, {
      onNone: () => sql`true`,
      onSome: (image) => sql`d.image_name collate "C" > ${findable(image)}`
    })

  const byName = sql`d.image_name collate "C"`

  // From the index of the number, a page at a time; those without the number come when there is no more.
  const byNumber = (page: Page, order: keyof typeof numbers) =>
    Effect.gen(function*() {
      const number = sql.literal(numbers[order])
      const name = sql.literal(`${numbers[order].slice(0, 1)}.image_name`)
      const place = Option.filter(page.after, ({ value }) => Option.isSome(value))
      const from = Option.match(Option.all([place, Option.flatMap(place, ({ value }) => value)]), {
        onNone: () => sql`true`,
        onSome: ([{ image }, value]) =>
          sql`(${number} <= ${value.toString()}::bigint
            and (${number} < ${value.toString()}::bigint or ${name} collate "C" > ${findable(image)}))`
      })
      const numbered = Option.isSome(page.after) && Option.isNone(place)
        ? []
        : yield* select(
          page,
          sql`${number} is not null and ${from}`,
          sql`${number} desc, ${name} collate "C"`,
          page.limit
        )
      if (numbered.length === page.limit) return numbered
      const after = Option.isNone(place) ? Option.map(page.after, ({ image }) => image) : Option.none()
      const others = yield* select(
        page,
        sql`${number} is null and ${behind(after)}`,
        byName,
        page.limit - numbered.length
      )
      return [...numbered, ...others]
    })

  const images = Effect.fn("CensusPages.images")(function*(page: Page) {
    const rows = page.order === "name"
      ? yield* select(page, behind(Option.map(page.after, ({ image }) => image)), byName, page.limit)
      : yield* byNumber(page, page.order)
    return rows.map((row): ListedImage => listed(row))
  }, transient)

  const image = Effect.fn("CensusPages.image")(function*(name: string) {
    const [row] = yield* rowsOf(DetailRow)(sql`
      select ${columns}, to_char(d.known_since, 'YYYY-MM-DD') as "knownSince",
        to_char(h.first, 'YYYY-MM-DD') as first, to_char(h.last, 'YYYY-MM-DD') as last, h.days,
        ${finiteMillis(sql, "d.not_before")} as "notBefore", d.last_error as "lastError"
      from repo_docker d left join repo_docker_growth g on g.image_name = d.image_name
      cross join lateral (
        select min(date) as first, max(date) as last, count(*)::int as days
        from repo_docker_pulls_daily p where p.image_name = d.image_name
      ) h
      where d.image_name = ${findable(name)}`)
    return Option.map(Option.fromNullable(row), (found): ImageDetail => {
      const { days, first, last, ...rest } = listed(found)
      return { ...rest, history: { first, last, days } }
    })
  }, transient)

  return { images, image }
}
