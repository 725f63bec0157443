/**
 * `/badge/pulls/IMAGE.svg`: an image's pulls, for a README.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option } from "effect"
import * as Badge from "../../../domain/badge.js"
import { familiarImage } from "../../../domain/PullImport.js"
import type { CensusPages } from "../../../services/CensusPages.js"
import type { Route } from "./app.js"
import { decoded } from "./target.js"

const pattern = /^\/badge\/pulls\/(.{1,600})\.svg$/

/** The image whose badge a path names, its slashes as they are or as `%2F`; `docker.io/library/nginx` is `nginx`. */
export const badgeOf = (path: string): Option.Option<string> =>
  Option.fromNullable(pattern.exec(path)?.[1]).pipe(Option.flatMap(decoded), Option.map(familiarImage))

const answerTo = (access: Route["access"]) => (status: 200 | 404 | 503, message: string) =>
  HttpServerResponse.text(Badge.toSvg({ label: "pulls", message, tone: status === 200 ? "blue" : "plain" }), {
    status,
    contentType: "image/svg+xml",
    headers: {
      "cache-control": "no-cache",
      // Only then: by a picture's width, any page that somebody visits could tell what is known on their machine.
      ...(access === "open" ? { "cross-origin-resource-policy": "cross-origin" } : {})
    }
  })

/**
 * Answers a picture whatever happens: 404 and 503 have theirs too. Where badges are open to everybody, pages of other sites
 * show them, those too that take only what says that it is for them.
 */
export const badgeRoute = (pages: CensusPages["Type"], access: Route["access"]) => {
  const answer = answerTo(access)
  return (image: string): Route => ({
    access,
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
}
