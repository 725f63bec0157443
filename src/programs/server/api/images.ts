/**
 * Images: their pulls and stars, how they grow, and whose they are.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { NotFound, Transient } from "../../../domain/Errors.js"
import { Link } from "./links.js"
import { Conflict, Invalid } from "./problems.js"
import { Accepted } from "./repositories.js"
import {
  Count,
  cursor,
  Day,
  Digits,
  ImagePath,
  Instant,
  limit,
  Next,
  nextOf,
  Numbers,
  orNull,
  search,
  Text,
  wholeNumber
} from "./wire.js"

/**
 * Pulls that came in the last so many days before `asOf`, the day of the latest row; none where that is not known (no row
 * so long ago, or the counter fell).
 */
export const Growth = Schema.Struct({
  asOf: orNull(Day),
  days7: orNull(Count),
  days30: orNull(Count),
  days90: orNull(Count)
}).annotations({ identifier: "Growth" })

/** An image on a list. */
export const Image = Schema.Struct({
  /** The familiar name: `nginx`, `grafana/grafana`, `ghcr.io/owner/name`. */
  image: Schema.String,
  registry: Schema.String,
  /** Lifetime pulls. */
  pulls: orNull(Count),
  stars: orNull(Schema.Int),
  growth: Growth,
  lastSyncedAt: orNull(Instant),
  lastUpdated: orNull(Instant),
  /** The day since which its registry says that there is no such image. */
  goneSince: orNull(Day),
  /** `owner/name` of repositories that publish it. */
  repositories: Schema.Array(Schema.String),
  /** Those of them that the image's own label names. */
  verified: Schema.Array(Schema.String),
  /** Pulls on each of the last `recentDays` days, oldest first; `null` where a day's are not known. */
  recent: Numbers
}).annotations({ identifier: "Image" })

/** Everything that is known of one image. */
export const ImageDetail = Schema.Struct({
  ...Image.fields,
  knownSince: Day,
  /** The first and the last day with a row, and how many there are. */
  history: Schema.Struct({ first: orNull(Day), last: orNull(Day), days: Schema.Int }),
  /** It is put off until then, because of `lastError`. */
  notBefore: orNull(Instant),
  lastError: orNull(Schema.String),
  links: Schema.Array(Link)
}).annotations({ identifier: "ImageDetail" })

/** The orders of a list of images: names rise, numbers fall. */
export const ImageSort = Schema.Literal("pulls", "name", "stars", "growth7", "growth30", "growth90")
export type ImageSort = typeof ImageSort.Type

/** The sort key of a row: the number by which it is sorted (none for names, and for those without one), and its name. */
export const ImageKey = Schema.Struct({
  sort: ImageSort,
  value: Schema.NullOr(Digits),
  image: Text
})

/** The `next` of a page of images. */
export const nextImage = nextOf(ImageKey)

const ImagePage = Schema.Struct({ images: Schema.Array(Image), next: Next }).annotations({ identifier: "ImagePage" })

/** A day, week (from Monday) or month of an image's history. */
export const PullsPeriod = Schema.Struct({
  /** Its first and its last day within the range. */
  date: Day,
  to: Day,
  /** The lifetime count at its last row; none where it has no row. */
  pullsTotal: orNull(Count),
  /**
   * Pulls within it. A difference over several days is shared out evenly over them. None where it is not known: before
   * the second row, and where the counter fell.
   */
  pulls: orNull(Count),
  /** Days in it without a row of their own, from the first row on. */
  missingDays: Schema.Int,
  /** The counter fell within it. */
  fell: Schema.Boolean,
  /**
   * A week or month of which only a part is told: it reaches beyond the range, or begins before the history or ends after
   * it, as the current one does.
   */
  partial: Schema.Boolean
}).annotations({ identifier: "PullsPeriod" })

/** The lengths of a history's rows. */
export const PullsBy = Schema.Literal("day", "week", "month")

const Pulls = Schema.Struct({
  image: Schema.String,
  by: PullsBy,
  from: Day,
  to: Day,
  rows: Schema.Array(PullsPeriod)
}).annotations({ identifier: "Pulls" })

/** Days that a history may span. */
export const longestHistory = 3660

/** `GET /images/{image}/pulls` answers CSV too, to those who ask for `text/csv`. */
export const csvColumns = ["date", "to", "pulls_total", "pulls", "missing_days", "fell", "partial"] as const

export const images = HttpApiGroup.make("images")
  .add(
    HttpApiEndpoint.get("list", "/images")
      .setUrlParams(Schema.Struct({
        search,
        registry: Schema.optionalWith(Text.pipe(Schema.maxLength(255)), { as: "Option" }),
        sort: Schema.optionalWith(ImageSort, { default: () => "pulls" as const }),
        recentDays: Schema.optionalWith(wholeNumber(0, 90), { default: () => 0 }),
        limit,
        after: cursor(ImageKey)
      }))
      .addSuccess(ImagePage)
  )
  .add(
    HttpApiEndpoint.get("get", "/images/:image")
      .setPath(ImagePath)
      .setUrlParams(Schema.Struct({ recentDays: Schema.optionalWith(wholeNumber(0, 90), { default: () => 30 }) }))
      .addSuccess(ImageDetail)
      .addError(NotFound, { status: 404 })
  )
  .add(
    HttpApiEndpoint.get("pulls", "/images/:image/pulls")
      .setPath(ImagePath)
      .setUrlParams(Schema.Struct({
        by: Schema.optionalWith(PullsBy, { default: () => "day" as const }),
        from: Schema.optionalWith(Day, { as: "Option" }),
        to: Schema.optionalWith(Day, { as: "Option" })
      }))
      .addSuccess(Pulls)
      .addError(NotFound, { status: 404 })
  )
  .add(
    HttpApiEndpoint.post("refresh", "/images/:image/refresh")
      .setPath(ImagePath)
      .addSuccess(Accepted, { status: 202 })
      .addError(NotFound, { status: 404 })
      .addError(Conflict, { status: 409 })
  )
  .addError(Invalid, { status: 400 })
  .addError(Transient, { status: 503 })
