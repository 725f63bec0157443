/**
 * `/badge/pulls/IMAGE.svg`: an image's pulls, for a README.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option } from "effect"
import * as Badge from "../../../domain/badge.js"
import type { CensusPages } from "../../../services/CensusPages.js"
import type { Route } from "./app.js"

const pattern = /^\/badge\/pulls\/(.{1,600})\.svg$/

const decode = Option.liftThrowable(decodeURIComponent)

/** The image whose badge a path names, its slashes as they are or as `%2F`. */
export const badgeOf = (path: string): Option.Option<string> =>
  Option.flatMap(Option.fromNullable(pattern.exec(path)?.[1]), decode)

const answer = (status: 200 | 404 | 503, message: string) =>
  HttpServerResponse.text(Badge.toSvg({ label: "pulls", message, tone: status === 200 ? "blue" : "plain" }), {
    status,
    contentType: "image/svg+xml"
  })

/** Answers a picture whatever happens: 404 and 503 have theirs too. */
export const badgeRoute = (pages: CensusPages["Type"]) => (image: string): Route => ({
  access: "read",
  answer: () =>
    pages.image(image).pipe(
      Effect.map(Option.match({
        onNone: () => answer(404, "not known"),
        onSome: ({ pulls }) =>
          Option.match(pulls, {
            onNone: () => answer(200, "not counted"),
            onSome: (count) => answer(200, Badge.short(count))
          })
      })),
      Effect.catchTag("TRANSIENT", () => Effect.succeed(answer(503, "no answer")))
    )
})
