/**
 * The status over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Clock, Effect, Option } from "effect"
import { addDays, dayOf } from "../../../domain/UtcDay.js"
import { CensusPages } from "../../../services/CensusPages.js"
import { Api } from "../api/Api.js"
import { LiveStatus } from "../live/LiveStatus.js"

export const status = HttpApiBuilder.group(Api, "status", (handlers) =>
  handlers
    .handle("get", () => Effect.flatMap(LiveStatus, ({ current }) => current))
    .handle("history", ({ urlParams }) =>
      Effect.gen(function*() {
        const today = dayOf(yield* Clock.currentTimeMillis)
        const days = yield* (yield* CensusPages).days(addDays(today, 1 - urlParams.days))
        return {
          days: days.map(({ counts, day, found }) => ({
            date: day,
            found,
            snapshots: Option.map(counts, ({ snapshots }) => snapshots),
            repositories: Option.map(counts, ({ repositories }) => repositories),
            images: Option.map(counts, ({ images }) => images),
            backlog: Option.map(counts, ({ backlog }) => backlog)
          }))
        }
      })))
