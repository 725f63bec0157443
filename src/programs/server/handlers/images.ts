/**
 * Images over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Clock, Effect, Option, Stream } from "effect"
import * as Csv from "../../../domain/Csv.js"
import { NotFound } from "../../../domain/Errors.js"
import { dailyPulls } from "../../../domain/PullHistory.js"
import { familiarImage } from "../../../domain/PullImport.js"
import { periods, type PullPeriod } from "../../../domain/PullPeriods.js"
import { addDays, dayOf, daysBetween, type UtcDay } from "../../../domain/UtcDay.js"
import { CensusPages, placeOf } from "../../../services/CensusPages.js"
import { LinkStore } from "../../../services/LinkStore.js"
import { Api } from "../api/Api.js"
import { csvColumns, longestHistory, nextImage } from "../api/images.js"
import { Invalid } from "../api/problems.js"
import { preferred, varying } from "../http/negotiate.js"
import { respondProblem } from "../http/respond.js"
import { OnDemand } from "../OnDemand.js"
import { imageOf, linkOf } from "./encode.js"

const today = Effect.map(Clock.currentTimeMillis, dayOf)

const recentOf = (images: ReadonlyArray<string>, days: number) =>
  Effect.gen(function*() {
    if (days === 0 || images.length === 0) return () => []
    const to = yield* today
    const counts = yield* (yield* CensusPages).counts(images, addDays(to, 1 - days), to)
    return (image: string) => dailyPulls(counts.get(image) ?? [], to, days)
  })

const stored = (name: string) =>
  Effect.gen(function*() {
    const image = familiarImage(name)
    return yield* Option.match(yield* (yield* CensusPages).image(image), {
      onNone: () => Effect.fail(new NotFound({ service: "the census", what: `the image ${image}` })),
      onSome: Effect.succeed
    })
  })

const cell = (value: Option.Option<bigint>): string => Option.getOrElse(Option.map(value, String), () => "")

const csvOf = (rows: ReadonlyArray<PullPeriod>): string =>
  [
    csvColumns.join(","),
    ...rows.map(({ fell, first, last, missingDays, partial, pulls, total }) =>
      Csv.record([first, last, cell(total), cell(pulls), missingDays, fell, partial])
    ),
    ""
  ].join("\r\n")

/** Days up to today that are shown where nobody says from when. */
const usualDays = { day: 90, week: 371, month: 1096 } as const

/** The first day that the database knows. */
const firstDay = dayOf(Date.parse("0001-01-01"))

/** So many days before, or the first one of all. */
const daysBefore = (day: UtcDay, days: number): UtcDay => addDays(day, -Math.min(days, daysBetween(firstDay, day)))

export const images = HttpApiBuilder.group(Api, "images", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) =>
      Effect.gen(function*() {
        const { after, limit, recentDays, registry, search, sort } = urlParams
        if (Option.exists(after, (place) => place.sort !== sort)) {
          return yield* new Invalid({ message: "after: belongs to another order; give what a page of this order said" })
        }
        const rows = yield* (yield* CensusPages).images({
          search: Option.filter(search, (text) => text !== ""),
          registry: Option.filter(registry, (name) => name !== ""),
          order: sort,
          after: Option.map(after, ({ image, value }) => ({
            image,
            value: Option.map(Option.fromNullable(value), BigInt)
          })),
          limit
        })
        const recent = yield* recentOf(rows.map(({ image }) => image), recentDays)
        const last = rows.at(-1)
        const place = last === undefined || rows.length < limit ? undefined : placeOf(sort, last)
        return {
          images: rows.map((row) => imageOf(row, recent(row.image))),
          next: place === undefined
            ? null
            : nextImage({ sort, value: Option.getOrNull(Option.map(place.value, String)), image: place.image })
        }
      }))
    .handle("get", ({ path, urlParams }) =>
      Effect.gen(function*() {
        const found = yield* stored(path.image)
        const recent = yield* recentOf([found.image], urlParams.recentDays)
        const links = yield* Stream.runCollect((yield* LinkStore).links({ image: found.image }))
        return {
          ...imageOf(found, recent(found.image)),
          knownSince: found.knownSince,
          history: found.history,
          notBefore: found.notBefore,
          lastError: found.lastError,
          links: [...links].map(linkOf)
        }
      }))
    .handle("pulls", ({ path, urlParams }) =>
      Effect.gen(function*() {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        yield* HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(varying(response, "Accept")))
        const type = preferred(headers["accept"], ["application/json", "text/csv"])
        if (Option.isNone(type)) return respondProblem(406, "give Accept: application/json or text/csv")
        const image = familiarImage(path.image)
        const to = yield* Option.match(urlParams.to, { onNone: () => today, onSome: Effect.succeed })
        const from = Option.getOrElse(urlParams.from, () => daysBefore(to, usualDays[urlParams.by] - 1))
        if (from > to) return yield* new Invalid({ message: "from: is later than to; give the earlier day first" })
        if (daysBetween(from, to) > longestHistory) {
          return yield* new Invalid({ message: `from: at most ${longestHistory} days are shown at a time` })
        }
        // The pulls of the first day are the difference to the row before it.
        const counts = yield* (yield* CensusPages).counts([image], daysBefore(from, 1), to)
        // A known image may have no history; an unknown one never has.
        if (!counts.has(image)) yield* stored(path.image)
        const rows = periods(counts.get(image) ?? [], urlParams.by, from, to)
        if (type.value === "text/csv") {
          return HttpServerResponse.text(csvOf(rows), { contentType: "text/csv; charset=utf-8" })
        }
        return {
          image,
          by: urlParams.by,
          from,
          to,
          rows: rows.map(({ fell, first, last, missingDays, partial, pulls, total }) => ({
            date: first,
            to: last,
            pullsTotal: total,
            pulls,
            missingDays,
            fell,
            partial
          }))
        }
      }))
    .handle("refresh", ({ path }) =>
      Effect.gen(function*() {
        const { image, registry } = yield* stored(path.image)
        return { ahead: yield* (yield* OnDemand).refresh(image, registry) }
      })))
